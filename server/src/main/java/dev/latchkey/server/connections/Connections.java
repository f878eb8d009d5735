package dev.latchkey.server.connections;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.vault.Vault;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.node.ObjectNode;

/** The connections of all environments; every statement is scoped by environment. Thread-safe. */
public final class Connections {
    /** Announced on when a connection changed. */
    public static final String CHANNEL = "latchkey_connections";

    private static final String UPDATE = "environment:connections:update";
    static final String WHAT = "connection";

    private record Key(UUID environment, String integration, String name) {}

    private final Database database;
    private final InstantSource clock;
    private final Timeline timeline;
    private final Announcements announcements;
    private final ConnectionRows rows;
    private final DraftWriter drafts;
    private final DescriptionWriter descriptions;
    private final ConnectionAudit log;
    /** Short-lived, dropped when any node changes the connection: a hot credential costs no statement. */
    private final Forgotten forgotten = new Forgotten();

    private final Cache<Key, Connection> cache = Caffeine.newBuilder()
            .maximumSize(20_000)
            .expireAfterWrite(Duration.ofSeconds(5))
            .build();

    public Connections(
            Database database,
            Vault vault,
            Ids ids,
            InstantSource clock,
            Timeline timeline,
            AuditLog audit,
            Announcements announcements,
            Listener listener) {
        this.database = database;
        this.clock = clock;
        this.timeline = timeline;
        this.announcements = announcements;
        this.rows = new ConnectionRows(vault);
        this.log = new ConnectionAudit(database, audit);
        this.descriptions = new DescriptionWriter(database, rows, clock, this, log);
        this.drafts = new DraftWriter(database, vault, ids, clock, this, timeline, audit);
        listener.listen(CHANNEL, this::forget, this::forgetAll);
        // A deleted or renamed integration invalidates its connections' names.
        listener.listen(Integrations.CHANNEL, payload -> forgetAll(), () -> {});
    }

    /** The connection as it is, or was at most five seconds ago if this node missed a change. */
    public Optional<Connection> find(UUID environment, String integrationKey, String name) {
        Key key = new Key(environment, integrationKey, name);
        Connection known = cache.getIfPresent(key);
        if (known != null) {
            return Optional.of(known);
        }
        long before = forgotten.since(key);
        Optional<Connection> read = database.promptly(handle -> handle.createQuery(ConnectionRows.SELECT
                        + " WHERE c.environment_id = :environment AND i.unique_key = :key AND c.connection_id = :name AND "
                        + IntegrationFragments.STAYS)
                .bind("environment", environment)
                .bind("key", integrationKey)
                .bind("name", name)
                .map(Rows.certain(WHAT, rows))
                .findOne());
        read.ifPresent(connection ->
                cache.asMap().compute(key, (same, there) -> forgotten.since(key) == before ? connection : there));
        return read;
    }

    /**
     * What a connection that is imported again keeps where the import does not name it: nothing secret, so it is readable even if the
     * rest is not.
     */
    public ObjectNode keptConfig(Integration integration, String name) {
        return database.withHandle(handle -> handle.createQuery("""
                        SELECT config FROM connections
                        WHERE environment_id = :environment AND integration_id = :integration AND connection_id = :name""")
                .bind("environment", integration.environment())
                .bind("integration", integration.id())
                .bind("name", name)
                .map((row, context) -> ConfigFields.kept(Rows.object(Json.MAPPER.readTree(row.getString(1)))))
                .findOne()
                .orElseGet(Json.MAPPER::createObjectNode));
    }

    /** Past the cache. */
    public Optional<Connection> byId(UUID environment, UUID id) {
        return database.withHandle(handle -> byId(handle, environment, id));
    }

    public Optional<Connection> byId(Handle handle, UUID environment, UUID id) {
        return handle.createQuery(ConnectionRows.SELECT + " WHERE c.environment_id = :environment AND c.id = :id")
                .bind("environment", environment)
                .bind("id", id)
                .map(Rows.certain(WHAT, rows))
                .findOne();
    }

    /**
     * The readable parts of a connection, for operations that must work with any row: deleting it and authorizing it again. Unreadable
     * parts are absent.
     */
    public Optional<Connection> remains(UUID environment, String integrationKey, String name) {
        return database.withHandle(handle -> handle.createQuery(ConnectionRows.SELECT
                        + " WHERE c.environment_id = :environment AND i.unique_key = :key AND c.connection_id = :name")
                .bind("environment", environment)
                .bind("key", integrationKey)
                .bind("name", name)
                .map(rows.partly())
                .findOne());
    }

    /** The same by its id. */
    public Optional<Connection> remains(UUID environment, UUID id) {
        return database.withHandle(handle -> remains(handle, environment, id));
    }

    Optional<Connection> remains(Handle handle, UUID environment, UUID id) {
        return handle.createQuery(ConnectionRows.SELECT + " WHERE c.environment_id = :environment AND c.id = :id")
                .bind("environment", environment)
                .bind("id", id)
                .map(rows.partly())
                .findOne();
    }

    /** Whether a provider has any connection. */
    public boolean areThereOf(Handle handle, UUID environment, String provider) {
        return handle.createQuery("""
                        SELECT EXISTS (SELECT 1 %s
                            JOIN connections c ON c.environment_id = i.environment_id AND c.integration_id = i.id
                            WHERE i.environment_id = :environment AND i.provider = :provider)""".formatted(IntegrationFragments.ALL))
                .bind("environment", environment)
                .bind("provider", provider)
                .mapTo(Boolean.class)
                .one();
    }

    /** Creates the connection, or overwrites the one of the same name, keeping its id, number and creation time. */
    public Connection save(Draft draft) {
        Connection saved = drafts.save(draft, Optional.empty()).connection();
        forget(saved);
        return saved;
    }

    /** The same for an import by a backend, recorded in the audit log. */
    public Import.Result importAs(Import by, Draft draft) {
        by.actor().require(draft.integration().environment(), "environment:connections:create");
        Import.Result saved = drafts.save(draft, Optional.of(by));
        forget(saved.connection());
        return saved;
    }

    /** What {@link #importAs} would return; nothing is kept. @param before comes first in the same transaction */
    public Import.Result rehearse(Import by, Draft draft, Consumer<Handle> before) {
        by.actor().require(draft.integration().environment(), "environment:connections:create");
        return drafts.rehearse(draft, by, before);
    }

    /**
     * The same in one transaction with something else.
     *
     * @param alongside returns false: nothing is saved
     */
    public Optional<Connection> save(Draft draft, Predicate<Handle> alongside) {
        Optional<Connection> saved = drafts.save(draft, alongside);
        saved.ifPresent(this::forget);
        return saved;
    }

    /** A draft under another name; nothing is stored. */
    public Connection drafted(Draft draft, UUID id, String name) {
        return DraftWriter.created(
                draft.named(name),
                id,
                0,
                new Connection.Times(clock.instant(), clock.instant(), Optional.of(clock.instant())));
    }

    /** Changes a connection's description, not its credentials. Empty parts are unchanged. */
    public void describe(
            Actor actor,
            Connection connection,
            Optional<Map<String, String>> tags,
            Optional<Connection.EndUser> endUser,
            Optional<Optional<String>> webhookUrlOverride) {
        actor.require(connection.environment(), UPDATE);
        descriptions.change(actor, connection, tags, endUser, webhookUrlOverride);
        forget(connection);
    }

    /**
     * Sets or merges (at the top level) the metadata of several connections, all or none.
     *
     * @return the names that do not exist; when there is one, nothing was changed
     */
    public List<String> metadata(
            Actor actor, Integration integration, List<String> names, ObjectNode metadata, boolean merge) {
        UUID environment = integration.environment();
        actor.require(environment, UPDATE);
        DescriptionWriter.Changed changed =
                descriptions.metadata(actor, environment, integration.id(), names, metadata, merge);
        changed.connections().forEach(this::forget);
        return changed.unknown();
    }

    /** Adds an event to the timeline that changed no connection. */
    public void note(Event event) {
        database.inTransaction(handle -> {
            timeline.append(handle, event);
            return true;
        });
    }

    /** The ids of those that exist. */
    public List<UUID> idsOf(Integration integration, List<String> names) {
        return database.withHandle(handle -> handle.createQuery("""
                        SELECT id FROM connections
                        WHERE environment_id = :environment AND integration_id = :integration AND connection_id = ANY (:names)""")
                .bind("environment", integration.environment())
                .bind("integration", integration.id())
                .bindArray("names", String.class, names)
                .mapTo(UUID.class)
                .list());
    }

    public void delete(Actor actor, Connection connection) {
        database.inTransaction(handle -> {
            handle.createUpdate("DELETE FROM connections WHERE environment_id = :environment AND id = :id")
                    .bind("environment", connection.environment())
                    .bind("id", connection.id())
                    .execute();
            timeline.append(handle, new ConnectionEvent(ConnectionEvent.Kind.DELETED, connection, Map.of()));
            changed(handle, connection);
            log.append(handle, actor, "deleted a connection", connection);
            return true;
        });
        forget(connection);
    }

    /**
     * @param rows how many were deleted
     * @param connections their readable parts
     */
    public record Deleted(int rows, List<Connection> connections) {}

    /** Deletes some of an integration's connections, the oldest first: the integration is being deleted. Relies on connections_in_order. */
    public Deleted deleteSome(Integration integration, int most) {
        Deleted deleted = database.inTransaction(handle -> {
            List<UUID> ids = handle.createQuery("""
                            SELECT id FROM connections WHERE environment_id = :environment AND integration_id = :integration
                            ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED""")
                    .bind("environment", integration.environment())
                    .bind("integration", integration.id())
                    .bind("most", most)
                    .mapTo(UUID.class)
                    .list();
            List<Connection> readable = ids.stream()
                    .flatMap(id -> remains(handle, integration.environment(), id).stream())
                    .toList();
            handle.createUpdate("DELETE FROM connections WHERE environment_id = :environment AND id = ANY (:ids)")
                    .bind("environment", integration.environment())
                    .bindArray("ids", UUID.class, ids)
                    .execute();
            timeline.append(
                    handle,
                    readable.stream()
                            .map(connection -> new ConnectionEvent(ConnectionEvent.Kind.DELETED, connection, Map.of()))
                            .toList());
            return new Deleted(ids.size(), readable);
        });
        deleted.connections().forEach(this::forget);
        return deleted;
    }

    /** A forced refresh is about to start, which consumes a refresh token. */
    public void noteRefresh(Actor actor, Connection connection) {
        log.append(actor, "refreshed a connection", connection);
    }

    /** The actor is about to see its credentials. */
    public void noteRevealed(Actor actor, Connection connection) {
        actor.require(connection.environment(), Disclosed.SCOPE);
        log.append(actor, "revealed credentials", connection);
    }

    /** Notifies every node, once the transaction is committed. Every change of a connection calls it. */
    public void changed(Handle handle, Connection connection) {
        announcements.announce(handle, CHANNEL, announcement(connection));
    }

    /** The announcement of a connection on {@link #CHANNEL}. */
    public static String announcement(Connection connection) {
        return connection.environment() + "/" + connection.integrationKey() + "/" + connection.name();
    }

    /** This node's own copy, at once: its next read must see its own write. */
    public void forget(Connection connection) {
        forget(new Key(connection.environment(), connection.integrationKey(), connection.name()));
    }

    /** This node's own copies of every connection: an integration was deleted or renamed. */
    public void forgetAll() {
        forgotten.all();
        cache.invalidateAll();
    }

    private void forget(String payload) {
        // Neither an environment's id nor an integration's key has a slash.
        String[] parts = payload.split("/", 3);
        forget(new Key(UUID.fromString(parts[0]), parts[1], parts[2]));
    }

    private void forget(Key key) {
        forgotten.one(key);
        cache.invalidate(key);
    }
}
