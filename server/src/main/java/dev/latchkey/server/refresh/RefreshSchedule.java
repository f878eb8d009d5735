package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.Auth;
import dev.latchkey.catalogue.Auth.RefreshPolicy;
import dev.latchkey.server.connections.Credentials;
import java.time.Instant;
import java.util.Optional;

/** When a credential is due. The engine that renews ahead of time reads the column that this fills. */
public final class RefreshSchedule {
    private RefreshSchedule() {}

    /** Empty: it has no end, or cannot be renewed. */
    public static Optional<Instant> refreshAt(Auth auth, Credentials credentials) {
        return canRefresh(auth, credentials)
                ? credentials.expiry().map(end -> end.minus(expiry(auth).buffer()))
                : Optional.empty();
    }

    /** Whether it can be renewed without its user, and without being forced. */
    public static boolean canRefresh(Auth auth, Credentials credentials) {
        return switch (auth) {
            case Auth.OAuth2Code code when code.grant() == Auth.Grant.CLIENT_CREDENTIALS -> true;
            case Auth.OAuth2Code code ->
                switch (code.policy()) {
                    case REFRESH_TOKEN ->
                        credentials instanceof Credentials.OAuth2 oauth2
                                && oauth2.refreshToken().isPresent();
                    case REMINT -> true;
                    case MANUAL, NONE -> false;
                };
            case Auth.OAuth2Client client -> credentials instanceof Credentials.OAuth2Client;
            case Auth.OAuth1 o -> false;
            case Auth.OAuth1Static o -> false;
            case Auth.ApiKey o -> false;
            case Auth.Basic o -> false;
            case Auth.NoAuth o -> false;
            case Auth.SignedToken o -> credentials instanceof Credentials.Signed;
            case Auth.Exchange o -> credentials instanceof Credentials.Exchanged;
            case Auth.AppInstallation o ->
                credentials instanceof Credentials.Installation app
                        && app.token().isPresent();
            case Auth.AwsRole o -> credentials instanceof Credentials.AssumedRole;
            case Auth.Mcp o -> false;
            case Auth.PluginInstall o -> false;
            case Auth.Datastore o -> false;
        };
    }

    /** Also what is renewed only when forced. */
    static boolean canBeForced(Auth auth, Credentials credentials) {
        boolean manual = auth instanceof Auth.OAuth2Code code
                && code.policy() == RefreshPolicy.MANUAL
                && code.refresh().isPresent();
        return manual || canRefresh(auth, credentials);
    }

    static Auth.Expiry expiry(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code code -> code.expiry();
            case Auth.OAuth2Client client -> client.expiry();
            case Auth.Exchange exchange -> exchange.expiry();
            case Auth.SignedToken token -> token.expiry();
            case Auth.AwsRole role -> role.expiry();
            default -> Auth.Expiry.STANDARD;
        };
    }
}
