package dev.latchkey.server.refresh.jobs;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.connections.ConnectionFragments;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import tools.jackson.databind.node.ArrayNode;

/**
 * Requested refreshes of many connections, with their progress. Stored in the database, so that they survive a restart and any node
 * can continue them. Thread-safe.
 */
public final class RefreshJobs {
    /** The maximum number of connections named in one job. */
    public static final int MOST_NAMED = 10_000;

    static final String SCOPE = "environment:connections:update";
    private static final Duration KEPT = Duration.ofDays(7);

    static final String COLUMNS =
            "environment_id, id, total, refreshed, failed, skipped, problems, created_at, finished_at, cancelled";

    private final Database database;
    private final Ids ids;
    private final InstantSource clock;
    private final AuditLog audit;

    public RefreshJobs(Database database, Ids ids, InstantSource clock, AuditLog audit) {
        this.audit = audit;
        this.database = database;
        this.ids = ids;
        this.clock = clock;
    }

    /** @param problems the first failures: {@code connection_id} and {@code message} */
    public record Job(
            UUID environment,
            UUID id,
            int total,
            int refreshed,
            int failed,
            int skipped,
            ArrayNode problems,
            Instant createdAt,
            Optional<Instant> finishedAt,
            boolean cancelled) {
        public String state() {
            return cancelled ? "cancelled" : finishedAt.isPresent() ? "finished" : "running";
        }
    }

    /** The operation on each connection. */
    enum Kind {
        REFRESH,
        EXCHANGE;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Kind> of(String word) {
            return Arrays.stream(values())
                    .filter(kind -> kind.word().equals(word))
                    .findFirst();
        }
    }

    /** All connections that the integration has now or gets while the job runs. */
    public Job all(Actor actor, Integration integration) {
        return create(actor, integration, Kind.REFRESH, Optional.empty());
    }

    /** As {@link #all}, only for those whose stored token the vendor makes obsolete; the others are skipped. */
    Job exchange(Actor actor, Integration integration) {
        return create(actor, integration, Kind.EXCHANGE, Optional.empty());
    }

    /** @param connections at most {@link #MOST_NAMED} */
    public Job of(Actor actor, Integration integration, List<UUID> connections) {
        return create(actor, integration, Kind.REFRESH, Optional.of(connections));
    }

    private Job create(Actor actor, Integration integration, Kind kind, Optional<List<UUID>> connections) {
        UUID environment = integration.environment();
        actor.require(environment, SCOPE);
        Optional<UUID> all = connections.isPresent() ? Optional.empty() : Optional.of(integration.id());
        return database.inTransaction(handle -> {
            Job job = insert(handle, environment, all, kind, connections);
            audit.note(
                    handle,
                    actor,
                    environment,
                    switch (kind) {
                        case REFRESH -> "began to refresh connections";
                        case EXCHANGE -> "began to exchange stored tokens";
                    },
                    integration.uniqueKey(),
                    Map.of("job", job.id().toString(), "connections", Integer.toString(job.total())));
            return job;
        });
    }

    private Job insert(
            Handle handle, UUID environment, Optional<UUID> integration, Kind kind, Optional<List<UUID>> connections) {
        UUID id = ids.next();
        return handle.createQuery("""
                        INSERT INTO refresh_jobs (environment_id, id, integration_id, connection_ids, kind, total, created_at)
                        SELECT :environment, :id, CAST(:integration AS uuid), CAST(:connections AS uuid[]), :kind,
                               CASE WHEN CAST(:connections AS uuid[]) IS NOT NULL THEN cardinality(CAST(:connections AS uuid[]))
                                    ELSE (%s) END,
                               :now
                        RETURNING %s""".formatted(ConnectionFragments.COUNT, COLUMNS))
                .bind("environment", environment)
                .bind("id", id)
                .bind("kind", kind.word())
                .bind("integration", integration.map(UUID::toString).orElse(null))
                .bind(
                        "connections",
                        connections
                                .map(all -> "{"
                                        + String.join(
                                                ",",
                                                all.stream()
                                                        .distinct()
                                                        .sorted()
                                                        .map(UUID::toString)
                                                        .toList())
                                        + "}")
                                .orElse(null))
                .bind("now", Columns.time(Optional.of(clock.instant())))
                .map(RefreshJobs::read)
                .one();
    }

    public Optional<Job> find(UUID environment, UUID id) {
        return database.withHandle(handle -> find(handle, environment, id));
    }

    /** Those that refresh all connections of the integration, the newest first. */
    public List<Job> running(Integration integration) {
        return database.withHandle(handle -> handle.createQuery("SELECT " + COLUMNS + """
                         FROM refresh_jobs
                        WHERE environment_id = :environment AND integration_id = :integration AND finished_at IS NULL
                        ORDER BY created_at DESC LIMIT 20""")
                .bind("environment", integration.environment())
                .bind("integration", integration.id())
                .map(RefreshJobs::read)
                .list());
    }

    private static Optional<Job> find(Handle handle, UUID environment, UUID id) {
        return handle.createQuery(
                        "SELECT " + COLUMNS + " FROM refresh_jobs WHERE environment_id = :environment AND id = :id")
                .bind("environment", environment)
                .bind("id", id)
                .map(RefreshJobs::read)
                .findOne();
    }

    /**
     * Ends a job that runs; the connections that are being refreshed are still counted.
     *
     * @return the job as it is then; empty: there is none
     */
    public Optional<Job> cancel(Actor actor, UUID environment, UUID id) {
        actor.require(environment, SCOPE);
        return database.inTransaction(handle -> {
            int ended = handle.createUpdate("""
                            UPDATE refresh_jobs SET cancelled = true, finished_at = :now
                            WHERE environment_id = :environment AND id = :id AND finished_at IS NULL""")
                    .bind("now", Columns.time(Optional.of(clock.instant())))
                    .bind("environment", environment)
                    .bind("id", id)
                    .execute();
            if (ended == 1) {
                audit.note(handle, actor, environment, "cancelled a refresh job", id.toString(), Map.of());
            }
            return find(handle, environment, id);
        });
    }

    /** Jobs that ended a week ago. */
    void prune() {
        database.withHandle(handle -> handle.createUpdate("DELETE FROM refresh_jobs WHERE finished_at < :old")
                .bind("old", Columns.time(Optional.of(clock.instant().minus(KEPT))))
                .execute());
    }

    static Job read(ResultSet row, StatementContext context) throws SQLException {
        return new Job(
                row.getObject("environment_id", UUID.class),
                row.getObject("id", UUID.class),
                row.getInt("total"),
                row.getInt("refreshed"),
                row.getInt("failed"),
                row.getInt("skipped"),
                Json.MAPPER.readTree(row.getString("problems")) instanceof ArrayNode problems
                        ? problems
                        : Json.MAPPER.createArrayNode(),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                Optional.ofNullable(row.getObject("finished_at", OffsetDateTime.class))
                        .map(OffsetDateTime::toInstant),
                row.getBoolean("cancelled"));
    }
}
