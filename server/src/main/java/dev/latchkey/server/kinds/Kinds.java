package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import java.util.List;
import java.util.stream.Stream;

/** Which {@link Kind} is a definition's. The one place that lists them all. */
public final class Kinds {
    private Kinds() {}

    public static Kind of(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code it -> new OAuth2CodeKind(it);
            case Auth.OAuth2Client it -> new OAuth2ClientKind(it);
            case Auth.OAuth1 it -> new OAuth1Kind(it);
            case Auth.OAuth1Static it -> new OAuth1StaticKind(it);
            case Auth.ApiKey it -> new ApiKeyKind(it);
            case Auth.Basic it -> new BasicKind(it);
            case Auth.Digest it -> new DigestKind(it);
            case Auth.NoAuth it -> new NoAuthKind(it);
            case Auth.SignedToken it -> new SignedTokenKind(it);
            case Auth.Exchange it -> new ExchangeKind(it);
            case Auth.AppInstallation it -> new AppInstallationKind(it);
            case Auth.AwsRole it -> new AwsRoleKind(it);
            case Auth.Mcp it -> new McpKind(it);
            case Auth.PluginInstall it -> new PluginInstallKind(it);
            case Auth.Datastore it -> new DatastoreKind(it);
        };
    }

    /** Every flow by which a user types a credential in. */
    public static List<String> paths() {
        return Stream.of(
                        OAuth2ClientKind.PATHS,
                        OAuth1StaticKind.PATHS,
                        ApiKeyKind.PATHS,
                        BasicKind.PATHS,
                        DigestKind.PATHS,
                        NoAuthKind.PATHS,
                        SignedTokenKind.PATHS,
                        ExchangeKind.PATHS,
                        AwsRoleKind.PATHS,
                        DatastoreKind.PATHS)
                .flatMap(List::stream)
                .toList();
    }
}
