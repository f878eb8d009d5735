package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.Auth;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.operations.Ids;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The lease on a connection's refresh, and what a refresh leaves behind: each in one transaction. */
public final class RefreshStore {
    /** Longer than the longest call to a vendor. */
    private static final Duration LEASE = Duration.ofSeconds(60);

    private final Database database;
    private final Vault vault;
    private final Connections connections;
    private final Timeline timeline;
    private final Ids ids;
    private final InstantSource clock;
    private final UUID node;

    public RefreshStore(
            Database database, Vault vault, Connections connections, Timeline timeline, Ids ids, InstantSource clock) {
        this.database = database;
        this.vault = vault;
        this.connections = connections;
        this.timeline = timeline;
        this.ids = ids;
        this.clock = clock;
        this.node = ids.next();
    }

    Optional<Connection> read(Connection connection) {
        return connections.byId(connection.environment(), connection.id());
    }

    /** Takes the lease, if nobody else holds it and the credentials are still those of this version. */
    boolean claim(Connection connection) {
        Instant now = clock.instant();
        return database.withHandle(handle -> handle.createUpdate("""
                                UPDATE connections SET lease_holder = :node, lease_until = :until
                                WHERE environment_id = :environment AND id = :id AND version = :version
                                  AND (lease_until IS NULL OR lease_until < :now)""")
                        .bind("node", node)
                        .bind("until", now.plus(LEASE).atOffset(ZoneOffset.UTC))
                        .bind("now", now.atOffset(ZoneOffset.UTC))
                        .bind("environment", connection.environment())
                        .bind("id", connection.id())
                        .bind("version", connection.version())
                        .execute())
                == 1;
    }

    /** New credentials, the end of any failure, the lease given back, the timeline: together. */
    Connection succeed(Connection connection, Auth auth, Credentials credentials, Map<String, String> learned) {
        Instant now = clock.instant();
        Binding binding = new Binding(connection.environment(), "connections", connection.id(), "credentials");
        var config = connection.config().deepCopy();
        learned.forEach(config::put);
        Connection stored = database.inTransaction(handle -> {
            int rows = handle.createUpdate("""
                            UPDATE connections SET credentials = :credentials, config = CAST(:config AS jsonb), version = version + 1,
                                expires_at = :expires, refresh_at = :refresh, lease_holder = NULL, lease_until = NULL, failing_since = NULL,
                                failures = 0, failure_kind = NULL, failure_log_id = NULL, next_attempt_at = NULL, updated_at = :now
                            WHERE environment_id = :environment AND id = :id AND version = :version""")
                    .bind("credentials", vault.encryptJson(binding, CredentialsJson.stored(credentials)))
                    .bind("config", config.toString())
                    .bind(
                            "expires",
                            credentials
                                    .expiry()
                                    .map(at -> at.atOffset(ZoneOffset.UTC))
                                    .orElse(null))
                    .bind(
                            "refresh",
                            RefreshSchedule.refreshAt(auth, credentials)
                                    .map(at -> at.atOffset(ZoneOffset.UTC))
                                    .orElse(null))
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .bind("environment", connection.environment())
                    .bind("id", connection.id())
                    .bind("version", connection.version())
                    .execute();
            // No row: the user authorized again meanwhile, which is newer than this refresh.
            if (rows == 1) {
                connections.changed(handle, connection);
            }
            Connection after = connections
                    .byId(handle, connection.environment(), connection.id())
                    .orElse(connection);
            if (rows == 1) {
                timeline.append(
                        handle,
                        new ConnectionEvent(
                                connection.failure().isPresent()
                                        ? ConnectionEvent.Kind.RECOVERED
                                        : ConnectionEvent.Kind.REFRESHED,
                                after,
                                Map.of()));
            }
            return after;
        });
        connections.forget(connection);
        return stored;
    }

    /** The failure, when to try again, the lease given back, the timeline: together. */
    Connection fail(Connection connection, Failure.Kind kind, String reason, Optional<Instant> nextAttemptAt) {
        Instant now = clock.instant();
        // What the API shows as log_id finds the lines of this refresh.
        String logId = Logs.operation().orElseGet(ids::next).toString();
        Connection stored = database.inTransaction(handle -> {
            handle.createUpdate("""
                            UPDATE connections SET lease_holder = NULL, lease_until = NULL, failing_since = COALESCE(failing_since, :now),
                                failures = failures + 1, failure_kind = :kind, failure_log_id = :log, next_attempt_at = :next, updated_at = :now
                            WHERE environment_id = :environment AND id = :id AND version = :version""")
                    .bind("kind", kind.name().toLowerCase(Locale.ROOT))
                    .bind("log", logId)
                    .bind(
                            "next",
                            nextAttemptAt.map(at -> at.atOffset(ZoneOffset.UTC)).orElse(null))
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .bind("environment", connection.environment())
                    .bind("id", connection.id())
                    .bind("version", connection.version())
                    .execute();
            connections.changed(handle, connection);
            Connection after = connections
                    .byId(handle, connection.environment(), connection.id())
                    .orElse(connection);
            timeline.append(
                    handle,
                    new ConnectionEvent(
                            kind == Failure.Kind.REJECTED
                                    ? ConnectionEvent.Kind.NEEDS_AUTHORIZATION
                                    : ConnectionEvent.Kind.REFRESH_FAILED,
                            after,
                            Map.of("kind", kind.name().toLowerCase(Locale.ROOT), "reason", reason, "log_id", logId)));
            return after;
        });
        connections.forget(connection);
        return stored;
    }
}
