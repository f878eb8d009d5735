package dev.latchkey.server.connections;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.operations.Ids;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseBusyException;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.vault.Secret;
import dev.latchkey.server.vault.Vault;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The connections of all environments; every statement is scoped by environment. Thread-safe. */
public final class Connections {
    /** Told on when a connection changed. */
    public static final String CHANNEL = "latchkey_connections";

    private record Key(UUID environment, String integration, String name) {}

    private final Database database;
    private final Vault vault;
    private final Ids ids;
    private final InstantSource clock;
    private final Timeline timeline;
    private final Announcements announcements;
    private final ConnectionRows rows;
    /** Short-lived, dropped when any node changes the connection: a hot credential costs no statement. */
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
            Announcements announcements,
            Listener listener) {
        this.database = database;
        this.vault = vault;
        this.ids = ids;
        this.clock = clock;
        this.timeline = timeline;
        this.announcements = announcements;
        this.rows = new ConnectionRows(vault);
        listener.listen(CHANNEL, this::forget, cache::invalidateAll);
        // A deleted or renamed integration takes its connections' names with it.
        listener.listen(Integrations.CHANNEL, payload -> forgetAll(), () -> {});
    }

    /**
     * What a new or overridden connection is made of.
     *
     * @param schedule when its credentials should be renewed, if ever
     * @param eventDetails told in the timeline
     */
    public record Draft(
            Integration integration,
            String name,
            Credentials credentials,
            Map<String, Secret> secrets,
            ObjectNode config,
            Optional<ObjectNode> metadata,
            Map<String, String> tags,
            Optional<Connection.EndUser> endUser,
            Optional<String> webhookUrlOverride,
            Optional<String> grantedScopes,
            Connection.Schedule schedule,
            Map<String, String> eventDetails) {}

    /** The connection as it is, or was at most five seconds ago if this node missed a change. */
    public Optional<Connection> find(UUID environment, String integrationKey, String name) {
        Key key = new Key(environment, integrationKey, name);
        Connection known = cache.getIfPresent(key);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<Connection> read = database.withHandle(handle -> handle.createQuery(ConnectionRows.SELECT
                        + " WHERE c.environment_id = :environment AND i.unique_key = :key AND c.connection_id = :name")
                .bind("environment", environment)
                .bind("key", integrationKey)
                .bind("name", name)
                .map(rows)
                .findOne());
        read.ifPresent(connection -> cache.put(key, connection));
        return read;
    }

    /** Past the cache. */
    public Optional<Connection> byId(UUID environment, UUID id) {
        return database.withHandle(handle -> byId(handle, environment, id));
    }

    public Optional<Connection> byId(Handle handle, UUID environment, UUID id) {
        return handle.createQuery(ConnectionRows.SELECT + " WHERE c.environment_id = :environment AND c.id = :id")
                .bind("environment", environment)
                .bind("id", id)
                .map(rows)
                .findOne();
    }

    /** Whether anybody is connected to a provider. */
    public boolean areThereOf(Handle handle, UUID environment, String provider) {
        return handle.createQuery("""
                        SELECT EXISTS (SELECT 1 FROM integrations i
                            JOIN connections c ON c.environment_id = i.environment_id AND c.integration_id = i.id
                            WHERE i.environment_id = :environment AND i.provider = :provider)""")
                .bind("environment", environment)
                .bind("provider", provider)
                .mapTo(Boolean.class)
                .one();
    }

    /** Makes the connection, or overrides the one of the same name: then its id, number and creation stay. */
    public Connection save(Draft draft) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Connection saved = database.inTransaction(handle -> {
            // The row's id binds the ciphertext, so it must be known before the credentials are encrypted.
            UUID fresh = ids.next();
            Optional<Long> number = bind(handle.createQuery("""
                            INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, secrets, config, metadata,
                                tags, end_user, webhook_url_override, granted_scopes, expires_at, refresh_at, grant_ends_at, warn_at,
                                last_fetched_at, created_at, updated_at)
                            VALUES (:environment, :id, :integration, :name, :credentials, :secrets, CAST(:config AS jsonb), CAST(:metadata AS jsonb),
                                CAST(:tags AS jsonb), CAST(:user AS jsonb), :webhook, :scopes, :expires, :refresh, :grant, :warn, :now, :now, :now)
                            ON CONFLICT (environment_id, integration_id, connection_id) DO NOTHING
                            RETURNING number"""), draft, fresh, now)
                    .mapTo(Long.class)
                    .findOne();
            Connection connection =
                    number.isPresent() ? created(draft, fresh, number.get(), now) : override(handle, draft, now);
            timeline.append(
                    handle,
                    new ConnectionEvent(
                            number.isPresent() ? ConnectionEvent.Kind.CREATED : ConnectionEvent.Kind.OVERRIDDEN,
                            connection,
                            draft.eventDetails()));
            changed(handle, connection);
            return connection;
        });
        forget(saved);
        return saved;
    }

    private Connection override(Handle handle, Draft draft, Instant now) {
        Integration integration = draft.integration();
        UUID id = handle.createQuery("""
                        SELECT id FROM connections
                        WHERE environment_id = :environment AND integration_id = :integration AND connection_id = :name FOR UPDATE""")
                .bind("environment", integration.environment())
                .bind("integration", integration.id())
                .bind("name", draft.name())
                .mapTo(UUID.class)
                .findOne()
                // Deleted between the two statements.
                .orElseThrow(DatabaseBusyException::new);
        bind(handle.createUpdate("""
                        UPDATE connections SET
                            credentials = :credentials, secrets = :secrets, version = version + 1, config = CAST(:config AS jsonb),
                            metadata = CASE WHEN :keep THEN metadata ELSE CAST(:metadata AS jsonb) END, tags = CAST(:tags AS jsonb),
                            end_user = CAST(:user AS jsonb), webhook_url_override = :webhook, granted_scopes = :scopes,
                            expires_at = :expires, refresh_at = :refresh, grant_ends_at = :grant, warn_at = :warn, lease_holder = NULL,
                            lease_until = NULL, interrupted_at = NULL, failing_since = NULL, failures = 0, failure_kind = NULL,
                            failure_log_id = NULL, next_attempt_at = NULL, failure_told = false, updated_at = :now
                        WHERE environment_id = :environment AND id = :id"""), draft, id, now)
                .bind("keep", draft.metadata().isEmpty())
                .execute();
        return byId(handle, integration.environment(), id).orElseThrow();
    }

    /** As a read would find it, without the read. */
    private static Connection created(Draft draft, UUID id, long number, Instant now) {
        Integration integration = draft.integration();
        return new Connection(
                integration.environment(),
                id,
                number,
                integration.id(),
                integration.uniqueKey(),
                integration.provider(),
                draft.name(),
                draft.credentials(),
                draft.secrets(),
                1,
                draft.config(),
                draft.metadata().orElseGet(Json.MAPPER::createObjectNode),
                draft.tags(),
                draft.endUser(),
                draft.webhookUrlOverride(),
                Optional.empty(),
                Connection.Upkeep.of(draft.schedule()),
                now,
                now,
                Optional.of(now));
    }

    private <S extends SqlStatement<S>> S bind(S statement, Draft draft, UUID id, Instant now) {
        UUID environment = draft.integration().environment();
        return statement
                .bind("environment", environment)
                .bind("id", id)
                .bind("integration", draft.integration().id())
                .bind("name", draft.name())
                .bind(
                        "credentials",
                        vault.encryptJson(
                                ConnectionRows.credentials(environment, id),
                                CredentialsJson.stored(draft.credentials())))
                .bind("secrets", sealed(environment, id, draft.secrets()))
                .bind("config", draft.config().toString())
                .bind("metadata", draft.metadata().map(ObjectNode::toString).orElse("{}"))
                .bind("tags", Json.MAPPER.writeValueAsString(draft.tags()))
                .bind(
                        "user",
                        draft.endUser()
                                .map(user -> EndUserJson.write(user).toString())
                                .orElse(null))
                .bind("webhook", draft.webhookUrlOverride().orElse(null))
                .bind("scopes", draft.grantedScopes().orElse(null))
                .bind(
                        "expires",
                        draft.credentials()
                                .expiry()
                                .map(at -> at.atOffset(ZoneOffset.UTC))
                                .orElse(null))
                .bind("refresh", column(draft.schedule().refreshAt()))
                .bind("grant", column(draft.schedule().grantEndsAt()))
                .bind("warn", column(draft.schedule().warnAt()))
                .bind("now", now.atOffset(ZoneOffset.UTC));
    }

    private static @Nullable OffsetDateTime column(Optional<Instant> time) {
        return time.map(at -> at.atOffset(ZoneOffset.UTC)).orElse(null);
    }

    private byte @Nullable [] sealed(UUID environment, UUID id, Map<String, Secret> secrets) {
        if (secrets.isEmpty()) {
            return null;
        }
        ObjectNode json = Json.MAPPER.createObjectNode();
        secrets.forEach((name, secret) -> json.put(name, secret.reveal()));
        return vault.encryptJson(ConnectionRows.secrets(environment, id), json);
    }

    /** Changes what describes a connection, not its credentials. Empty leaves a part as it is. */
    public void describe(
            Connection connection,
            Optional<Map<String, String>> tags,
            Optional<Connection.EndUser> endUser,
            Optional<Optional<String>> webhookUrlOverride) {
        database.inTransaction(handle -> {
            handle.createUpdate("""
                            UPDATE connections SET
                                tags = COALESCE(CAST(:tags AS jsonb), tags),
                                end_user = COALESCE(CAST(:user AS jsonb), end_user),
                                webhook_url_override = CASE WHEN :hook THEN :url ELSE webhook_url_override END,
                                updated_at = :now
                            WHERE environment_id = :environment AND id = :id""")
                    .bind("tags", tags.map(Json.MAPPER::writeValueAsString).orElse(null))
                    .bind(
                            "user",
                            endUser.map(user -> EndUserJson.write(user).toString())
                                    .orElse(null))
                    .bind("hook", webhookUrlOverride.isPresent())
                    .bind("url", webhookUrlOverride.flatMap(url -> url).orElse(null))
                    .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                    .bind("environment", connection.environment())
                    .bind("id", connection.id())
                    .execute();
            changed(handle, connection);
            return true;
        });
        forget(connection);
    }

    /**
     * Sets or merges (at the top level) the metadata of several connections, all or none.
     *
     * @return the names that do not exist; when there is one, nothing was changed
     */
    public List<String> metadata(
            UUID environment, Integration integration, List<String> names, ObjectNode metadata, boolean merge) {
        List<Connection> touched = new java.util.ArrayList<>();
        List<String> unknown = database.inTransaction(handle -> {
            Map<String, UUID> found = new HashMap<>();
            handle.createQuery("""
                            SELECT connection_id, id FROM connections
                            WHERE environment_id = :environment AND integration_id = :integration AND connection_id = ANY (:names)
                            ORDER BY id FOR UPDATE""")
                    .bind("environment", environment)
                    .bind("integration", integration.id())
                    .bindArray("names", String.class, names)
                    .map((row, context) -> Map.entry(row.getString(1), row.getObject(2, UUID.class)))
                    .forEach(entry -> found.put(entry.getKey(), entry.getValue()));
            List<String> missing = names.stream()
                    .filter(name -> !found.containsKey(name))
                    .distinct()
                    .toList();
            if (missing.isEmpty()) {
                handle.createUpdate("UPDATE connections SET metadata = "
                                + (merge ? "metadata || CAST(:metadata AS jsonb)" : "CAST(:metadata AS jsonb)")
                                + ", updated_at = :now WHERE environment_id = :environment AND id = ANY (:ids)")
                        .bind("metadata", metadata.toString())
                        .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                        .bind("environment", environment)
                        .bindArray("ids", UUID.class, found.values())
                        .execute();
                found.values()
                        .forEach(id -> byId(handle, environment, id).ifPresent(connection -> {
                            touched.add(connection);
                            changed(handle, connection);
                        }));
            }
            return missing;
        });
        touched.forEach(this::forget);
        return unknown;
    }

    /** Adds to the timeline what changed no connection. */
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

    public void delete(Connection connection) {
        database.inTransaction(handle -> {
            handle.createUpdate("DELETE FROM connections WHERE environment_id = :environment AND id = :id")
                    .bind("environment", connection.environment())
                    .bind("id", connection.id())
                    .execute();
            timeline.append(handle, new ConnectionEvent(ConnectionEvent.Kind.DELETED, connection, Map.of()));
            changed(handle, connection);
            return true;
        });
        forget(connection);
    }

    /** Tells every node, once the transaction is committed. Whoever changes a connection calls it. */
    public void changed(Handle handle, Connection connection) {
        announcements.tell(handle, CHANNEL, announcement(connection));
    }

    /** What is told of a connection on {@link #CHANNEL}. */
    public static String announcement(Connection connection) {
        return connection.environment() + "/" + connection.integrationKey() + "/" + connection.name();
    }

    /** This node's own copy, at once: its next read must see its own write. */
    public void forget(Connection connection) {
        cache.invalidate(new Key(connection.environment(), connection.integrationKey(), connection.name()));
    }

    /** This node's own copies of every connection: an integration was deleted or renamed. */
    public void forgetAll() {
        cache.invalidateAll();
    }

    private void forget(String payload) {
        // Neither an environment's id nor an integration's key has a slash.
        String[] parts = payload.split("/", 3);
        cache.invalidate(new Key(UUID.fromString(parts[0]), parts[1], parts[2]));
    }
}
