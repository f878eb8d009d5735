package dev.latchkey.server.refresh.health;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.IntegrationEvent;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.egress.Backoff;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * Integrations whose client the vendor refuses (RFC 6749 section 5.2 {@code invalid_client}): no refresh can succeed, so the
 * integration is marked and not its thousand connections. One connection at a time probes; the first that succeeds clears the mark.
 * Thread-safe.
 */
public final class BrokenIntegrations {
    private static final Backoff PROBES = Backoff.STANDARD;
    private static final Duration PROBE_AGAIN = Duration.ofSeconds(5);
    /** The longest that a connection is postponed because of its integration. */
    private static final Duration PUT_OFF = Duration.ofSeconds(40);

    /** The connections postponed when it broke; the engine paces them. Relies on connections_due. */
    private static final String DUE_AT_ONCE = """
            UPDATE connections SET refresh_at = :now
            WHERE environment_id = :environment AND integration_id = :id AND refresh_at > :now AND refresh_at <= :soon
              AND failure_kind IS NULL AND lease_until IS NULL""";

    private static final String PROBED_AT_ONCE = " probe_at = :now, broken_probes = 0, broken_by = NULL ";

    private final Database database;
    private final Integrations integrations;
    private final Connections connections;
    private final Timeline timeline;
    private final Ids ids;
    private final InstantSource clock;
    private final RandomGenerator random;

    public BrokenIntegrations(
            Database database,
            Integrations integrations,
            Connections connections,
            Timeline timeline,
            Ids ids,
            InstantSource clock,
            RandomGenerator random) {
        this.database = database;
        this.integrations = integrations;
        this.connections = connections;
        this.timeline = timeline;
        this.ids = ids;
        this.clock = clock;
        this.random = random;
    }

    /** The vendor refused the client in this connection's refresh. Announced once, however many connections show it. */
    public void refused(Integration integration, Connection connection, String reason) {
        Instant now = clock.instant();
        boolean first = database.inTransaction(handle -> {
            int rows = handle.createUpdate("""
                            UPDATE integrations SET broken_since = :now, broken_reason = :reason, broken_by = :connection, broken_probes = 0,
                                probe_at = :probe
                            WHERE environment_id = :environment AND id = :id AND broken_since IS NULL""")
                    .bind("now", Columns.time(Optional.of(now)))
                    .bind("reason", reason)
                    .bind("connection", connection.id())
                    .bind("probe", Columns.time(Optional.of(now.plus(PROBES.after(0, Optional.empty(), random)))))
                    .bind("environment", connection.environment())
                    .bind("id", connection.integration())
                    .execute();
            if (rows == 1) {
                timeline.append(
                        handle,
                        new IntegrationEvent(
                                IntegrationEvent.Kind.MISCONFIGURED, integration, Map.of("reason", reason)));
            }
            return rows == 1;
        });
        if (first) {
            integrations.changed();
        }
    }

    /** Nothing could be claimed just now (another node has it, or its row is being written): the probe is not used up. */
    public void returnProbe(UUID environment, UUID integration) {
        database.withHandle(handle -> handle.createUpdate("""
                        UPDATE integrations SET broken_probes = greatest(0, broken_probes - 1), probe_at = :soon
                        WHERE environment_id = :environment AND id = :id AND broken_since IS NOT NULL AND probe_at > :soon""")
                .bind("environment", environment)
                .bind("id", integration)
                .bind("soon", Columns.time(Optional.of(clock.instant().plus(PROBE_AGAIN))))
                .execute());
    }

    /** Whether this node may probe now: then no other does until the next probe. */
    public boolean takeProbe(UUID environment, UUID integration) {
        Instant now = clock.instant();
        return database.withHandle(handle -> {
            Optional<Integer> probes = handle.createQuery(
                            "SELECT broken_probes FROM integrations WHERE environment_id = :environment AND id = :id AND probe_at <= :now")
                    .bind("environment", environment)
                    .bind("id", integration)
                    .bind("now", Columns.time(Optional.of(now)))
                    .mapTo(Integer.class)
                    .findOne();
            return probes.isPresent()
                    && handle.createUpdate("""
                                    UPDATE integrations SET broken_probes = broken_probes + 1, probe_at = :next
                                    WHERE environment_id = :environment AND id = :id AND broken_probes = :probes AND probe_at <= :now""")
                                    .bind("environment", environment)
                                    .bind("id", integration)
                                    .bind("probes", probes.get())
                                    .bind("now", Columns.time(Optional.of(now)))
                                    .bind(
                                            "next",
                                            Columns.time(Optional.of(now.plus(
                                                    PROBES.after(probes.get() + 1, Optional.empty(), random)))))
                                    .execute()
                            == 1;
        });
    }

    /** @param by whose refresh showed it; empty once the settings that may be wrong have changed: then no connection is blamed */
    private record Was(OffsetDateTime since, Optional<UUID> by, boolean changed) {}

    /**
     * A connection of a broken integration was refreshed. If the integration has not been changed since, then the connection that
     * showed the failure is the faulty one, and is marked.
     */
    public void served(Integration integration, Connection connection) {
        Instant now = clock.instant();
        database.inTransaction(handle -> {
            Optional<Was> was = handle.createQuery("""
                            SELECT broken_since, broken_by, updated_at > broken_since AS changed FROM integrations
                            WHERE environment_id = :environment AND id = :id AND broken_since IS NOT NULL FOR UPDATE""")
                    .bind("environment", connection.environment())
                    .bind("id", connection.integration())
                    .map((row, context) -> new Was(
                            row.getObject("broken_since", OffsetDateTime.class),
                            Optional.ofNullable(row.getObject("broken_by", UUID.class)),
                            row.getBoolean("changed")))
                    .findOne();
            if (was.isEmpty()) {
                return false;
            }
            handle.createUpdate("""
                            UPDATE integrations SET broken_since = NULL, broken_reason = NULL, broken_by = NULL, broken_probes = 0, probe_at = NULL
                            WHERE environment_id = :environment AND id = :id""")
                    .bind("environment", connection.environment())
                    .bind("id", connection.integration())
                    .execute();
            timeline.append(handle, new IntegrationEvent(IntegrationEvent.Kind.RECOVERED, integration, Map.of()));
            handle.createUpdate(DUE_AT_ONCE)
                    .bind("now", Columns.time(Optional.of(now)))
                    .bind("soon", Columns.time(Optional.of(now.plus(PUT_OFF))))
                    .bind("environment", connection.environment())
                    .bind("id", connection.integration())
                    .execute();
            Optional<UUID> wrong = was.get().by().filter(by -> !was.get().changed() && !by.equals(connection.id()));
            if (wrong.isPresent()) {
                handle.createUpdate("""
                                UPDATE connections SET failing_since = :since, failures = 1, failure_kind = 'misconfigured', failure_log_id = :log,
                                    next_attempt_at = :next, refresh_at = :next
                                WHERE environment_id = :environment AND id = :id AND failure_kind IS NULL AND lease_until IS NULL""")
                        .bind("since", was.get().since())
                        .bind("log", ids.next().toString())
                        .bind("next", Columns.time(Optional.of(now.plus(PROBES.after(2, Optional.empty(), random)))))
                        .bind("environment", connection.environment())
                        .bind("id", wrong.get())
                        .execute();
            }
            return true;
        });
        integrations.changed();
    }

    /**
     * The cause of a refusal may have been an error in the definition, for the integration or for single connections, and so may
     * apparently transient failures. A rejected grant is not retried: many of them at once would look like an incident of the
     * provider.
     *
     * @param provider whose definition was changed
     */
    public void definitionChanged(UUID environment, String provider) {
        integrations.list(environment).stream()
                .filter(one -> one.provider().equals(provider))
                .forEach(one -> tryAgain(one, List.of("misconfigured", "transient")));
    }

    /**
     * It was changed, perhaps corrected: it is probed at once by one of the postponed connections, which are due again; and so is each
     * connection that was marked individually.
     */
    public void changed(Integration integration) {
        tryAgain(integration, List.of("misconfigured"));
    }

    /** A start may bring corrected definitions, with a release or in the operator's folder. Relies on connections_failing. */
    public void started() {
        OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
        database.inTransaction(handle -> {
            handle.createUpdate("UPDATE integrations SET" + PROBED_AT_ONCE + "WHERE broken_since IS NOT NULL")
                    .bind("now", now)
                    .execute();
            return handle.createUpdate("""
                            UPDATE connections SET refresh_at = :now, next_attempt_at = :now
                            WHERE failure_kind = 'misconfigured' AND lease_until IS NULL""").bind("now", now).execute();
        });
    }

    private void tryAgain(Integration integration, List<String> failures) {
        OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
        database.inTransaction(handle -> {
            boolean broken = handle.createUpdate("UPDATE integrations SET" + PROBED_AT_ONCE + """
                             WHERE environment_id = :environment AND id = :id AND broken_since IS NOT NULL""")
                            .bind("now", now)
                            .bind("environment", integration.environment())
                            .bind("id", integration.id())
                            .execute()
                    == 1;
            if (broken) {
                handle.createUpdate(DUE_AT_ONCE)
                        .bind("now", now)
                        .bind("soon", now.plus(PUT_OFF))
                        .bind("environment", integration.environment())
                        .bind("id", integration.id())
                        .execute();
            }
            return handle.createUpdate("""
                            UPDATE connections SET refresh_at = :now, next_attempt_at = :now
                            WHERE environment_id = :environment AND integration_id = :id AND failure_kind = ANY (:failures)""")
                    .bind("now", now)
                    .bind("environment", integration.environment())
                    .bind("id", integration.id())
                    .bindArray("failures", String.class, failures)
                    .execute();
        });
        integrations.changed();
        connections.forgetAll();
    }
}
