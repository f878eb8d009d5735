package dev.latchkey.client;

import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * An integration to be created.
 *
 * @param key letters, digits, blanks and {@code ~ : . @ _ -}, up to 255
 * @param provider an id of the catalogue
 * @param lab whether its users go to the built-in provider lab, which needs no client
 */
public record NewIntegration(
        String key, String provider, Optional<String> displayName, Optional<Client> client, boolean lab) {
    /** What the provider gave you for your app. */
    public record Client(String id, String secret, List<String> scopes) {
        @Override
        public String toString() {
            return "Client[" + id + "]";
        }
    }

    /**
     * For keys, passwords and databases: nothing of yours is needed.
     *
     * <pre>{@code
     * latchkey.integrations().create(NewIntegration.of("billing", "stripe-api-key"));
     * }</pre>
     */
    public static NewIntegration of(String key, String provider) {
        return new NewIntegration(key, provider, Optional.empty(), Optional.empty(), false);
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
        return new NewIntegration(
                key, provider, Optional.empty(), Optional.of(new Client(clientId, clientSecret, scopes)), false);
    }

    /**
     * Played by the built-in lab: to try a provider without registering an app.
     *
     * <pre>{@code
     * latchkey.integrations().create(NewIntegration.inLab("github", "github"));
     * }</pre>
     */
    public static NewIntegration inLab(String key, String provider) {
        return new NewIntegration(key, provider, Optional.empty(), Optional.empty(), true);
    }

    /**
     * What your users see; otherwise the provider's name.
     *
     * <pre>{@code
     * NewIntegration named = NewIntegration.inLab("github", "github").withDisplayName("Your code");
     * }</pre>
     */
    public NewIntegration withDisplayName(String name) {
        return new NewIntegration(key, provider, Optional.of(name), client, lab);
    }

    ObjectNode json() {
        ObjectNode body = Api.JSON.createObjectNode().put("unique_key", key).put("provider", provider);
        displayName.ifPresent(name -> body.put("display_name", name));
        client.ifPresent(one -> body.putObject("credentials")
                .put("type", "OAUTH2")
                .put("client_id", one.id())
                .put("client_secret", one.secret())
                .put("scopes", String.join(",", one.scopes())));
        if (lab) {
            body.put("lab", true);
        }
        return body;
    }
}
