package dev.latchkey.server.connect;

import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.datastores.DatastoreProbe;
import dev.latchkey.server.datastores.JdbcDrivers;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.refresh.RenewalParts;
import dev.latchkey.server.tokens.Installations;
import dev.latchkey.server.tokens.TokenParts;
import java.time.Duration;

/** The ways to a connection: sessions, the flow of each kind, and what it ends with. */
public final class FlowParts {
    private static final Duration DATASTORE = Duration.ofSeconds(10);

    public final ConnectSessions sessions;
    public final ExternalIds externalIds;
    public final AuthorizationFlows flows;
    public final PendingConnections pending;
    public final AccountChoices choices;
    public final InstallationFlow installations;
    public final BrowserFlows browser;
    public final DirectFlow direct;
    public final DeviceFlow device;
    public final InstallLinks installLinks;
    public final FlowEnds ends;
    public final ConnectionRemoval removal;
    /** Of integrations. */
    public final IntegrationChanges changes;

    public final Logs logs;
    /** What a connection that is imported as an installation gets its first token by. */
    public final Installations installationTokens;

    public FlowParts(
            Ground ground,
            ConnectionParts parts,
            Logs logs,
            AddressGuard guard,
            TokenParts tokens,
            RenewalParts renewal,
            RemovalParts removals) {
        OnDelete onDelete = removals.onDelete;
        changes = removals.integrations;
        removal = new ConnectionRemoval(parts.connections, parts.integrations, onDelete);
        this.logs = logs;
        installationTokens = tokens.installations;
        sessions = new ConnectSessions(
                ground.database, ground.vault, ground.ids, ground.random, ground.clock, ground.audit);
        externalIds = new ExternalIds(ground.database, parts.connections, ground.vault, ground.random, ground.clock);
        flows = new AuthorizationFlows(ground.database, ground.vault, ground.ids, ground.random, ground.clock);
        pending = new PendingConnections(
                ground.database,
                ground.vault,
                parts.connections,
                parts.integrations,
                onDelete,
                ground.ids,
                ground.clock);
        NewConnections made = new NewConnections(
                parts.connections, new AfterConnectSteps(tokens.api), renewal.timetable, sessions, pending);
        choices = new AccountChoices(flows, made, parts.connections, parts.integrations, onDelete, ground.ids);
        Proofs proofs = new Proofs(tokens.api);
        OAuth2CodeFlow code =
                new OAuth2CodeFlow(flows, tokens.endpoint, tokens.addresses, tokens.afterGrant, made, proofs);
        installations = new InstallationFlow(
                flows, tokens.addresses, code, tokens.afterGrant, renewal.minting, parts.connections, made, proofs);
        browser = new BrowserFlows(
                code,
                new OAuth1Flow(flows, tokens.oauth1, tokens.addresses, made),
                installations,
                new McpFlow(renewal.mcp, code),
                new PluginInstallFlow(flows, tokens.addresses, made));
        direct = new DirectFlow(
                new Prober(
                        tokens.api,
                        new DatastoreProbe(
                                guard,
                                DATASTORE,
                                new JdbcDrivers(ground.configuration.added().drivers()))),
                renewal.minting,
                made,
                externalIds);
        installLinks = new InstallLinks(flows);
        device = new DeviceFlow(flows, tokens.endpoint, code, made);
        ends = new FlowEnds(ground.database, sessions, parts.connections, parts.timeline, logs);
    }
}
