package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Lane;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatements;

/** The health of an environment's connections: counts, lists and exports. Reads no credentials. Thread-safe. */
public final class ConnectionHealth {
    /** Counting further would take longer than it is worth. */
    public static final int MOST = 100_000;
    /** How many connections are scanned for healthy ones; where hardly any is, a page ends before it is full. */
    private static final int SCANNED = 10_000;

    private final Lane lane;
    private final InstantSource clock;

    public ConnectionHealth(Lane lane, InstantSource clock) {
        this.lane = lane;
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

    /** @param exact false: one of them, and so the healthy ones, are more than {@link #MOST}, at which counting ends */
    public record Counts(long healthy, long expiring, long failing, long needsAuthorization, long due, boolean exact) {
        public long total() {
            return healthy + expiring + failing + needsAuthorization;
        }
    }

    public Counts counts(UUID environment, UUID integration) {
        HealthStatements statements = new HealthStatements(true, false);
        return lane.withHandle(environment, handle -> {
            String sql = Stream.of(
                            statements.all(),
                            statements.expiring(),
                            statements.failing(),
                            statements.needsAuthorization(),
                            statements.due())
                    .map(ids -> "(SELECT count(*) FROM (SELECT 1 FROM (" + ids + ") ids LIMIT :most) counted)")
                    .collect(Collectors.joining(", ", "SELECT ", ""));
            return bound(handle.createQuery(sql), environment, List.of(integration), MOST)
                    .map((row, context) -> {
                        long total = row.getLong(1);
                        long expiring = row.getLong(2);
                        long failing = row.getLong(3);
                        long needing = row.getLong(4);
                        return new Counts(
                                Math.max(0, total - expiring - failing - needing),
                                expiring,
                                failing,
                                needing,
                                row.getLong(5),
                                total < MOST);
                    })
                    .one();
        });
    }

    /** @param next the last connection that was looked at, if there may be more after it */
    public record Page(List<Row> rows, Optional<UUID> next) {}

    /**
     * In order of id. A page of healthy ones may have fewer rows than the limit, and a next page nevertheless.
     *
     * @param after the last one of the page before
     */
    public Page list(UUID environment, Selection selection, List<String> keys, Optional<UUID> after, int limit) {
        HealthStatements statements = new HealthStatements(!keys.isEmpty(), after.isPresent());
        String ids = switch (selection) {
            case ALL, HEALTHY -> statements.all();
            case DUE -> statements.due();
            case FAILING -> statements.failing();
            case NEEDS_AUTHORIZATION -> statements.needsAuthorization();
            case EXPIRING -> statements.expiring();
        };
        boolean healthy = selection == Selection.HEALTHY;
        boolean all = healthy || selection == Selection.ALL;
        int most = healthy && limit > 0 ? SCANNED : limit;
        return lane.withHandle(environment, handle -> {
            List<UUID> integrations = keys.isEmpty() ? List.of() : IntegrationFragments.ids(handle, environment, keys);
            List<Row> rows = rows(
                    handle,
                    all ? statements.allRows() : HealthStatements.rowsOf(ids),
                    environment,
                    integrations,
                    after,
                    most,
                    limit,
                    healthy);
            if (!rows.isEmpty() && rows.size() == limit) {
                return new Page(rows, Optional.of(rows.getLast().id()));
            }
            return new Page(
                    rows, healthy ? scanned(handle, ids, environment, integrations, after, most) : Optional.empty());
        });
    }

    /** The last one that was scanned, if the scan ended before the connections did. */
    private Optional<UUID> scanned(
            Handle handle, String ids, UUID environment, List<UUID> integrations, Optional<UUID> after, int most) {
        Query query = bound(
                handle.createQuery("SELECT id FROM (" + ids + ") c OFFSET :most - 1"), environment, integrations, most);
        after.ifPresent(id -> query.bind("after", id));
        return most == 0 ? Optional.empty() : query.mapTo(UUID.class).findOne();
    }

    private Query bound(Query query, UUID environment, List<UUID> integrations, int most) {
        Instant now = clock.instant();
        return query.configure(SqlStatements.class, all -> all.setUnusedBindingAllowed(true))
                .bind("environment", environment)
                .bind("integrations", Columns.uuids(integrations))
                .bind("now", Columns.time(Optional.of(now)))
                .bind("overdue", Columns.time(Optional.of(now.minus(Health.OVERDUE))))
                .bind("soon", Columns.time(Optional.of(now.plus(Health.SOON))))
                .bind("most", most);
    }

    private List<Row> rows(
            Handle handle,
            String found,
            UUID environment,
            List<UUID> integrations,
            Optional<UUID> after,
            int most,
            int limit,
            boolean healthy) {
        Query query = bound(
                        handle.createQuery("SELECT " + HealthStatements.STATE
                                + """
                             AS state, c.id, c.connection_id, i.unique_key, i.provider, c.failure_kind, c.failures, c.failing_since,
                               c.refresh_at, c.expires_at, c.grant_ends_at
                            FROM (%s) c %s
                            WHERE %s ORDER BY c.id LIMIT :limit""".formatted(
                                                found,
                                                IntegrationFragments.OF_CONNECTION,
                                                healthy ? "(" + HealthStatements.STATE + ") = 'healthy'" : "true")),
                        environment,
                        integrations,
                        most)
                .bind("limit", limit);
        after.ifPresent(id -> query.bind("after", id));
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
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }
}
