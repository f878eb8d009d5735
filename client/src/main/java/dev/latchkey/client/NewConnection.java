package dev.latchkey.client;

import java.net.URI;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A credential that you have already, to be kept and refreshed by Latchkey. Immutable. */
public final class NewConnection {
    private final Map<String, @Nullable Object> body;

    private NewConnection(Map<String, @Nullable Object> body) {
        this.body = body;
    }

    /**
     * A credential for an integration, under an id that the server generates.
     *
     * <pre>{@code
     * latchkey.connections().create(NewConnection.of("billing", Credentials.apiKey(key)));
     * }</pre>
     */
    public static NewConnection of(String integration, Credentials credentials) {
        return new NewConnection(new Members()
                .put("provider_config_key", Named.integration(integration))
                .put("credentials", credentials.json())
                .map());
    }

    /**
     * Under an id of yours: up to 255 characters that are safe in a URL. An existing one is replaced.
     *
     * <pre>{@code
     * NewConnection mine = NewConnection.of("billing", Credentials.apiKey(key)).withConnectionId("user-42");
     * }</pre>
     */
    public NewConnection withConnectionId(String id) {
        return with("connection_id", Named.connection(id));
    }

    /**
     * With what the provider's addresses need, such as a subdomain.
     *
     * <pre>{@code
     * NewConnection mine = NewConnection.of("help", Credentials.apiKey(key)).withConnectionConfig(Map.of("subdomain", "acme"));
     * }</pre>
     */
    public NewConnection withConnectionConfig(Map<String, ?> values) {
        return with("connection_config", values);
    }

    /**
     * With any values of yours.
     *
     * <pre>{@code
     * NewConnection mine = NewConnection.of("billing", Credentials.apiKey(key)).withMetadata(Map.of("plan", "pro"));
     * }</pre>
     */
    public NewConnection withMetadata(Map<String, ?> values) {
        return with("metadata", values);
    }

    /**
     * With tags, by which connections can be listed.
     *
     * <pre>{@code
     * NewConnection mine = NewConnection.of("billing", Credentials.apiKey(key)).withTags(Map.of("team", "blue"));
     * }</pre>
     */
    public NewConnection withTags(Map<String, String> values) {
        return with("tags", values);
    }

    /**
     * For one of your users.
     *
     * <pre>{@code
     * NewConnection hers = NewConnection.of("billing", Credentials.apiKey(key)).withEndUser(EndUser.of("user-42"));
     * }</pre>
     */
    public NewConnection withEndUser(EndUser user) {
        NewConnection next = this;
        for (Map.Entry<String, @Nullable Object> member :
                user.addTo(new Members()).map().entrySet()) {
            next = next.with(member.getKey(), member.getValue());
        }
        return next;
    }

    /**
     * With an address that gets its webhooks, beside the environment's endpoints.
     *
     * <pre>{@code
     * NewConnection mine = NewConnection.of("billing", Credentials.apiKey(key))
     *         .withWebhookUrl(URI.create("https://app.example.com/hooks"));
     * }</pre>
     */
    public NewConnection withWebhookUrl(URI address) {
        return with("webhook_url_override", address);
    }

    /**
     * With the time at which it was made in the system that it comes from.
     *
     * <pre>{@code
     * NewConnection old = NewConnection.of("billing", Credentials.apiKey(key)).withCreatedAt(java.time.Instant.EPOCH);
     * }</pre>
     */
    public NewConnection withCreatedAt(Instant time) {
        return with("created_at", time);
    }

    /**
     * With the time at which the other system had it so: what is newer here stays.
     *
     * <pre>{@code
     * NewConnection copy = NewConnection.of("billing", Credentials.apiKey(key)).withAsOf(java.time.Instant.now());
     * }</pre>
     */
    public NewConnection withAsOf(Instant time) {
        return with("as_of", time);
    }

    private NewConnection with(String name, @Nullable Object value) {
        Map<String, @Nullable Object> more = new LinkedHashMap<>(body);
        more.put(name, value);
        return new NewConnection(more);
    }

    Map<String, @Nullable Object> body() {
        return body;
    }

    /** Without the credential. */
    @Override
    public String toString() {
        return "NewConnection[" + body.get("provider_config_key") + "]";
    }
}
