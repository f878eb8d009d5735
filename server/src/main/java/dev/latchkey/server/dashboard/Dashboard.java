package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.lab.LabApp;
import dev.latchkey.server.audit.AuditAnchors;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.IntegrationRemoval;
import dev.latchkey.server.connect.OnDelete;
import dev.latchkey.server.connections.ConnectionCounts;
import dev.latchkey.server.connections.ConnectionSearch;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connectui.ConnectPages;
import dev.latchkey.server.environments.ApiKeys;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.environments.SigningKeys;
import dev.latchkey.server.http.ClientAddress;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.logs.Activity;
import dev.latchkey.server.logs.History;
import dev.latchkey.server.logs.LogSearch;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.pauses.Pauses;
import dev.latchkey.server.providers.OwnDefinitions;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.FreshCredentials;
import dev.latchkey.server.refresh.health.BrokenIntegrations;
import dev.latchkey.server.team.DashboardSessions;
import dev.latchkey.server.team.KnownBrowsers;
import dev.latchkey.server.team.Members;
import dev.latchkey.server.team.SignInThrottle;
import dev.latchkey.server.team.SingleSignOn;
import dev.latchkey.server.webhooks.outbound.Deliveries;
import dev.latchkey.server.webhooks.outbound.Endpoints;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The operator's dashboard: its pages, put together. */
public final class Dashboard {
    private Dashboard() {}

    /** The parts that pages show. */
    public record Parts(
            URI publicUrl,
            boolean lab,
            InstantSource clock,
            Providers providers,
            OwnDefinitions definitions,
            Environments environments,
            Brandings brandings,
            ConnectPages connectPages,
            Integrations integrations,
            Connections connections,
            ConnectionSearch search,
            ConnectionCounts counts,
            ConnectSessions connectSessions,
            FreshCredentials fresh,
            BrokenIntegrations broken,
            OnDelete onDelete,
            Logs logs,
            LogSearch logSearch,
            History history,
            Activity activity,
            ApiKeys keys,
            Endpoints webhookEndpoints,
            Deliveries deliveries,
            SigningKeys signingKeys,
            Optional<Function<Provider, LabApp>> labApps,
            Optional<SingleSignOn> singleSignOn,
            Members members,
            DashboardSessions sessions,
            KnownBrowsers browsers,
            ClientAddress addresses,
            SignInThrottle throttle,
            AuditLog audit,
            AuditAnchors anchors,
            Pauses pauses,
            LiveStreams streams) {}

    /**
     * What members can open and do.
     *
     * @param actions each with the API's operation that does the same
     */
    public record Registered(Map<String, String> actions, List<DashboardRoute> routes) {}

    public static Registered register(Parts parts, Doors doors) {
        DashboardRouter router = new DashboardRouter(
                doors,
                parts.environments(),
                parts.sessions(),
                parts.browsers(),
                parts.addresses(),
                parts.streams(),
                parts.publicUrl(),
                parts.lab());
        new SignInPages(
                        parts.members(),
                        parts.throttle(),
                        parts.audit(),
                        router,
                        parts.publicUrl(),
                        parts.lab(),
                        parts.singleSignOn().isPresent())
                .register();
        parts.singleSignOn()
                .ifPresent(signOn -> new SingleSignOnPages(signOn, parts.members(), parts.audit(), router).register());
        new TeamPages(parts.members(), parts.environments(), parts.throttle(), parts.audit(), router, parts.publicUrl())
                .register();
        new AuditPages(parts.audit(), parts.anchors(), parts.publicUrl()).register(router);
        new SettingsPages(parts.environments(), parts.keys(), parts.audit(), parts.clock(), parts.publicUrl())
                .register(router);
        new BrandingPages(parts.brandings(), parts.connectPages(), parts.audit(), parts.publicUrl()).register(router);
        new OverviewPage(
                        parts.counts(),
                        parts.integrations(),
                        parts.providers(),
                        parts.activity(),
                        parts.clock(),
                        parts.publicUrl())
                .register(router);
        new ConnectionPages(
                        parts.connections(),
                        parts.search(),
                        parts.integrations(),
                        parts.providers(),
                        parts.history(),
                        parts.fresh(),
                        parts.connectSessions(),
                        parts.onDelete(),
                        parts.deliveries(),
                        parts.audit(),
                        parts.publicUrl())
                .register(router);
        new IntegrationPages(
                        parts.integrations(),
                        parts.providers(),
                        new IntegrationRemoval(parts.integrations(), parts.connections(), parts.onDelete()),
                        parts.counts(),
                        parts.labApps(),
                        parts.broken(),
                        parts.audit(),
                        parts.publicUrl())
                .register(router);
        new DefinitionPages(
                        parts.providers(),
                        parts.definitions(),
                        parts.integrations(),
                        parts.broken(),
                        parts.audit(),
                        parts.publicUrl())
                .register(router);
        new PausePages(parts.pauses(), parts.connections(), parts.integrations(), parts.keys()).register(router);
        new WebhookPages(
                        parts.webhookEndpoints(),
                        parts.deliveries(),
                        parts.signingKeys(),
                        parts.audit(),
                        parts.clock(),
                        parts.publicUrl())
                .register(router);
        new LogPages(parts.logs(), parts.logSearch(), parts.integrations(), parts.clock(), parts.publicUrl())
                .register(router);
        return new Registered(router.actions(), router.routes());
    }
}
