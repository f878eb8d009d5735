package dev.latchkey.server.refresh.health;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.ProviderEvent;
import dev.latchkey.server.connections.RefreshColumns;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;

/**
 * Many connections of one provider that fail alike: one incident, opened and closed once whatever the number of nodes, instead of a
 * failure of each connection. It is closed when the provider has worked for {@link #SUSTAINED} with hardly any failure, at any node:
 * otherwise a provider that fails every second call would open and close one each minute. Thread-safe.
 */
public final class Incidents {
    private static final String WHAT = "provider_incident";
    /** How many different connections must be rejected in a row, without a success, to doubt the vendor's response. */
    static final int DISTINCT_REJECTIONS = 10;

    private static final Duration WINDOW = Duration.ofMinutes(10);
    /** How long rejections are doubted; after that they are trusted. */
    private static final Duration DOUBT = Duration.ofHours(6);

    /** How long a provider must work before its incident is closed. */
    public static final Duration SUSTAINED = Duration.ofMinutes(5);

    public enum Kind {
        /** It does not respond. */
        OUTAGE,
        /** It refuses all grants. */
        REJECTIONS
    }

    /** @param closedAt absent while it lasts */
    public record Incident(
            UUID id, String provider, Kind kind, String reason, Instant openedAt, Optional<Instant> closedAt) {}

    private record Key(UUID environment, String provider) {}

    private record Outage(Connection sample, String reason) {}

    /** An open one. @param healthySince absent while it fails */
    private record Open(Instant openedAt, Optional<Instant> healthySince) {}

    private final Database database;
    private final Connections connections;
    private final Timeline timeline;
    private final Ids ids;
    private final InstantSource clock;
    private final Map<Key, Map<UUID, Instant>> rejections = new HashMap<>();
    /** The breaker reports it once: it is kept until the database has it. */
    private final Map<Key, Outage> toOpen = new ConcurrentHashMap<>();

    private final Map<Key, ProviderSight> sights = new ConcurrentHashMap<>();
    private volatile Map<Key, Map<Kind, Open>> open = Map.of();

    public Incidents(Database database, Connections connections, Timeline timeline, Ids ids, InstantSource clock) {
        this.database = database;
        this.connections = connections;
        this.timeline = timeline;
        this.ids = ids;
        this.clock = clock;
    }

    /** The newest first. @param openOnly leaves out those that are over */
    public List<Incident> list(UUID environment, boolean openOnly, int limit) {
        return database.withHandle(handle -> Rows.readable(
                WHAT,
                handle.createQuery("""
                        SELECT id, provider, kind, reason, opened_at, closed_at FROM provider_incidents
                        WHERE environment_id = :environment AND (NOT :open OR closed_at IS NULL) ORDER BY opened_at DESC LIMIT :limit""")
                        .bind("environment", environment)
                        .bind("open", openOnly)
                        .bind("limit", limit),
                (row, context) -> new Incident(
                        row.getObject("id", UUID.class),
                        row.getString("provider"),
                        Kind.valueOf(row.getString("kind").toUpperCase(Locale.ROOT)),
                        row.getString("reason"),
                        row.getObject("opened_at", OffsetDateTime.class).toInstant(),
                        Optional.ofNullable(row.getObject("closed_at", OffsetDateTime.class))
                                .map(OffsetDateTime::toInstant))));
    }

    /** Reads what other nodes opened, saw and closed; writes what this node has seen, and opens and closes incidents. Once a second. */
    public void look() {
        read();
        toOpen.forEach((key, outage) -> {
            open(outage.sample(), Kind.OUTAGE, outage.reason());
            sight(key).failed(clock.instant());
            toOpen.remove(key, outage);
        });
        Map<Key, Map<Kind, Open>> before = open;
        before.forEach((key, kinds) -> {
            ProviderSight sight = sight(key);
            boolean recovers = sight.recovers();
            kinds.forEach((kind, incident) -> look(key, kind, incident, sight, recovers));
        });
    }

    private void look(Key key, Kind kind, Open incident, ProviderSight sight, boolean recovers) {
        if (incident.healthySince().filter(sight::hasFailedSince).isPresent()) {
            database.withHandle(handle -> mark(handle, key, kind, false));
        } else if (incident.healthySince()
                .filter(since -> !since.plus(SUSTAINED).isAfter(clock.instant()))
                .isPresent()) {
            close(key, kind);
        } else if (incident.healthySince().isEmpty() && recovers) {
            recovers(key, kind, incident);
        }
    }

    private ProviderSight sight(Key key) {
        return sights.computeIfAbsent(key, missing -> new ProviderSight());
    }

    private void read() {
        Map<Key, Map<Kind, Open>> found = new HashMap<>();
        database.withHandle(handle -> Rows.readable(WHAT, handle.createQuery("""
                        SELECT environment_id, provider, kind, opened_at, healthy_since, id FROM provider_incidents WHERE closed_at IS NULL"""), (row, context) -> {
            Kind kind = Kind.valueOf(row.getString(3).toUpperCase(Locale.ROOT));
            Open incident = new Open(
                    row.getObject(4, OffsetDateTime.class).toInstant(),
                    Optional.ofNullable(row.getObject(5, OffsetDateTime.class)).map(OffsetDateTime::toInstant));
            found.computeIfAbsent(new Key(row.getObject(1, UUID.class), row.getString(2)), missing -> new HashMap<>())
                    .put(kind, incident);
            return true;
        }));
        open = Map.copyOf(found);
        sights.keySet().retainAll(found.keySet());
    }

    /** A vendor does not respond to any of these. */
    public void outage(List<Connection> failed, String reason) {
        failed.forEach(connection -> toOpen.put(key(connection), new Outage(connection, reason)));
    }

    /** The vendor did not respond to one. */
    public void failed(Connection connection) {
        Key key = key(connection);
        if (open.containsKey(key)) {
            sight(key).called(true, clock.instant());
        }
    }

    /**
     * The vendor refused a grant. @return whether the refusal is doubted: it refuses all grants, so this one is not marked
     */
    public boolean doubted(Connection connection, String reason) {
        Instant now = clock.instant();
        boolean many;
        synchronized (rejections) {
            Map<UUID, Instant> recent = rejections.computeIfAbsent(key(connection), missing -> new LinkedHashMap<>());
            recent.values().removeIf(at -> at.isBefore(now.minus(WINDOW)));
            recent.put(connection.id(), now);
            many = recent.size() >= DISTINCT_REJECTIONS;
        }
        if (many) {
            open(connection, Kind.REJECTIONS, reason);
            sight(key(connection)).failed(now);
        }
        return Optional.ofNullable(open.get(key(connection)))
                .map(kinds -> kinds.get(Kind.REJECTIONS))
                .filter(one -> one.openedAt().plus(DOUBT).isAfter(now))
                .isPresent();
    }

    /** A call to the vendor succeeded: if that lasts, its incident is over. */
    public void served(Connection connection) {
        Key key = key(connection);
        synchronized (rejections) {
            rejections.remove(key);
        }
        if (open.containsKey(key)) {
            sight(key).called(false, clock.instant());
        }
    }

    /** Connections that failed during it are retried now, not when it is closed. */
    private void recovers(Key key, Kind kind, Open incident) {
        int rows = database.inTransaction(handle -> {
            int marked = mark(handle, key, kind, true);
            if (marked == 1 && kind == Kind.REJECTIONS) {
                lookAgain(handle, key, incident.openedAt());
            }
            return marked;
        });
        if (rows == 1) {
            connections.forgetAll();
        }
    }

    private int mark(Handle handle, Key key, Kind kind, boolean healthy) {
        return handle.createUpdate("""
                        UPDATE provider_incidents SET healthy_since = CASE WHEN :healthy THEN CAST(:now AS timestamptz) END
                        WHERE environment_id = :environment AND provider = :provider AND kind = :kind AND closed_at IS NULL
                          AND (healthy_since IS NULL) = :healthy""")
                .bind("healthy", healthy)
                .bind("now", Columns.time(Optional.of(clock.instant())))
                .bind("environment", key.environment())
                .bind("provider", key.provider())
                .bind("kind", kind.name().toLowerCase(Locale.ROOT))
                .execute();
    }

    private void open(Connection connection, Kind kind, String reason) {
        if (open.getOrDefault(key(connection), Map.of()).containsKey(kind)) {
            return;
        }
        boolean first = database.inTransaction(handle -> {
            int rows = handle.createUpdate("""
                            INSERT INTO provider_incidents (environment_id, id, provider, kind, reason, connection_id, opened_at)
                            VALUES (:environment, :id, :provider, :kind, :reason, :connection, :now)
                            ON CONFLICT (environment_id, provider, kind) WHERE closed_at IS NULL DO NOTHING""")
                    .bind("environment", connection.environment())
                    .bind("id", ids.next())
                    .bind("provider", connection.provider())
                    .bind("kind", kind.name().toLowerCase(Locale.ROOT))
                    .bind("reason", reason)
                    .bind("connection", connection.id())
                    .bind("now", Columns.time(Optional.of(clock.instant())))
                    .execute();
            if (rows == 1) {
                report(handle, ProviderEvent.Kind.INCIDENT, key(connection), kind, reason);
            }
            return rows == 1;
        });
        if (first) {
            org.slf4j.LoggerFactory.getLogger(Incidents.class)
                    .warn("Connections of {} fail alike ({}): {}.", connection.provider(), kind, reason);
        }
        read();
    }

    /** Another node may have seen it fail since it was read: the row decides. */
    private void close(Key key, Kind kind) {
        Instant now = clock.instant();
        boolean unused = database.inTransaction(handle -> {
            int rows = handle.createUpdate("""
                            UPDATE provider_incidents SET closed_at = :now
                            WHERE environment_id = :environment AND provider = :provider AND kind = :kind AND closed_at IS NULL
                              AND healthy_since <= :since""")
                    .bind("environment", key.environment())
                    .bind("provider", key.provider())
                    .bind("kind", kind.name().toLowerCase(Locale.ROOT))
                    .bind("now", Columns.time(Optional.of(now)))
                    .bind("since", Columns.time(Optional.of(now.minus(SUSTAINED))))
                    .execute();
            if (rows == 1) {
                report(handle, ProviderEvent.Kind.INCIDENT_ENDED, key, kind, "it serves again");
            }
            return rows == 1;
        });
    }

    /** Connections marked before it was clear that all are refused get another attempt. */
    private void lookAgain(Handle handle, Key key, Instant since) {
        RefreshColumns.retryRejected(handle, key.environment(), key.provider(), since.minus(WINDOW), clock.instant());
    }

    private void report(Handle handle, ProviderEvent.Kind event, Key key, Kind kind, String reason) {
        timeline.append(
                handle,
                new ProviderEvent(
                        event,
                        key.environment(),
                        key.provider(),
                        Map.of("kind", kind.name().toLowerCase(Locale.ROOT), "reason", reason)));
    }

    private static Key key(Connection connection) {
        return new Key(connection.environment(), connection.provider());
    }
}
