package dev.latchkey.client;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * The integrations of an environment: providers with your app's client id and secret. Every method throws
 * {@link LatchkeyException}. Thread-safe.
 */
public final class Integrations {
    private final Api api;

    Integrations(Api api) {
        this.api = api;
    }

    /**
     * Lists all of them.
     *
     * <pre>{@code
     * List<Integration> integrations = latchkey.integrations().list();
     * }</pre>
     */
    public List<Integration> list() {
        return Answers.list(api.get("/integrations", Map.of()).path("data"), Answers::integration);
    }

    /**
     * Empty if none has this key.
     *
     * <pre>{@code
     * String provider = latchkey.integrations().find("github").map(Integration::provider).orElse("none");
     * }</pre>
     */
    public Optional<Integration> find(String key) {
        try {
            return Optional.of(Answers.integration(api.get(path(key), Map.of()).path("data")));
        } catch (LatchkeyException.NotFound e) {
            return Optional.empty();
        }
    }

    /**
     * Creates one.
     *
     * <pre>{@code
     * latchkey.integrations().create(NewIntegration.oauth("github", "github", clientId, clientSecret, List.of("repo")));
     * }</pre>
     *
     * @throws LatchkeyException.Refused when the key is taken or the provider unknown
     */
    public Integration create(NewIntegration integration) {
        return Answers.integration(api.post("/integrations", integration.json()).path("data"));
    }

    /**
     * Replaces the client credentials: existing connections continue with the new ones.
     *
     * <pre>{@code
     * latchkey.integrations().updateClient("github", clientId, clientSecret);
     * }</pre>
     */
    public Integration updateClient(String key, String clientId, String clientSecret) {
        ObjectNode body = Api.JSON.createObjectNode();
        body.putObject("credentials")
                .put("type", "OAUTH2")
                .put("client_id", clientId)
                .put("client_secret", clientSecret);
        return Answers.integration(api.patch(path(key), Map.of(), body).path("data"));
    }

    /**
     * Deletes it with all its connections.
     *
     * <pre>{@code
     * latchkey.integrations().delete("github");
     * }</pre>
     */
    public void delete(String key) {
        api.delete(path(key), Map.of());
    }

    private static String path(String key) {
        return "/integrations/" + Api.encode(key);
    }
}
