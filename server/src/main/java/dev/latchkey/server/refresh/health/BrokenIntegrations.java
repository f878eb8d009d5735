package dev.latchkey.server.refresh.health;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.IntegrationEvent;
import dev.latchkey.server.connections.RefreshColumns;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.egress.Backoff;
import dev.latchkey.server.integrations.BrokenMark;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.storage.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
            boolean marked = BrokenMark.set(
                    handle,
                    connection.environment(),
                    connection.integration(),
                    connection.id(),
                    reason,
                    now,
                    now.plus(PROBES.after(0, Optional.empty(), random)));
            if (marked) {
                timeline.append(
                        handle,
                        new IntegrationEvent(
                                IntegrationEvent.Kind.MISCONFIGURED, integration, Map.of("reason", reason)));
            }
            return marked;
        });
        if (first) {
            integrations.reloadEverywhere();
        }
    }

    /** Nothing could be claimed just now (another node has it, or its row is being written): the probe is not used up. */
    public void returnProbe(UUID environment, UUID integration) {
        Instant soon = clock.instant().plus(PROBE_AGAIN);
        database.withHandle(handle -> BrokenMark.returnProbe(handle, environment, integration, soon));
    }

    /** Whether this node may probe now: then no other does until the next probe. */
    public boolean takeProbe(UUID environment, UUID integration) {
        Instant now = clock.instant();
        return database.withHandle(handle -> {
            Optional<Integer> probes = BrokenMark.probesDue(handle, environment, integration, now);
            return probes.isPresent()
                    && BrokenMark.takeProbe(
                            handle,
                            environment,
                            integration,
                            probes.get(),
                            now,
                            now.plus(PROBES.after(probes.get() + 1, Optional.empty(), random)));
        });
    }

    /**
     * A connection of a broken integration was refreshed. If the integration has not been changed since, then the connection that
     * showed the failure is the faulty one, and is marked.
     */
    public void served(Integration integration, Connection connection) {
        Instant now = clock.instant();
        database.inTransaction(handle -> {
            UUID environment = connection.environment();
            UUID id = connection.integration();
            Optional<BrokenMark.Marked> was = BrokenMark.locked(handle, environment, id);
            if (was.isEmpty()) {
                return false;
            }
            BrokenMark.clear(handle, environment, id);
            timeline.append(handle, new IntegrationEvent(IntegrationEvent.Kind.RECOVERED, integration, Map.of()));
            RefreshColumns.dueAtOnce(handle, environment, id, now, now.plus(PUT_OFF));
            was.get()
                    .by()
                    .filter(by -> !was.get().changed() && !by.equals(connection.id()))
                    .ifPresent(wrong -> RefreshColumns.markMisconfigured(
                            handle,
                            environment,
                            wrong,
                            was.get().since(),
                            ids.next().toString(),
                            now.plus(PROBES.after(2, Optional.empty(), random))));
            return true;
        });
        integrations.reloadEverywhere();
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
        Instant now = clock.instant();
        database.inTransaction(handle -> {
            BrokenMark.probeAll(handle, now);
            return RefreshColumns.retryMisconfigured(handle, now);
        });
    }

    private void tryAgain(Integration integration, List<String> failures) {
        Instant now = clock.instant();
        database.inTransaction(handle -> {
            if (BrokenMark.probe(handle, integration.environment(), integration.id(), now)) {
                RefreshColumns.dueAtOnce(handle, integration.environment(), integration.id(), now, now.plus(PUT_OFF));
            }
            return RefreshColumns.retry(handle, integration.environment(), integration.id(), failures, now);
        });
        integrations.reloadEverywhere();
        connections.forgetAll();
    }
}
