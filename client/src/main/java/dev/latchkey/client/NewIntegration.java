package dev.latchkey.client;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An integration to be created. Immutable. */
public final class NewIntegration {
    private final Map<String, @Nullable Object> body;

    private NewIntegration(Map<String, @Nullable Object> body) {
        this.body = body;
    }

    /**
     * For keys, passwords and databases: nothing of yours is needed.
     *
     * <pre>{@code
     * latchkey.integrations().create(NewIntegration.of("billing", "stripe-api-key"));
     * }</pre>
     *
     * @param key letters, digits, blanks and {@code ~ : . @ _ -}, up to 255
     * @param provider an id of the catalogue
     */
    public static NewIntegration of(String key, String provider) {
        return new NewIntegration(new Members()
                .put("unique_key", Named.integration(key))
                .put("provider", provider)
                .map());
    }

    /**
     * For OAuth 2.0, with the app that you registered at the provider.
     *
     * <pre>{@code
     * latchkey.integrations().create(NewIntegration.oauth("github", "github", clientId, clientSecret, List.of("repo")));
     * }</pre>
     */
    public static NewIntegration oauth(
            String key, String provider, String clientId, String clientSecret, List<String> scopes) {
        return of(key, provider)
                .withCredentials(Map.of(
                        "type",
                        "OAUTH2",
                        "client_id",
                        clientId,
                        "client_secret",
                        clientSecret,
                        "scopes",
                        String.join(",", scopes)));
    }

    /**
     * Played by the built-in lab: to try a provider without registering an app.
     *
     * <pre>{@code
     * latchkey.integrations().create(NewIntegration.inLab("github", "github"));
     * }</pre>
     */
    public static NewIntegration inLab(String key, String provider) {
        return of(key, provider).with("lab", true);
    }

    /**
     * What your users see; otherwise the provider's name.
     *
     * <pre>{@code
     * NewIntegration named = NewIntegration.inLab("github", "github").withDisplayName("Your code");
     * }</pre>
     */
    public NewIntegration withDisplayName(String name) {
        return with("display_name", name);
    }

    /**
     * With the app's credentials in the API's form, for other kinds than OAuth 2.0: {@code type} and the members of that type.
     *
     * <pre>{@code
     * NewIntegration app = NewIntegration.of("github-app", "github-app")
     *         .withCredentials(Map.of("type", "APP", "app_id", "4711", "app_link", "https://github.com/apps/acme", "private_key", key));
     * }</pre>
     */
    public NewIntegration withCredentials(Map<String, String> credentials) {
        return with("credentials", credentials);
    }

    /**
     * With settings of the provider's definition.
     *
     * <pre>{@code
     * NewIntegration own = NewIntegration.inLab("gitlab", "gitlab").withConfig(Map.of("hostname", "gitlab.example.com"));
     * }</pre>
     */
    public NewIntegration withConfig(Map<String, String> config) {
        return with("integration_config", config);
    }

    /**
     * With another member of {@code POST /integrations}, such as {@code forward_webhooks}, {@code on_missing_scopes} or {@code
     * webhook_secret}.
     *
     * <pre>{@code
     * NewIntegration strict = NewIntegration.inLab("github", "github").with("on_missing_scopes", "refuse");
     * }</pre>
     */
    public NewIntegration with(String member, Object value) {
        Map<String, @Nullable Object> more = new LinkedHashMap<>(body);
        more.put(member, value);
        return new NewIntegration(more);
    }

    Map<String, @Nullable Object> body() {
        return body;
    }

    /** Without credentials. */
    @Override
    public String toString() {
        return "NewIntegration[" + body.get("unique_key") + ", " + body.get("provider") + "]";
    }
}
