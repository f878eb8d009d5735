package dev.latchkey.server.integrations;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Pause;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.operations.Ids;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Secret;
import dev.latchkey.server.vault.Vault;
import dev.latchkey.server.vault.VaultException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** The integrations of all environments; every statement is scoped by environment. Thread-safe. */
public final class Integrations {
    private static final Logger LOG = LoggerFactory.getLogger(Integrations.class);
    /** Told on, with an empty payload, when any integration changed. */
    public static final String CHANNEL = "latchkey_integrations";

    private static final String COLUMNS =
            "environment_id, id, unique_key, provider, display_name, client_id, secrets, scopes, settings, forward_webhooks, lab, broken_since, broken_reason, probe_at, created_at, updated_at, paused_at, paused_by, paused_reason";

    private final Database database;
    private final Vault vault;
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
        this.vault = vault;
        this.ids = ids;
        this.clock = clock;
        this.announcements = announcements;
        listener.listen(CHANNEL, payload -> cache.invalidateAll(), cache::invalidateAll);
    }

    /** What a new integration is made of. */
    public record Draft(
            String uniqueKey,
            String provider,
            String displayName,
            Optional<String> clientId,
            Map<String, Secret> secrets,
            List<String> scopes,
            Map<String, String> settings,
            boolean forwardWebhooks,
            boolean lab) {}

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
        return database.withHandle(handle -> handle.createQuery("SELECT " + COLUMNS
                        + " FROM integrations WHERE environment_id = :environment AND unique_key = :key")
                .bind("environment", environment)
                .bind("key", uniqueKey)
                .map(this::read)
                .findOne());
    }

    /** For what was under way with the provider when somebody deleted it on this node. */
    public Optional<Integration> byIdOrDeletedLately(UUID environment, UUID id) {
        return byId(environment, id).or(() -> Optional.ofNullable(deletedLately.getIfPresent(id)));
    }

    public Optional<Integration> byId(UUID environment, UUID id) {
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT " + COLUMNS + " FROM integrations WHERE environment_id = :environment AND id = :id")
                .bind("environment", environment)
                .bind("id", id)
                .map(this::read)
                .findOne());
    }

    /** In order of creation. */
    public List<Integration> list(UUID environment) {
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT " + COLUMNS + " FROM integrations WHERE environment_id = :environment ORDER BY id")
                .bind("environment", environment)
                .map(this::read)
                .list());
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
        Instant now = now();
        Integration integration = new Integration(
                environment,
                ids.next(),
                draft.uniqueKey(),
                draft.provider(),
                draft.displayName(),
                draft.clientId(),
                draft.secrets(),
                draft.scopes(),
                draft.settings(),
                draft.forwardWebhooks(),
                draft.lab(),
                Optional.empty(),
                now,
                now,
                Optional.empty());
        int rows = noted(
                actor,
                "added an integration",
                integration,
                handle -> bind(handle, """
                        INSERT INTO integrations (environment_id, id, unique_key, provider, display_name, client_id, secrets, scopes,
                                                  settings, forward_webhooks, lab, created_at, updated_at)
                        VALUES (:environment, :id, :key, :provider, :name, :client, :secrets, :scopes,
                                CAST(:settings AS jsonb), :forward, :lab, :created, :updated)
                        ON CONFLICT (environment_id, unique_key) DO NOTHING""", integration).execute());
        return rows == 1 ? Optional.of(integration) : Optional.empty();
    }

    /** Replaces all but id, provider and creation. Empty when the new key is taken or the integration is gone. */
    public Optional<Integration> update(Actor actor, Integration changed) {
        Integration integration = new Integration(
                changed.environment(),
                changed.id(),
                changed.uniqueKey(),
                changed.provider(),
                changed.displayName(),
                changed.clientId(),
                changed.secrets(),
                changed.scopes(),
                changed.settings(),
                changed.forwardWebhooks(),
                changed.lab(),
                changed.broken(),
                changed.createdAt(),
                now(),
                changed.pause());
        int rows = noted(
                actor,
                "changed an integration",
                integration,
                handle -> bind(handle, """
                        UPDATE integrations
                        SET unique_key = :key, display_name = :name, client_id = :client, secrets = :secrets, scopes = :scopes,
                            settings = CAST(:settings AS jsonb), forward_webhooks = :forward, lab = :lab, updated_at = :updated
                        WHERE environment_id = :environment AND id = :id
                          AND NOT EXISTS (SELECT 1 FROM integrations other
                                          WHERE other.environment_id = :environment AND other.unique_key = :key AND other.id <> :id)""", integration).execute());
        changed();
        return rows == 1 ? Optional.of(integration) : Optional.empty();
    }

    /**
     * Encrypts what versions until November 2026 stored among the settings as it was typed. Whoever does it first has done it for
     * all nodes. One whose secrets this key does not open is left as it is, for others to report.
     */
    public void sealSettings() {
        int sealed = database.inTransaction(handle -> {
            List<Integration> open = handle
                    .createQuery("SELECT " + COLUMNS
                            + " FROM integrations WHERE jsonb_exists_any(settings, :names) FOR NO KEY UPDATE")
                    .bindArray("names", String.class, Integration.SECRET_SETTINGS)
                    .map(this::readable)
                    .list()
                    .stream()
                    .flatMap(Optional::stream)
                    .toList();
            open.forEach(integration -> bind(handle, """
                            UPDATE integrations SET secrets = :secrets, settings = CAST(:settings AS jsonb)
                            WHERE environment_id = :environment AND id = :id""", integration).execute());
            return open.size();
        });
        if (sealed > 0) {
            LOG.info("The secrets of {} integrations, which stood among their settings, are encrypted now.", sealed);
            changed();
        }
    }

    private Optional<Integration> readable(ResultSet row, StatementContext context) throws SQLException {
        try {
            return Optional.of(read(row, context));
        } catch (VaultException e) {
            LOG.warn("The secrets of integration {} cannot be read.", row.getString("unique_key"), e);
            return Optional.empty();
        }
    }

    /** Integrations change seldom: all of them are read anew, on every node. */
    public void changed() {
        cache.invalidateAll();
        announcements.tell(CHANNEL, "");
    }

    /** With its connections. @return false when it was gone already */
    public boolean delete(Actor actor, Integration integration) {
        int rows = noted(
                actor,
                "deleted an integration",
                integration,
                handle -> handle.createUpdate(
                                "DELETE FROM integrations WHERE environment_id = :environment AND id = :id")
                        .bind("environment", integration.environment())
                        .bind("id", integration.id())
                        .execute());
        deletedLately.put(integration.id(), integration);
        changed();
        return rows == 1;
    }

    /** The change and its row of the audit log, in one transaction. @return the rows that were changed */
    private int noted(Actor actor, String action, Integration integration, Function<Handle, Integer> change) {
        return database.inTransaction(handle -> {
            int rows = change.apply(handle);
            if (rows == 1) {
                audit.note(
                        handle,
                        actor,
                        integration.environment(),
                        action,
                        integration.uniqueKey(),
                        Map.of("provider", integration.provider()));
            }
            return rows;
        });
    }

    /** Its client's secrets leave: the audit log says to whom, before they do. */
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

    private org.jdbi.v3.core.statement.Update bind(Handle handle, String sql, Integration given) {
        Integration integration = given.sealed();
        ObjectNode secrets = Json.MAPPER.createObjectNode();
        integration.secrets().forEach((name, secret) -> secrets.put(name, secret.reveal()));
        return handle.createUpdate(sql)
                .bind("environment", integration.environment())
                .bind("id", integration.id())
                .bind("key", integration.uniqueKey())
                .bind("provider", integration.provider())
                .bind("name", integration.displayName())
                .bind("client", integration.clientId().orElse(null))
                .bind(
                        "secrets",
                        integration.secrets().isEmpty()
                                ? null
                                : vault.encryptJson(binding(integration.environment(), integration.id()), secrets))
                .bind("scopes", String.join(",", integration.scopes()))
                .bind("settings", Json.MAPPER.writeValueAsString(integration.settings()))
                .bind("forward", integration.forwardWebhooks())
                .bind("lab", integration.lab())
                .bind("created", integration.createdAt().atOffset(ZoneOffset.UTC))
                .bind("updated", integration.updatedAt().atOffset(ZoneOffset.UTC));
    }

    private Integration read(ResultSet row, StatementContext context) throws SQLException {
        UUID environment = row.getObject("environment_id", UUID.class);
        UUID id = row.getObject("id", UUID.class);
        Map<String, Secret> secrets = new HashMap<>();
        byte[] sealed = row.getBytes("secrets");
        if (sealed != null) {
            vault.decryptJson(binding(environment, id), sealed)
                    .properties()
                    .forEach(entry -> secrets.put(
                            entry.getKey(), new Secret(entry.getValue().asString())));
        }
        Map<String, String> settings = new HashMap<>();
        Json.MAPPER
                .readTree(row.getString("settings"))
                .properties()
                .forEach(entry -> settings.put(entry.getKey(), entry.getValue().asString()));
        return new Integration(
                environment,
                id,
                row.getString("unique_key"),
                row.getString("provider"),
                row.getString("display_name"),
                Optional.ofNullable(row.getString("client_id")),
                Map.copyOf(secrets),
                scopes(row.getString("scopes")),
                Map.copyOf(settings),
                row.getBoolean("forward_webhooks"),
                row.getBoolean("lab"),
                broken(row),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("updated_at", OffsetDateTime.class).toInstant(),
                Pause.read(row));
    }

    private static Optional<Integration.Broken> broken(ResultSet row) throws SQLException {
        Optional<Instant> since = time(row, "broken_since");
        return since.isEmpty()
                ? Optional.empty()
                : Optional.of(new Integration.Broken(
                        since.get(),
                        row.getString("broken_reason"),
                        time(row, "probe_at").orElse(since.get())));
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }

    /** Scopes as they are stored and typed: joined by commas, blanks do not count. */
    public static List<String> scopes(String joined) {
        return Arrays.stream(joined.split(","))
                .map(String::strip)
                .filter(scope -> !scope.isEmpty())
                .toList();
    }

    private static Binding binding(UUID environment, UUID id) {
        return new Binding(environment, "integrations", id, "secrets");
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }
}
