package dev.latchkey.server.ui;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.server.connections.ConnectionCounts;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.logs.Activity;
import dev.latchkey.server.team.AuditLog;
import dev.latchkey.server.team.DashboardSessions;
import dev.latchkey.server.team.Members;
import dev.latchkey.server.team.SignInThrottle;
import io.helidon.webserver.http.HttpRouting;
import java.net.URI;
import java.time.InstantSource;

/** The operator's dashboard: its pages, put together. */
public final class Dashboard {
    private Dashboard() {}

    /** The parts that pages show. */
    public record Parts(
            URI publicUrl,
            boolean lab,
            InstantSource clock,
            Catalogue catalogue,
            Environments environments,
            Integrations integrations,
            ConnectionCounts counts,
            Activity activity,
            Members members,
            DashboardSessions sessions,
            SignInThrottle throttle,
            AuditLog audit) {}

    public static void register(Parts parts, HttpRouting.Builder routing) {
        DashboardRouter router =
                new DashboardRouter(routing, parts.environments(), parts.sessions(), parts.publicUrl(), parts.lab());
        new SignInPages(parts.members(), parts.throttle(), parts.audit(), router, parts.publicUrl(), parts.lab(), false)
                .register();
        new OverviewPage(parts.counts(), parts.integrations(), parts.catalogue(), parts.activity(), parts.clock())
                .register(router);
    }
}
