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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;

/**
 * Requested refreshes of many connections, with their progress. Stored in the database, so that they survive a restart and any node
 * can continue them. Thread-safe.
 */
public final class RefreshJobs {
    private static final Logger LOG = LoggerFactory.getLogger(RefreshJobs.class);
    /** The maximum number of connections named in one job. */
    public static final int MOST_NAMED = 10_000;

    static final String SCOPE = "environment:connections:update";
    private static final Duration LEASE = Duration.ofMinutes(2);
    private static final Duration KEPT = Duration.ofDays(7);
    private static final int MOST_PROBLEMS = 100;

    static final String COLUMNS =
            "environment_id, id, total, refreshed, failed, skipped, problems, created_at, finished_at";

    private final Database database;
    private final Ids ids;
    private final InstantSource clock;
    private final UUID node;
    private final AuditLog audit;

    /** @param node for the leases of this process */
    public RefreshJobs(Database database, Ids ids, InstantSource clock, UUID node, AuditLog audit) {
        this.audit = audit;
        this.database = database;
        this.ids = ids;
        this.clock = clock;
        this.node = node;
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
            Optional<Instant> finishedAt) {}

    /** The operation on each connection. */
    enum Kind {
        REFRESH,
        EXCHANGE;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        private static Optional<Kind> of(String word) {
            return Arrays.stream(values())
                    .filter(kind -> kind.word().equals(word))
                    .findFirst();
        }
    }

    /** One connection's outcome within a job. */
    sealed interface Result {
        record Refreshed() implements Result {}

        record Skipped() implements Result {}

        record Failed(String connection, String message) implements Result {}
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
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT " + COLUMNS + " FROM refresh_jobs WHERE environment_id = :environment AND id = :id")
                .bind("environment", environment)
                .bind("id", id)
                .map(RefreshJobs::read)
                .findOne());
    }

    /** A job of which this node has the lease. */
    record Taken(UUID environment, UUID id, Kind kind) {}

    private record Open(UUID environment, UUID id, Optional<Kind> kind) {}

    Optional<Taken> take() {
        while (true) {
            Optional<Open> open = lease();
            if (open.isEmpty()) {
                return Optional.empty();
            }
            Open job = open.get();
            if (job.kind().isPresent()) {
                return Optional.of(
                        new Taken(job.environment(), job.id(), job.kind().get()));
            }
            giveUp(job);
        }
    }

    /** A job of an unknown kind does not block others. */
    private void giveUp(Open job) {
        String why = "This version of Latchkey does not know this kind of job; none of it was done. Start it again.";
        LOG.error("Refresh job {} is given up: {}", job.id(), why);
        ArrayNode problems = Json.MAPPER.createArrayNode();
        problems.addObject().putNull("connection_id").put("message", why);
        database.withHandle(handle -> handle.createUpdate("""
                        UPDATE refresh_jobs SET finished_at = :now, problems = CAST(:problems AS jsonb), lease_holder = NULL, lease_until = NULL
                        WHERE environment_id = :environment AND id = :id AND lease_holder = :node""")
                .bind("now", Columns.time(Optional.of(clock.instant())))
                .bind("problems", problems.toString())
                .bind("environment", job.environment())
                .bind("id", job.id())
                .bind("node", node)
                .execute());
    }

    private Optional<Open> lease() {
        return database.withHandle(handle -> handle.createQuery("""
                        UPDATE refresh_jobs SET lease_holder = :node, lease_until = clock_timestamp() + :lease * INTERVAL '1 second'
                        WHERE (environment_id, id) = (
                            SELECT environment_id, id FROM refresh_jobs
                            WHERE finished_at IS NULL AND (lease_until IS NULL OR lease_until < clock_timestamp())
                            ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
                        RETURNING environment_id, id, kind""")
                .bind("node", node)
                .bind("lease", LEASE.toSeconds())
                .map((row, context) ->
                        new Open(row.getObject(1, UUID.class), row.getObject(2, UUID.class), Kind.of(row.getString(3))))
                .findOne());
    }

    /** The next connections of the job, in order of their ids. */
    List<UUID> next(Taken job, int most) {
        return database.withHandle(handle -> handle.createQuery("""
                        SELECT c.id FROM refresh_jobs j
                        CROSS JOIN LATERAL (
                            %s
                            UNION ALL
                            SELECT named.id FROM unnest(j.connection_ids) AS named (id) WHERE j.after_id IS NULL OR named.id > j.after_id
                            ORDER BY id LIMIT :most) c
                        WHERE j.environment_id = :environment AND j.id = :id ORDER BY c.id""".formatted(ConnectionFragments.OF_JOB))
                .bind("environment", job.environment())
                .bind("id", job.id())
                .bind("most", most)
                .mapTo(UUID.class)
                .list());
    }

    /**
     * The batch is done, and the lease is extended. A batch that is lost with its node is repeated. @return false: another node has
     * taken the job
     */
    boolean progress(Taken job, UUID last, List<Result> results) {
        ArrayNode problems = Json.MAPPER.createArrayNode();
        int refreshed = 0;
        int skipped = 0;
        for (Result result : results) {
            switch (result) {
                case Result.Refreshed it -> refreshed++;
                case Result.Skipped it -> skipped++;
                case Result.Failed it ->
                    problems.addObject().put("connection_id", it.connection()).put("message", it.message());
            }
        }
        int failed = problems.size();
        int done = refreshed;
        int left = skipped;
        return database.withHandle(handle -> handle.createUpdate("""
                                UPDATE refresh_jobs SET refreshed = refreshed + :refreshed, failed = failed + :failed, skipped = skipped + :skipped,
                                    after_id = :last, lease_until = clock_timestamp() + :lease * INTERVAL '1 second',
                                    problems = CASE WHEN jsonb_typeof(problems) <> 'array' THEN CAST(:problems AS jsonb)
                                        WHEN jsonb_array_length(problems) >= :most THEN problems
                                        ELSE problems || CAST(:problems AS jsonb) END
                                WHERE environment_id = :environment AND id = :id AND lease_holder = :node""")
                        .bind("refreshed", done)
                        .bind("failed", failed)
                        .bind("skipped", left)
                        .bind("last", last)
                        .bind("lease", LEASE.toSeconds())
                        .bind("most", MOST_PROBLEMS)
                        .bind("problems", problems.toString())
                        .bind("environment", job.environment())
                        .bind("id", job.id())
                        .bind("node", node)
                        .execute())
                == 1;
    }

    /** The batch is not done yet, and the lease is extended. */
    void keep(Taken job) {
        database.withHandle(handle -> handle.createUpdate("""
                        UPDATE refresh_jobs SET lease_until = clock_timestamp() + :lease * INTERVAL '1 second'
                        WHERE environment_id = :environment AND id = :id AND lease_holder = :node""")
                .bind("lease", LEASE.toSeconds())
                .bind("environment", job.environment())
                .bind("id", job.id())
                .bind("node", node)
                .execute());
    }

    /** Whether everything is done: then the job is, too, with the actual number of connections. */
    void finish(Taken job) {
        database.withHandle(handle -> handle.createUpdate("""
                        UPDATE refresh_jobs SET finished_at = :now, total = refreshed + failed + skipped, lease_holder = NULL, lease_until = NULL
                        WHERE environment_id = :environment AND id = :id AND lease_holder = :node""")
                .bind("now", Columns.time(Optional.of(clock.instant())))
                .bind("environment", job.environment())
                .bind("id", job.id())
                .bind("node", node)
                .execute());
    }

    /** The process stops: another node continues. */
    void giveBack(Taken job) {
        database.withHandle(handle -> handle.createUpdate("""
                        UPDATE refresh_jobs SET lease_holder = NULL, lease_until = NULL
                        WHERE environment_id = :environment AND id = :id AND lease_holder = :node""")
                .bind("environment", job.environment())
                .bind("id", job.id())
                .bind("node", node)
                .execute());
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
                        .map(OffsetDateTime::toInstant));
    }
}
