package dev.latchkey.server.team;

import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.secrets.Secret;
import java.util.Optional;

/** Members of the dashboard, and how they sign in. */
public final class TeamParts {
    public final Members members;
    public final Invitations invitations;
    public final DashboardSessions sessions;
    public final KnownBrowsers browsers;
    public final SignInThrottle throttle;
    public final SignIns signIns;
    /** By the company's identity provider, where one is configured. */
    public final Optional<SingleSignOn> singleSignOn;
    /** Lets its holder set the first password; absent when there is one. */
    public final Optional<Secret> setupToken;

    public TeamParts(Ground ground, Egress egress) {
        members = new Members(ground.database, ground.ids, ground.clock, ground.audit);
        invitations = new Invitations(ground.database, ground.random, ground.clock, ground.audit);
        sessions = new DashboardSessions(ground.database, ground.random, ground.clock);
        browsers = new KnownBrowsers(ground.database, ground.random, ground.clock);
        throttle = new SignInThrottle(ground.database, ground.clock);
        signIns = new SignIns(members, invitations, throttle, ground.audit);
        singleSignOn = ground.configuration
                .access()
                .oidc()
                .map(oidc -> new SingleSignOn(
                        new SingleSignOn.Settings(oidc.issuer(), oidc.clientId(), oidc.clientSecret()),
                        egress,
                        ground.configuration.publicUrl(),
                        ground.random,
                        ground.clock));
        ground.configuration.access().dashboardPassword().ifPresent(members::presetOwner);
        setupToken = members.isEmpty() ? Optional.of(invitations.setupToken()) : Optional.empty();
    }
}
