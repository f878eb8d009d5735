package dev.latchkey.server.dashboard;

import dev.latchkey.server.audit.AuditAnchors;
import dev.latchkey.server.connectui.ConnectPages;
import dev.latchkey.server.environments.EnvironmentParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.team.TeamParts;
import java.net.URI;

/** Signing in, the team, an environment's settings and the audit log. */
public final class AccountArea {
    public AccountArea(
            Ground ground,
            DashboardParts dashboard,
            EnvironmentParts environments,
            TeamParts team,
            ConnectPages connectPages,
            AuditAnchors anchors) {
        DashboardRouter router = dashboard.router;
        URI publicUrl = ground.configuration.publicUrl();
        new SignInPages(team, router, dashboard.browsers, publicUrl, ground.configuration.lab()).register();
        team.singleSignOn.ifPresent(signOn ->
                new SingleSignOnPages(signOn, team.signIns, router, dashboard.browsers, dashboard.cookies).register());
        new TeamPages(team, environments.environments, router, dashboard.browsers, publicUrl).register();
        new AuditPages(ground.audit, anchors, publicUrl).register(router);
        new SettingsPages(environments.environments, environments.keys, ground.clock, publicUrl).register(router);
        new BrandingPages(environments.brandings, connectPages, publicUrl).register(router);
    }
}
