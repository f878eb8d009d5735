package dev.latchkey.server;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.RemovalParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.egress.EgressParts;
import dev.latchkey.server.environments.EnvironmentParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.logs.LogParts;
import dev.latchkey.server.monitoring.Housekeeping;
import dev.latchkey.server.pauses.Pauses;
import dev.latchkey.server.providers.OwnDefinitions;
import dev.latchkey.server.providers.ProviderParts;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.proxy.ProxyParts;
import dev.latchkey.server.refresh.RefreshParts;
import dev.latchkey.server.refresh.RenewalParts;
import dev.latchkey.server.refresh.health.HealthParts;
import dev.latchkey.server.refresh.jobs.JobParts;
import dev.latchkey.server.refresh.leases.LeaseParts;
import dev.latchkey.server.team.TeamParts;
import dev.latchkey.server.tokens.TokenParts;
import dev.latchkey.server.webhooks.outbound.WebhookParts;
import java.util.List;

/** The domain, independent of its callers: the parts of each package, built from those above them. */
final class Domain {
    private final Ground ground;
    private final LeaseParts leases;
    final EnvironmentParts environments;
    final LogParts logs;
    final EgressParts egress;
    final ProviderParts vendors;
    final Providers providers;
    final WebhookParts webhooks;
    final ConnectionParts connections;
    final OwnDefinitions definitions;
    final TokenParts tokens;
    final HealthParts health;
    final RemovalParts removal;
    final RefreshParts refresh;
    final JobParts jobs;
    final FlowParts flows;
    final ProxyParts proxy;
    final TeamParts team;
    final Pauses pauses;

    Domain(Ground ground, Catalogue catalogue) {
        this.ground = ground;
        environments = new EnvironmentParts(ground);
        logs = new LogParts(ground);
        egress = new EgressParts(ground, catalogue::namesPort, logs.logs);
        vendors = new ProviderParts(ground, catalogue);
        providers = vendors.providers;
        webhooks = new WebhookParts(ground, egress, providers, environments.signingKeys);
        connections = new ConnectionParts(ground, List.of(logs.logs, logs.activity, webhooks.outbox));
        definitions = vendors.definitions(connections, egress.guard);
        tokens = new TokenParts(ground, egress, vendors::locate);
        RenewalParts renewal = new RenewalParts(ground, egress, tokens);
        leases = new LeaseParts(ground, connections.timeline);
        health = new HealthParts(ground, connections, providers);
        removal = new RemovalParts(ground, vendors, connections, tokens, renewal, health.broken);
        refresh = new RefreshParts(ground, connections, providers, logs.logs, leases, health, renewal, removal::revoke);
        jobs = new JobParts(ground, connections.connections, providers, refresh.fresh);
        flows = new FlowParts(ground, connections, logs.logs, egress.guard, tokens, renewal, removal);
        proxy = new ProxyParts(ground, egress, tokens, refresh.fresh);
        team = new TeamParts(ground, egress.calls);
        pauses = new Pauses(
                ground.database,
                ground.clock,
                ground.audit,
                connections.timeline,
                connections.connections,
                connections.integrations,
                environments.environments,
                environments.keys);
        ground.shutdown.keep(new Housekeeping(List.of(
                connections::prune,
                logs::prune,
                flows.sessions::prune,
                flows.flows::prune,
                flows.pending::expire,
                flows.choices::expire,
                ground.vault::renew,
                team.throttle::tidy,
                webhooks.anchors::renew)));
    }

    /** Begins what runs without a request. Until then nothing is delivered, refreshed ahead of time, or heard from other nodes. */
    void start() {
        webhooks.start(leases.journal.node(), leases.journal.predecessors(), logs.activity);
        ground.listener.start();
        refresh.start();
        jobs.start();
        removal.start();
    }
}
