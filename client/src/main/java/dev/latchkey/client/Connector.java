package dev.latchkey.client;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthMode;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import java.util.List;

/**
 * One entry of the catalogue that this client carries.
 *
 * @param id what an integration names as its provider, such as {@code github}
 * @param authMode {@code OAUTH2, API_KEY, DATASTORE ...}
 * @param needsServer whether connecting needs a Latchkey server; without it, {@link Latchkey#connect} does it
 * @param fields what {@link Latchkey#connect} takes
 */
public record Connector(
        String id, String name, List<String> tags, String authMode, boolean needsServer, List<Input> fields) {
    /** A value that a person gives. @param secret whether it must be hidden while it is typed */
    public record Input(String name, String title, boolean required, boolean secret) {}

    static Connector of(Provider provider) {
        List<Input> fields = provider.fields().values().stream()
                .filter(Field::isAsked)
                .map(field -> new Input(
                        field.id(),
                        field.title().orElse(field.id()),
                        field.required() && field.defaultValue().isEmpty(),
                        field.scope() == Field.Scope.SECRET))
                .toList();
        return new Connector(
                provider.id(),
                provider.name(),
                provider.tags(),
                AuthMode.of(provider.auth()),
                needsServer(provider.auth()),
                fields);
    }

    /** What a browser, an app's secret or a renewal takes part in is the server's. */
    static boolean needsServer(Auth auth) {
        return switch (auth) {
            case Auth.ApiKey it -> false;
            case Auth.Basic it -> false;
            case Auth.NoAuth it -> false;
            case Auth.Datastore it -> false;
            case Auth.OAuth2Code it -> true;
            case Auth.OAuth2Client it -> true;
            case Auth.OAuth1 it -> true;
            case Auth.OAuth1Static it -> true;
            case Auth.SignedToken it -> true;
            case Auth.Exchange it -> true;
            case Auth.AppInstallation it -> true;
            case Auth.AwsRole it -> true;
            case Auth.Mcp it -> true;
            case Auth.PluginInstall it -> true;
        };
    }

    /** Whether a user is sent to the provider's own page. */
    static boolean opensPage(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code it -> true;
            case Auth.OAuth1 it -> true;
            case Auth.AppInstallation it -> true;
            case Auth.Mcp it -> true;
            case Auth.PluginInstall it -> true;
            case Auth.ApiKey it -> false;
            case Auth.Basic it -> false;
            case Auth.NoAuth it -> false;
            case Auth.Datastore it -> false;
            case Auth.OAuth2Client it -> false;
            case Auth.OAuth1Static it -> false;
            case Auth.SignedToken it -> false;
            case Auth.Exchange it -> false;
            case Auth.AwsRole it -> false;
        };
    }
}
