package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Auth.RefreshPolicy;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.secrets.Secret;
import java.util.Optional;

/** Whether a credential can be renewed, and what its definition says of its life. {@link Timetable} makes times of it. */
public final class RefreshSchedule {
    private RefreshSchedule() {}

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
            case Auth.Mcp o ->
                credentials instanceof Credentials.OAuth2 oauth2
                        && oauth2.refreshToken().isPresent();
            case Auth.PluginInstall o -> false;
            case Auth.Datastore o -> false;
        };
    }

    /** Also what is renewed only when forced. */
    public static boolean canBeForced(Auth auth, Credentials credentials) {
        boolean manual = auth instanceof Auth.OAuth2Code code
                && code.policy() == RefreshPolicy.MANUAL
                && code.refresh().isPresent();
        return manual || isObsolete(auth, credentials) || canRefresh(auth, credentials);
    }

    /** A stored token of the kind that its vendor ends: it has no refresh token, and can be exchanged for one that has. */
    public static boolean isObsolete(Auth auth, Credentials credentials) {
        return auth instanceof Auth.OAuth2Code code
                && code.exchangeStored().isPresent()
                && credentials instanceof Credentials.OAuth2 oauth2
                && oauth2.refreshToken().isEmpty();
    }

    /** The token that a refresh uses up: present where losing an answer would lose the connection. */
    static Optional<Secret> refreshToken(Credentials credentials) {
        return switch (credentials) {
            case Credentials.OAuth2 oauth2 -> oauth2.refreshToken();
            case Credentials.Exchanged exchanged -> exchanged.refreshToken();
            case Credentials.Installation app -> app.user().flatMap(Credentials.OAuth2::refreshToken);
            case Credentials.OAuth2Client o -> Optional.empty();
            case Credentials.OAuth1 o -> Optional.empty();
            case Credentials.OAuth1Static o -> Optional.empty();
            case Credentials.ApiKey o -> Optional.empty();
            case Credentials.Basic o -> Optional.empty();
            case Credentials.None o -> Optional.empty();
            case Credentials.Datastore o -> Optional.empty();
            case Credentials.Signed o -> Optional.empty();
            case Credentials.AssumedRole o -> Optional.empty();
            case Credentials.Imported o -> Optional.empty();
        };
    }

    /** Whether the client that the vendor sees is the connection's own, and not the integration's. */
    static boolean ownClient(Credentials credentials) {
        return switch (credentials) {
            case Credentials.OAuth2 oauth2 -> oauth2.clientId().isPresent();
            case Credentials.OAuth2Client o -> true;
            default -> false;
        };
    }
}
