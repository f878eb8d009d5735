package dev.latchkey.server.api;

import dev.latchkey.server.audit.AuditAnchors;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.environments.EnvironmentParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.pauses.Pauses;
import dev.latchkey.server.team.TeamParts;
import java.net.URI;

/** Environments and their settings, keys, members, pauses and the audit log. */
public final class AccountApi {
    public AccountApi(
            Ground ground,
            Router router,
            EnvironmentParts environments,
            TeamParts team,
            ConnectionParts connections,
            Pauses pauses,
            AuditAnchors anchors) {
        URI publicUrl = ground.configuration.publicUrl();
        new BrandingRoutes(environments.brandings, publicUrl).register(router);
        new EnvironmentRoutes(environments.environments, publicUrl).register(router);
        new SigningKeyRoutes(environments.signingKeys).register(router);
        new AccountRoutes(environments.environments, team.members, team.invitations, publicUrl).register(router);
        new PauseRoutes(pauses, connections.connections, connections.integrations).register(router);
        new KeyRoutes(environments.environments, environments.keys, pauses, ground.clock).register(router);
        new AuditRoutes(ground.audit, anchors).register(router);
    }
}
