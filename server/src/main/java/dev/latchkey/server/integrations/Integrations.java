package dev.latchkey.server.integrations;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.storage.Rehearsal;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.storage.UnreadableRowException;
import dev.latchkey.server.vault.Vault;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** The integrations of all environments; every statement is scoped by environment. Thread-safe. */
public final class Integrations {
    /** Announced on, with an empty payload, when any integration changed. */
    public static final String CHANNEL = "latchkey_integrations";

    private final Database database;
    private final IntegrationRows rows;
    private final Ids ids;
    private final InstantSource clock;
    private final AuditLog audit;
    private final Announcements announcements;

    /** Dropped when any node changes an integration; a change that this node missed is seen five seconds late. */
    private final Cache<Key, Integration> cache = Caffeine.newBuilder()
            .maximumSize(5_000)
            .expireAfterWrite(Duration.ofSeconds(5))
            .build();

    private final Cache<UUID, Integration> deletedLately = Caffeine.newBuilder()
            .maximumSize(1_000)
            .expireAfterWrite(Duration.ofMinutes(15))
            .build();

    private record Key(UUID environment, String uniqueKey) {}

    public Integrations(
            Database database,
            Vault vault,
            Ids ids,
            InstantSource clock,
            AuditLog audit,
            Announcements announcements,
            Listener listener) {
        this.audit = audit;
        this.database = database;
        this.rows = new IntegrationRows(vault);
        this.ids = ids;
        this.clock = clock;
        this.announcements = announcements;
        listener.listen(CHANNEL, payload -> cache.invalidateAll(), cache::invalidateAll);
    }

    /** The properties of a new integration. */
    public record Draft(
            String uniqueKey,
            String provider,
            String displayName,
            Optional<String> clientId,
            Map<String, Secret> secrets,
            List<String> scopes,
            Map<String, String> settings,
            boolean forwardWebhooks,
            boolean lab) {
        Integration.Setup setup() {
            return new Integration.Setup(displayName, clientId, secrets, scopes, settings, forwardWebhooks, lab);
        }
    }

    public Optional<Integration> find(UUID environment, String uniqueKey) {
        Key key = new Key(environment, uniqueKey);
        Integration known = cache.getIfPresent(key);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<Integration> found = read(environment, uniqueKey);
        found.ifPresent(integration -> cache.put(key, integration));
        return found;
    }

    private Optional<Integration> read(UUID environment, String uniqueKey) {
        return database.promptly(handle -> handle.createQuery("SELECT " + IntegrationRows.COLUMNS
                        + " FROM integrations WHERE environment_id = :environment AND unique_key = :key"
                        + " AND deleting_at IS NULL")
                .bind("environment", environment)
                .bind("key", uniqueKey)
                .map(Rows.certain(IntegrationRows.WHAT, rows::read))
                .findOne());
    }

    /** For operations running with the provider when the integration was deleted on this node. */
    public Optional<Integration> byIdOrDeletedLately(UUID environment, UUID id) {
        return byId(environment, id).or(() -> Optional.ofNullable(deletedLately.getIfPresent(id)));
    }

    public Optional<Integration> byId(UUID environment, UUID id) {
        return database.withHandle(handle -> handle.createQuery("SELECT " + IntegrationRows.COLUMNS
                        + " FROM integrations WHERE environment_id = :environment AND id = :id")
                .bind("environment", environment)
                .bind("id", id)
                .map(Rows.certain(IntegrationRows.WHAT, rows::read))
                .findOne());
    }

    /** In order of creation, without those that cannot be read. */
    public List<Integration> list(UUID environment) {
        return database.withHandle(handle -> Rows.readable(IntegrationRows.WHAT, all(handle, environment), rows::read));
    }

    private static Query all(Handle handle, UUID environment) {
        return handle.createQuery("SELECT " + IntegrationRows.COLUMNS
                        + " FROM integrations WHERE environment_id = :environment AND deleting_at IS NULL ORDER BY id")
                .bind("environment", environment);
    }

    /** An unreadable integration. */
    public record Unreadable(String uniqueKey, String provider, UnreadableRowException why) {}

    /** Those that {@link #list} leaves out, in order of creation. */
    public List<Unreadable> unreadable(UUID environment) {
        return database
                .withHandle(handle -> all(handle, environment)
                        .map((row, context) -> {
                            try {
                                Rows.certain(IntegrationRows.WHAT, rows::read).map(row, context);
                                return Optional.<Unreadable>empty();
                            } catch (UnreadableRowException e) {
                                return Optional.of(
                                        new Unreadable(row.getString("unique_key"), row.getString("provider"), e));
                            }
                        })
                        .list())
                .stream()
                .flatMap(Optional::stream)
                .toList();
    }

    /**
     * The readable parts of an integration, for operations that must work with any row (deleting it, setting its credentials again,
     * checking whether it is paused). Unreadable secrets or settings are absent.
     */
    public Optional<Integration> remains(UUID environment, String uniqueKey) {
        try {
            return find(environment, uniqueKey);
        } catch (UnreadableRowException e) {
            return database.withHandle(handle -> handle.createQuery("SELECT " + IntegrationRows.COLUMNS
                            + " FROM integrations WHERE environment_id = :environment AND unique_key = :key")
                    .bind("environment", environment)
                    .bind("key", uniqueKey)
                    .map(rows::partly)
                    .findOne());
        }
    }

    /** The same by its id. */
    public Optional<Integration> remains(UUID environment, UUID id) {
        return database.withHandle(handle -> handle.createQuery("SELECT " + IntegrationRows.COLUMNS
                        + " FROM integrations WHERE environment_id = :environment AND id = :id")
                .bind("environment", environment)
                .bind("id", id)
                .map(rows::partly)
                .findOne());
    }

    /** The unique keys of those of one provider, in order of creation. */
    public List<String> keysOf(Handle handle, UUID environment, String provider) {
        return handle.createQuery(
                        "SELECT unique_key FROM integrations WHERE environment_id = :environment AND provider = :provider ORDER BY id")
                .bind("environment", environment)
                .bind("provider", provider)
                .mapTo(String.class)
                .list();
    }

    /** Empty when the key is taken. */
    public Optional<Integration> create(Actor actor, UUID environment, Draft draft) {
        Integration integration = drafted(environment, draft);
        return database.inTransaction(handle -> insert(handle, actor, integration))
                ? Optional.of(integration)
                : Optional.empty();
    }

    /** What {@link #create} would return; nothing is kept. */
    public Optional<Integration> rehearse(Actor actor, UUID environment, Draft draft) {
        Integration integration = drafted(environment, draft);
        return Rehearsal.of(database, handle -> insert(handle, actor, integration))
                ? Optional.of(integration)
                : Optional.empty();
    }

    private Integration drafted(UUID environment, Draft draft) {
        Instant now = now();
        return new Integration(
                environment,
                ids.next(),
                draft.uniqueKey(),
                draft.provider(),
                draft.setup(),
                Optional.empty(),
                now,
                now,
                Optional.empty());
    }

    /** In a transaction of the caller. @return false when the key is taken */
    public boolean insert(Handle handle, Actor actor, Integration integration) {
        int written = rows.bind(handle, """
                        INSERT INTO integrations (environment_id, id, unique_key, provider, display_name, client_id, secrets, scopes,
                                                  settings, forward_webhooks, lab, created_at, updated_at)
                        VALUES (:environment, :id, :key, :provider, :name, :client, :secrets, :scopes,
                                CAST(:settings AS jsonb), :forward, :lab, :created, :updated)
                        ON CONFLICT (environment_id, unique_key) DO NOTHING""", integration).execute();
        note(handle, actor, "added an integration", integration, written);
        return written == 1;
    }

    /** Replaces all but id, provider and creation. Empty when the new key is taken or the integration is gone. */
    public Optional<Integration> update(Actor actor, Integration changed) {
        Integration integration = changed.updatedAt(now());
        int written = noted(actor, "changed an integration", integration, handle -> replace(handle, integration));
        reloadEverywhere();
        return written == 1 ? Optional.of(integration) : Optional.empty();
    }

    /** What {@link #update} would return; nothing is kept. */
    public Optional<Integration> rehearse(Integration changed) {
        Integration integration = changed.updatedAt(now());
        return Rehearsal.of(database, handle -> replace(handle, integration)) == 1
                ? Optional.of(integration)
                : Optional.empty();
    }

    private int replace(Handle handle, Integration integration) {
        return rows.bind(handle, """
                        UPDATE integrations
                        SET unique_key = :key, display_name = :name, client_id = :client, secrets = :secrets, scopes = :scopes,
                            settings = CAST(:settings AS jsonb), forward_webhooks = :forward, lab = :lab, updated_at = :updated
                        WHERE environment_id = :environment AND id = :id
                          AND NOT EXISTS (SELECT 1 FROM integrations other
                                          WHERE other.environment_id = :environment AND other.unique_key = :key AND other.id <> :id)""", integration).execute();
    }

    /** Integrations change seldom: every node reloads all of them. */
    public void reloadEverywhere() {
        cache.invalidateAll();
        announcements.announce(CHANNEL, "");
    }

    /**
     * Takes it out of sight, with its connections: they are deleted afterwards, and {@link #remove} ends it. @return false when it was
     * gone already
     */
    public boolean beginDeletion(Actor actor, Integration integration) {
        int written = noted(
                actor,
                "deleted an integration",
                integration,
                handle -> IntegrationDeletion.begin(handle, integration, now()));
        deletedLately.put(integration.id(), integration);
        reloadEverywhere();
        return written == 1;
    }

    /** Those whose deletion has begun, with their readable parts. */
    public List<Integration> beingDeleted() {
        return database.withHandle(handle -> IntegrationDeletion.begun(handle, rows));
    }

    /** Ends a deletion, unless something of it is left. @return whether it is over */
    public boolean remove(Integration integration, Predicate<Handle> used) {
        return database.inTransaction(handle -> IntegrationDeletion.end(handle, integration, used) == 1);
    }

    /**
     * Deletes it if it is unused. The row is locked before the question is asked, so that no connection can be added in between.
     *
     * @return false when it is used, or was gone already
     */
    public boolean deleteUnless(Actor actor, Integration integration, Predicate<Handle> used) {
        int written = noted(
                actor,
                "deleted an integration",
                integration,
                handle -> IntegrationDeletion.end(handle, integration, used));
        if (written == 1) {
            deletedLately.put(integration.id(), integration);
            reloadEverywhere();
        }
        return written == 1;
    }

    /** The change and its row of the audit log, in one transaction. @return the rows that were changed */
    private int noted(Actor actor, String action, Integration integration, Function<Handle, Integer> change) {
        return database.inTransaction(handle -> {
            int written = change.apply(handle);
            note(handle, actor, action, integration, written);
            return written;
        });
    }

    private void note(Handle handle, Actor actor, String action, Integration integration, int written) {
        if (written == 1) {
            audit.note(
                    handle,
                    actor,
                    integration.environment(),
                    action,
                    integration.uniqueKey(),
                    Map.of("provider", integration.provider()));
        }
    }

    /** Its client secrets are disclosed: the audit log records to whom, before they are. */
    public void noteRevealed(Actor actor, Integration integration) {
        database.inTransaction(handle -> {
            audit.note(
                    handle,
                    actor,
                    integration.environment(),
                    "revealed an integration's credentials",
                    integration.uniqueKey(),
                    Map.of());
            return true;
        });
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
