package dev.latchkey.client;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The integrations of an environment: providers with your app's client id and secret. Every method throws
 * {@link LatchkeyException}. Thread-safe.
 */
public final class Integrations {
    private final Api api;
    private final TokenCache tokens;

    Integrations(Api api, TokenCache tokens) {
        this.api = api;
        this.tokens = tokens;
    }

    /**
     * Lists all of them.
     *
     * <pre>{@code
     * List<Integration> integrations = latchkey.integrations().list();
     * }</pre>
     */
    public List<Integration> list() {
        return api.read(ApiRequest.get("/integrations"), json -> Required.list(json, "data", Integration::new));
    }

    /**
     * Empty if none has this key.
     *
     * <pre>{@code
     * String provider = latchkey.integrations().find("github").map(Integration::provider).orElse("none");
     * }</pre>
     */
    public Optional<Integration> find(String key) {
        return found(one("GET", key));
    }

    /**
     * With the app's credentials in {@link Integration#json}, for a key that may read them.
     *
     * <pre>{@code
     * Optional<String> id = latchkey.integrations().findWithCredentials("github")
     *         .flatMap(it -> it.json().get("credentials").get("client_id").text());
     * }</pre>
     */
    public Optional<Integration> findWithCredentials(String key) {
        return found(one("GET", key).withQuery("include", "credentials"));
    }

    private Optional<Integration> found(ApiRequest request) {
        try {
            return Optional.of(api.read(request, Integration::read));
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
        return api.read(ApiRequest.of("POST", "/integrations").withBody(integration.body()), Integration::read);
    }

    /**
     * Changes members of {@code PATCH /integrations/{key}}; the others stay.
     *
     * <pre>{@code
     * latchkey.integrations().update("github", Map.of("display_name", "Your code", "forward_webhooks", false));
     * }</pre>
     */
    public Integration update(String key, Map<String, ?> change) {
        return api.read(one("PATCH", key).withBody(change), Integration::read);
    }

    /**
     * Replaces the client credentials: existing connections continue with the new ones.
     *
     * <pre>{@code
     * latchkey.integrations().updateClient("github", clientId, clientSecret);
     * }</pre>
     */
    public Integration updateClient(String key, String clientId, String clientSecret) {
        return update(
                key,
                Map.of("credentials", Map.of("type", "OAUTH2", "client_id", clientId, "client_secret", clientSecret)));
    }

    /**
     * Begins to rotate the client secret: this one is tried first, followed by the old one.
     *
     * <pre>{@code
     * latchkey.integrations().setNextClientSecret("github", clientSecret);
     * }</pre>
     */
    public Integration setNextClientSecret(String key, String clientSecret) {
        return update(key, Map.of("next_client_secret", clientSecret));
    }

    /**
     * Ends it: from now on the new client secret is used alone.
     *
     * <pre>{@code
     * latchkey.integrations().retireClientSecret("github");
     * }</pre>
     */
    public Integration retireClientSecret(String key) {
        return api.read(ApiRequest.of("POST", "/integrations/{key}/retire-client-secret", key), Integration::read);
    }

    /**
     * Stops handing out credentials of its connections, and connecting; refreshes continue.
     *
     * <pre>{@code
     * latchkey.integrations().pause("github", "incident at the provider");
     * }</pre>
     */
    public void pause(String key, String reason) {
        api.done(ApiRequest.of("POST", "/integrations/{key}/pause", key).withBody(Map.of("reason", reason)));
        tokens.forgetAll();
    }

    /**
     * Hands them out again.
     *
     * <pre>{@code
     * latchkey.integrations().resume("github");
     * }</pre>
     */
    public void resume(String key) {
        api.done(ApiRequest.of("POST", "/integrations/{key}/resume", key));
    }

    /**
     * Refreshes all its connections, in the background.
     *
     * <pre>{@code
     * RefreshJob job = latchkey.integrations().refreshAll("github");
     * }</pre>
     */
    public RefreshJob refreshAll(String key) {
        return api.read(ApiRequest.of("POST", "/integrations/{key}/refresh", key), RefreshJob::read);
    }

    /**
     * Exchanges stored tokens that the provider makes obsolete, in the background.
     *
     * <pre>{@code
     * RefreshJob job = latchkey.integrations().exchangeTokens("shopify");
     * }</pre>
     */
    public RefreshJob exchangeTokens(String key) {
        return api.read(ApiRequest.of("POST", "/integrations/{key}/exchange-tokens", key), RefreshJob::read);
    }

    /**
     * How its connections are: counts by state, and open incidents.
     *
     * <pre>{@code
     * Json health = latchkey.integrations().health("github");
     * }</pre>
     */
    public Json health(String key) {
        return api.read(ApiRequest.get("/integrations/{key}/health", key), json -> Required.object(json, "data"));
    }

    /**
     * Providers that fail for all their connections alike, the newest first.
     *
     * <pre>{@code
     * boolean calm = latchkey.integrations().openIncidents().isEmpty();
     * }</pre>
     */
    public List<Json> openIncidents() {
        return api.read(
                ApiRequest.get("/incidents").withQuery("state", "open"),
                json -> Required.list(json, "data", one -> one));
    }

    /**
     * Deletes it with all its connections.
     *
     * <pre>{@code
     * latchkey.integrations().delete("github");
     * }</pre>
     */
    public void delete(String key) {
        api.done(one("DELETE", key));
        tokens.forgetAll();
    }

    private static ApiRequest one(String method, String key) {
        return ApiRequest.of(method, "/integrations/{key}", Named.integration(key));
    }
}
