package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The health of an environment's connections: counts, lists and exports. Reads no credentials. Thread-safe. */
public final class ConnectionHealth {
    /** {@link Health#of} in SQL; a test compares the two. */
    static final String STATE = """
            CASE WHEN c.failure_kind = 'rejected' THEN 'needs_authorization'
                 WHEN c.failure_kind IS NOT NULL THEN 'failing'
                 WHEN c.refresh_at IS NULL AND c.expires_at <= :now THEN 'needs_authorization'
                 WHEN i.broken_since IS NOT NULL AND c.expires_at <= :now THEN 'failing'
                 WHEN c.refresh_at IS NOT NULL AND c.expires_at < :overdue AND c.updated_at < :overdue THEN 'failing'
                 WHEN c.grant_ends_at IS NOT NULL AND c.warn_at IS NULL THEN 'expiring'
                 WHEN c.refresh_at IS NULL AND c.expires_at < :soon THEN 'expiring'
                 ELSE 'healthy' END""";

    private final Database database;
    private final InstantSource clock;

    public ConnectionHealth(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /** What to list. */
    public enum Selection {
        ALL,
        HEALTHY,
        EXPIRING,
        FAILING,
        NEEDS_AUTHORIZATION,
        /** Connections due to be refreshed now, whatever their health. */
        DUE
    }

    /** @param nextAttemptAt when it is refreshed next, if known */
    public record Row(
            UUID id,
            String name,
            String integrationKey,
            String provider,
            String state,
            Failing failing,
            Optional<Instant> nextAttemptAt,
            Optional<Instant> expiresAt,
            Optional<Instant> grantEndsAt) {}

    /** @param kind, since absent unless its refresh fails */
    public record Failing(Optional<String> kind, int count, Optional<Instant> since) {}

    /** By state, each of the four; and {@code due}. */
    public Map<String, Long> counts(UUID environment, UUID integration) {
        Map<String, Long> counts = new HashMap<>();
        Instant now = clock.instant();
        database.withHandle(handle -> handle.createQuery(
                        "SELECT " + STATE + """
                         AS state, count(*) AS number, count(*) FILTER (WHERE c.refresh_at <= :now) AS due
                        FROM connections c %s
                        WHERE c.environment_id = :environment AND c.integration_id = :integration GROUP BY 1""".formatted(IntegrationFragments.OF_CONNECTION))
                .bind("environment", environment)
                .bind("integration", integration)
                .bind("now", Columns.time(Optional.of(now)))
                .bind("overdue", Columns.time(Optional.of(now.minus(Health.OVERDUE))))
                .bind("soon", Columns.time(Optional.of(now.plus(Health.SOON))))
                .map((row, context) -> {
                    counts.merge(row.getString("state"), row.getLong("number"), Long::sum);
                    counts.merge("due", row.getLong("due"), Long::sum);
                    return true;
                })
                .list());
        return Map.copyOf(counts);
    }

    /**
     * In order of id.
     *
     * @param after the last one of the page before
     */
    public List<Row> list(
            UUID environment, Selection selection, List<String> integrations, Optional<UUID> after, int limit) {
        Instant now = clock.instant();
        String condition = switch (selection) {
            case ALL -> "";
            case DUE -> " AND c.refresh_at <= :now";
            // The index of failing connections serves these two; the states' order does the rest.
            case FAILING ->
                " AND (c.failure_kind IS NOT NULL OR i.broken_since IS NOT NULL OR c.expires_at < :overdue) AND ("
                        + STATE + ") = 'failing'";
            case NEEDS_AUTHORIZATION ->
                " AND (c.failure_kind = 'rejected' OR c.refresh_at IS NULL) AND (" + STATE
                        + ") = 'needs_authorization'";
            case HEALTHY -> " AND (" + STATE + ") = 'healthy'";
            case EXPIRING -> " AND (" + STATE + ") = 'expiring'";
        };
        return database.withHandle(handle -> {
            var query = handle.createQuery(
                            "SELECT " + STATE + """
                             AS state, c.id, c.connection_id, i.unique_key, i.provider, c.failure_kind, c.failures, c.failing_since,
                               c.refresh_at, c.expires_at, c.grant_ends_at
                            FROM connections c %s
                            WHERE c.environment_id = :environment""".formatted(IntegrationFragments.OF_CONNECTION) + condition
                                    + (after.isPresent() ? " AND c.id > :after" : "")
                                    + (integrations.isEmpty() ? "" : " AND i.unique_key = ANY (:integrations)")
                                    + " ORDER BY c.id LIMIT :limit")
                    .bind("environment", environment)
                    .bind("now", Columns.time(Optional.of(now)))
                    .bind("overdue", Columns.time(Optional.of(now.minus(Health.OVERDUE))))
                    .bind("soon", Columns.time(Optional.of(now.plus(Health.SOON))))
                    .bind("limit", limit);
            after.ifPresent(id -> query.bind("after", id));
            if (!integrations.isEmpty()) {
                query.bindArray("integrations", String.class, integrations);
            }
            return query.map((row, context) -> new Row(
                            row.getObject("id", UUID.class),
                            row.getString("connection_id"),
                            row.getString("unique_key"),
                            row.getString("provider"),
                            row.getString("state"),
                            new Failing(
                                    Optional.ofNullable(row.getString("failure_kind")),
                                    row.getInt("failures"),
                                    time(row, "failing_since")),
                            time(row, "refresh_at"),
                            time(row, "expires_at"),
                            time(row, "grant_ends_at")))
                    .list();
        });
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }
}
