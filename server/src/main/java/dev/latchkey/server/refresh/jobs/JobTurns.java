package dev.latchkey.server.refresh.jobs;

import dev.latchkey.server.connections.ConnectionFragments;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.refresh.jobs.RefreshJobs.Kind;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;

/** The turns of {@link RefreshJobs}: which job a worker has the lease of, and how far it came. Thread-safe. */
final class JobTurns {
    private static final Logger LOG = LoggerFactory.getLogger(JobTurns.class);
    private static final Duration LEASE = Duration.ofMinutes(2);
    private static final int MOST_PROBLEMS = 100;

    private final Database database;
    private final InstantSource clock;

    JobTurns(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * A job of which a worker has the lease.
     *
     * @param integration absent: the connections are named
     * @param after the last connection that is done
     */
    record Taken(UUID holder, UUID environment, UUID id, Kind kind, Optional<UUID> integration, Optional<UUID> after) {
        Taken after(UUID last) {
            return new Taken(holder, environment, id, kind, integration, Optional.of(last));
        }
    }

    private record Open(
            UUID environment, UUID id, Optional<Kind> kind, Optional<UUID> integration, Optional<UUID> after) {}

    /** One connection's outcome within a job. */
    sealed interface Result {
        record Refreshed() implements Result {}

        record Skipped() implements Result {}

        record Failed(String connection, String message) implements Result {}
    }

    /** The open job that has waited longest for its turn. @param holder its worker, of whatever node */
    Optional<Taken> take(UUID holder) {
        while (true) {
            Optional<Open> open = lease(holder);
            if (open.isEmpty()) {
                return Optional.empty();
            }
            Open job = open.get();
            if (job.kind().isPresent()) {
                return Optional.of(new Taken(
                        holder, job.environment(), job.id(), job.kind().get(), job.integration(), job.after()));
            }
            giveUp(holder, job);
        }
    }

    /** A job of an unknown kind does not block others. */
    private void giveUp(UUID holder, Open job) {
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
                .bind("node", holder)
                .execute());
    }

    private Optional<Open> lease(UUID holder) {
        return database.withHandle(handle -> handle.createQuery("""
                        UPDATE refresh_jobs SET lease_holder = :node, lease_until = clock_timestamp() + :lease * INTERVAL '1 second'
                        WHERE (environment_id, id) = (
                            SELECT environment_id, id FROM refresh_jobs
                            WHERE finished_at IS NULL AND (lease_until IS NULL OR lease_until < clock_timestamp())
                            ORDER BY turn_at LIMIT 1 FOR UPDATE SKIP LOCKED)
                        RETURNING environment_id, id, kind, integration_id, after_id""")
                .bind("node", holder)
                .bind("lease", LEASE.toSeconds())
                .map((row, context) -> new Open(
                        row.getObject(1, UUID.class),
                        row.getObject(2, UUID.class),
                        Kind.of(row.getString(3)),
                        Optional.ofNullable(row.getObject(4, UUID.class)),
                        Optional.ofNullable(row.getObject(5, UUID.class))))
                .findOne());
    }

    /** The next connections of the job, in order of their ids: of an integration by connections_in_order, from where the last batch ended. */
    List<UUID> next(Taken job, int most) {
        return database.withHandle(handle -> job.integration().isPresent()
                ? ConnectionFragments.next(
                        handle, job.environment(), job.integration().get(), job.after(), most)
                : handle.createQuery("""
                                SELECT named.id FROM refresh_jobs j CROSS JOIN LATERAL unnest(j.connection_ids) AS named (id)
                                WHERE j.environment_id = :environment AND j.id = :id
                                  AND (CAST(:after AS uuid) IS NULL OR named.id > :after)
                                ORDER BY named.id LIMIT :most""")
                        .bind("environment", job.environment())
                        .bind("id", job.id())
                        .bind("after", job.after().orElse(null))
                        .bind("most", most)
                        .mapTo(UUID.class)
                        .list());
    }

    /**
     * The batch is done, and the lease is extended. A batch that is lost with its node is repeated. @return false: another
     * worker has taken the job, or it was cancelled
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
        return database.withHandle(handle -> handle.createQuery("""
                                UPDATE refresh_jobs SET refreshed = refreshed + :refreshed, failed = failed + :failed, skipped = skipped + :skipped,
                                    after_id = :last, lease_until = clock_timestamp() + :lease * INTERVAL '1 second',
                                    problems = CASE WHEN jsonb_typeof(problems) <> 'array' THEN CAST(:problems AS jsonb)
                                        WHEN jsonb_array_length(problems) >= :most THEN problems
                                        ELSE problems || CAST(:problems AS jsonb) END
                                WHERE environment_id = :environment AND id = :id AND lease_holder = :node
                                RETURNING finished_at IS NULL""")
                        .bind("refreshed", done)
                        .bind("failed", failed)
                        .bind("skipped", left)
                        .bind("last", last)
                        .bind("lease", LEASE.toSeconds())
                        .bind("most", MOST_PROBLEMS)
                        .bind("problems", problems.toString())
                        .bind("environment", job.environment())
                        .bind("id", job.id())
                        .bind("node", job.holder())
                        .mapTo(Boolean.class)
                        .findOne())
                .orElse(false);
    }

    /** The batch is not done yet, and the lease is extended. */
    void keep(Taken job) {
        database.withHandle(handle -> handle.createUpdate("""
                        UPDATE refresh_jobs SET lease_until = clock_timestamp() + :lease * INTERVAL '1 second'
                        WHERE environment_id = :environment AND id = :id AND lease_holder = :node""")
                .bind("lease", LEASE.toSeconds())
                .bind("environment", job.environment())
                .bind("id", job.id())
                .bind("node", job.holder())
                .execute());
    }

    /** Whether everything is done: then the job is, too, with the actual number of connections. */
    void finish(Taken job) {
        database.withHandle(handle -> handle.createUpdate("""
                        UPDATE refresh_jobs SET finished_at = :now, total = refreshed + failed + skipped, lease_holder = NULL, lease_until = NULL
                        WHERE environment_id = :environment AND id = :id AND lease_holder = :node AND finished_at IS NULL""")
                .bind("now", Columns.time(Optional.of(clock.instant())))
                .bind("environment", job.environment())
                .bind("id", job.id())
                .bind("node", job.holder())
                .execute());
    }

    /** Its turn is over, or the process stops: any worker continues, when the others have had theirs. */
    void giveBack(Taken job) {
        database.withHandle(handle -> handle.createUpdate("""
                        UPDATE refresh_jobs SET lease_holder = NULL, lease_until = NULL, turn_at = clock_timestamp()
                        WHERE environment_id = :environment AND id = :id AND lease_holder = :node""")
                .bind("environment", job.environment())
                .bind("id", job.id())
                .bind("node", job.holder())
                .execute());
    }
}
