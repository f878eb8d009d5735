package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.ProviderEvent;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.operations.Ids;
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
import org.jdbi.v3.core.Handle;

/**
 * Many connections of one provider that fail alike: one incident, opened and closed once whatever the number of nodes, instead of
 * a verdict on each connection. Thread-safe.
 */
public final class Incidents {
    private static final String WHAT = "provider_incident";
    /** So many different connections must be rejected, with nobody served between, to doubt the vendor's word. */
    static final int DISTINCT_REJECTIONS = 10;

    private static final Duration WINDOW = Duration.ofMinutes(10);
    /** For so long rejections are doubted; what lasts longer is meant. */
    private static final Duration DOUBT = Duration.ofHours(6);

    public enum Kind {
        /** It gives no answers. */
        OUTAGE,
        /** It refuses everybody's grant. */
        REJECTIONS
    }

    /** @param closedAt absent while it lasts */
    public record Incident(
            UUID id, String provider, Kind kind, String reason, Instant openedAt, Optional<Instant> closedAt) {}

    private record Key(UUID environment, String provider) {}

    private final Database database;
    private final Connections connections;
    private final Timeline timeline;
    private final Ids ids;
    private final InstantSource clock;
    private final Map<Key, Map<UUID, Instant>> rejections = new HashMap<>();
    private volatile Map<Key, Map<Kind, Instant>> open = Map.of();

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

    /** What other nodes opened and closed. */
    public void look() {
        Map<Key, Map<Kind, Instant>> found = new HashMap<>();
        database.withHandle(handle -> Rows.readable(
                WHAT,
                handle.createQuery(
                        "SELECT environment_id, provider, kind, opened_at, id FROM provider_incidents WHERE closed_at IS NULL"),
                (row, context) -> {
                    Kind kind = Kind.valueOf(row.getString(3).toUpperCase(Locale.ROOT));
                    found.computeIfAbsent(
                                    new Key(row.getObject(1, UUID.class), row.getString(2)), missing -> new HashMap<>())
                            .put(kind, row.getObject(4, OffsetDateTime.class).toInstant());
                    return true;
                }));
        open = Map.copyOf(found);
    }

    /** A vendor gives no answers to any of these. */
    void outage(List<Connection> failed, String reason) {
        Map<Key, Connection> samples = new LinkedHashMap<>();
        failed.forEach(connection -> samples.put(key(connection), connection));
        samples.values().forEach(connection -> open(connection, Kind.OUTAGE, reason));
    }

    /**
     * The vendor refused a grant. @return whether its word is doubted: it refuses everybody's, so this one is not marked for it
     */
    boolean doubted(Connection connection, String reason) {
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
        }
        return Optional.ofNullable(open.get(key(connection)))
                .map(kinds -> kinds.get(Kind.REJECTIONS))
                .filter(since -> since.plus(DOUBT).isAfter(now))
                .isPresent();
    }

    /** The vendor served somebody: whatever incident there was is over. */
    void served(Connection connection) {
        Key key = key(connection);
        synchronized (rejections) {
            rejections.remove(key);
        }
        Map<Kind, Instant> kinds = open.get(key);
        if (kinds != null) {
            kinds.forEach((kind, since) -> close(connection, kind, since));
            look();
        }
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
                    .bind("now", RefreshStore.column(Optional.of(clock.instant())))
                    .execute();
            if (rows == 1) {
                tell(handle, ProviderEvent.Kind.INCIDENT, connection, kind, reason);
            }
            return rows == 1;
        });
        if (first) {
            org.slf4j.LoggerFactory.getLogger(Incidents.class)
                    .warn("Connections of {} fail alike ({}): {}.", connection.provider(), kind, reason);
        }
        look();
    }

    private void close(Connection connection, Kind kind, Instant since) {
        database.inTransaction(handle -> {
            int rows = handle.createUpdate("""
                            UPDATE provider_incidents SET closed_at = :now
                            WHERE environment_id = :environment AND provider = :provider AND kind = :kind AND closed_at IS NULL""")
                    .bind("environment", connection.environment())
                    .bind("provider", connection.provider())
                    .bind("kind", kind.name().toLowerCase(Locale.ROOT))
                    .bind("now", RefreshStore.column(Optional.of(clock.instant())))
                    .execute();
            if (rows == 1) {
                if (kind == Kind.REJECTIONS) {
                    lookAgain(handle, connection, since);
                }
                tell(handle, ProviderEvent.Kind.INCIDENT_ENDED, connection, kind, "it serves again");
            }
            return rows == 1;
        });
        connections.forgetAll();
    }

    /** Those that were marked before it was clear that everybody is refused get another try. */
    private void lookAgain(Handle handle, Connection connection, Instant since) {
        handle.createUpdate("""
                        UPDATE connections c SET refresh_at = :now FROM integrations i
                        WHERE i.environment_id = :environment AND i.provider = :provider AND c.environment_id = i.environment_id
                          AND c.integration_id = i.id AND c.failure_kind = 'rejected' AND c.failing_since >= :since""")
                .bind("now", RefreshStore.column(Optional.of(clock.instant())))
                .bind("environment", connection.environment())
                .bind("provider", connection.provider())
                .bind("since", RefreshStore.column(Optional.of(since.minus(WINDOW))))
                .execute();
    }

    private void tell(Handle handle, ProviderEvent.Kind event, Connection connection, Kind kind, String reason) {
        timeline.append(
                handle,
                new ProviderEvent(
                        event,
                        connection.environment(),
                        connection.provider(),
                        Map.of("kind", kind.name().toLowerCase(Locale.ROOT), "reason", reason)));
    }

    private static Key key(Connection connection) {
        return new Key(connection.environment(), connection.provider());
    }
}
