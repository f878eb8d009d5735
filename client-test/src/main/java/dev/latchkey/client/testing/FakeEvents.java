package dev.latchkey.client.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.latchkey.client.Json;
import dev.latchkey.client.Webhooks;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Webhooks as Latchkey sends them, signed with the fake's key. Thread-safe. */
public final class FakeEvents {
    private final FakeState state;
    private final Webhooks webhooks;
    private final AtomicInteger sent = new AtomicInteger();

    FakeEvents(FakeState state, String signingKey) {
        this.state = state;
        this.webhooks = Webhooks.signedWith(signingKey);
    }

    /**
     * A user connected for the first time.
     *
     * <pre>{@code
     * SignedEvent event = fake.events().connected("github", "user-42");
     * }</pre>
     */
    public SignedEvent connected(String integration, String connectionId) {
        return auth("connection.created", "creation", true, integration, connectionId);
    }

    /**
     * A user authorized an existing connection again.
     *
     * <pre>{@code
     * SignedEvent event = fake.events().reconnected("github", "user-42");
     * }</pre>
     */
    public SignedEvent reconnected(String integration, String connectionId) {
        return auth("connection.reauthorized", "override", true, integration, connectionId);
    }

    /**
     * A user tried to connect, and it failed.
     *
     * <pre>{@code
     * SignedEvent event = fake.events().connectingFailed("github", "user-42");
     * }</pre>
     */
    public SignedEvent connectingFailed(String integration, String connectionId) {
        return auth("connection.creation_failed", "creation", false, integration, connectionId);
    }

    /**
     * The grant has ended: the user must authorize again.
     *
     * <pre>{@code
     * SignedEvent event = fake.events().needsAuthorization("github", "user-42");
     * }</pre>
     */
    public SignedEvent needsAuthorization(String integration, String connectionId) {
        return auth("connection.needs_authorization", "refresh", false, integration, connectionId);
    }

    /**
     * The credential was refreshed.
     *
     * <pre>{@code
     * SignedEvent event = fake.events().refreshed("github", "user-42");
     * }</pre>
     */
    public SignedEvent refreshed(String integration, String connectionId) {
        return auth("connection.refreshed", "refresh", true, integration, connectionId);
    }

    /**
     * Refreshes have begun to fail.
     *
     * <pre>{@code
     * SignedEvent event = fake.events().refreshFailing("github", "user-42");
     * }</pre>
     */
    public SignedEvent refreshFailing(String integration, String connectionId) {
        Map<String, @Nullable Object> body =
                about("connection", "refresh_failing", state.provider(integration), integration, connectionId);
        body.put("success", false);
        body.put("error", Map.of("type", "refresh_failing", "description", "The provider does not respond."));
        return signed("connection.refresh_failing", body);
    }

    /**
     * The connection was deleted.
     *
     * <pre>{@code
     * SignedEvent event = fake.events().deleted("github", "user-42");
     * }</pre>
     */
    public SignedEvent deleted(String integration, String connectionId) {
        return signed(
                "connection.deleted",
                about("connection", "deleted", state.provider(integration), integration, connectionId));
    }

    /**
     * Any other event, by its name and body.
     *
     * <pre>{@code
     * SignedEvent event = fake.events().signed("test", Map.of("type", "test", "operation", "test"));
     * }</pre>
     *
     * @param name as the header {@code X-Latchkey-Event} has it
     */
    public SignedEvent signed(String name, Map<String, ?> body) {
        byte[] bytes = Json.of(body).toString().getBytes(UTF_8);
        Map<String, String> headers = new LinkedHashMap<>(webhooks.sign("msg_" + sent.incrementAndGet(), bytes));
        headers.put("X-Latchkey-Event", name);
        headers.put("Content-Type", "application/json");
        return new SignedEvent(bytes, Map.copyOf(headers));
    }

    private SignedEvent auth(String name, String operation, boolean success, String integration, String connectionId) {
        Map<String, @Nullable Object> body =
                about("auth", operation, state.provider(integration), integration, connectionId);
        body.put("success", success);
        if (!success) {
            body.put(
                    "error",
                    operation.equals("refresh")
                            ? Map.of("type", "refresh_rejected", "description", "The grant was revoked.")
                            : Map.of("type", "access_denied", "description", "The user denied access."));
        }
        return signed(name, body);
    }

    private Map<String, @Nullable Object> about(
            String type, String operation, String provider, String integration, String connectionId) {
        Map<String, @Nullable Object> body = new LinkedHashMap<>();
        body.put("from", "nango");
        body.put("type", type);
        body.put("operation", operation);
        body.put("connectionId", connectionId);
        body.put("providerConfigKey", integration);
        body.put("provider", provider);
        body.put("environment", "test");
        state.find(integration, connectionId).ifPresent(connection -> {
            body.put("authMode", connection.credentials().type());
            body.put("tags", connection.tags());
            connection.endUser().ifPresent(user -> {
                Map<String, @Nullable Object> named = new LinkedHashMap<>();
                named.put("endUserId", user.id());
                user.email().ifPresent(email -> named.put("endUserEmail", email));
                user.organizationId().ifPresent(id -> named.put("organizationId", id));
                named.put("tags", user.tags());
                body.put("endUser", named);
            });
        });
        return body;
    }
}
