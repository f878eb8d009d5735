package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.storage.Lane;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** How many connections there are, and how many need attention. Thread-safe. */
public final class ConnectionCounts {
    /** Counting further would take longer than it is worth. */
    public static final int MOST = 100_000;

    private final Lane lane;

    public ConnectionCounts(Lane lane) {
        this.lane = lane;
    }

    /** @param since when the first of them began to fail */
    public record Failing(
            String integrationKey,
            String integrationName,
            String provider,
            Connection.Failure.Kind kind,
            long count,
            Instant since) {}

    /** Whether an integration has any, in a transaction of the caller. */
    public static boolean isUsed(Handle handle, Integration integration) {
        return handle.createQuery(
                        "SELECT EXISTS (SELECT 1 FROM connections WHERE environment_id = :environment AND integration_id = :integration)")
                .bind("environment", integration.environment())
                .bind("integration", integration.id())
                .mapTo(Boolean.class)
                .one();
    }

    /** At most {@link #MOST}, which then means at least that many. */
    public long all(UUID environment) {
        return lane.withHandle(
                environment,
                handle -> handle.createQuery(
                                "SELECT count(*) FROM (SELECT 1 FROM connections WHERE environment_id = :environment LIMIT :most) AS counted")
                        .bind("environment", environment)
                        .bind("most", MOST)
                        .mapTo(Long.class)
                        .one());
    }

    /** By the integration's id; each at most {@link #MOST}. */
    public Map<UUID, Long> byIntegration(UUID environment) {
        Map<UUID, Long> counts = new HashMap<>();
        lane.withHandle(
                        environment,
                        handle -> handle.createQuery("""
                        SELECT i.id, (SELECT count(*) FROM (SELECT 1 FROM connections c WHERE c.environment_id = i.environment_id
                                                            AND c.integration_id = i.id LIMIT :most) AS counted)
                        %s WHERE i.environment_id = :environment""".formatted(IntegrationFragments.ALL))
                                .bind("environment", environment)
                                .bind("most", MOST)
                                .map((row, context) -> Map.entry(row.getObject(1, UUID.class), row.getLong(2)))
                                .list())
                .forEach(entry -> counts.put(entry.getKey(), entry.getValue()));
        return counts;
    }

    /** The most connections first. Relies on connections_failing. */
    public List<Failing> failing(UUID environment) {
        return lane.withHandle(
                environment,
                handle -> handle.createQuery("""
                        SELECT i.unique_key, i.display_name, i.provider, c.failure_kind, count(*), COALESCE(min(c.failing_since), min(c.updated_at))
                        FROM connections c %s
                        WHERE c.environment_id = :environment AND c.failure_kind IS NOT NULL
                        GROUP BY i.unique_key, i.display_name, i.provider, c.failure_kind ORDER BY count(*) DESC""".formatted(IntegrationFragments.OF_CONNECTION))
                        .bind("environment", environment)
                        .map((row, context) -> new Failing(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                Connection.Failure.Kind.of(row.getString(4)),
                                row.getLong(5),
                                row.getObject(6, OffsetDateTime.class).toInstant()))
                        .list());
    }
}
