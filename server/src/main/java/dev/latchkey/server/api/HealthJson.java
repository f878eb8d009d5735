package dev.latchkey.server.api;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionHealth;
import dev.latchkey.server.connections.Health;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.refresh.Outcome;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** The health of connections, as the API shows it. */
final class HealthJson {
    private HealthJson() {}

    /** The member {@code health} of a connection's response. */
    static ObjectNode state(Connection connection, Instant now) {
        Health health = Health.of(connection, now);
        ObjectNode json = Json.MAPPER.createObjectNode().put("state", health.state());
        switch (health) {
            case Health.Healthy _ -> {}
            case Health.Expiring it -> json.put("ends_at", Times.text(it.endsAt()));
            case Health.Failing it ->
                json.put("since", Times.text(it.since()))
                        .put("kind", it.kind().name().toLowerCase(Locale.ROOT))
                        .put(
                                "next_attempt_at",
                                it.nextAttemptAt().map(Times::text).orElse(null));
            case Health.NeedsAuthorization it -> json.put("since", Times.text(it.since()));
        }
        return json.put("refresh_at", text(connection.upkeep().schedule().refreshAt()));
    }

    /** Why a credential is unavailable, and when to retry: callers decide by this. */
    static ObjectNode failure(Outcome.Failed failed, ObjectNode payload) {
        return payload.put("reason", failed.reason().name().toLowerCase(Locale.ROOT))
                .put("retry_at", text(failed.retryAt()));
    }

    /** With the connection's names. */
    static ObjectNode of(Connection connection, Instant now) {
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("connection_id", connection.name())
                .put("provider_config_key", connection.integrationKey())
                .put("provider", connection.provider());
        json.set("health", state(connection, now));
        return json;
    }

    static ObjectNode row(ConnectionHealth.Row row) {
        return Json.MAPPER
                .createObjectNode()
                .put("connection_id", row.name())
                .put("provider_config_key", row.integrationKey())
                .put("provider", row.provider())
                .put("state", row.state())
                .put("failure", row.failing().kind().orElse(null))
                .put("failures", row.failing().count())
                .put("since", text(row.failing().since()))
                .put("next_attempt_at", text(row.nextAttemptAt()))
                .put("expires_at", text(row.expiresAt()))
                .put("grant_ends_at", text(row.grantEndsAt()));
    }

    private static @org.jspecify.annotations.Nullable String text(Optional<Instant> time) {
        return time.map(Times::text).orElse(null);
    }
}
