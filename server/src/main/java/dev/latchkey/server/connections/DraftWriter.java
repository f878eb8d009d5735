package dev.latchkey.server.connections;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationGoneException;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Batcher;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseBusyException;
import dev.latchkey.server.storage.Statistics;
import dev.latchkey.server.vault.Vault;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Creates connections from drafts, or overwrites those of the same names. Drafts that arrive during a write share the next one.
 * Thread-safe.
 */
final class DraftWriter {
    private static final int MOST_AT_ONCE = 100;

    /** A draft's row, encrypted for its present or future id. */
    private record Row(
            Draft draft,
            UUID id,
            byte[] credentials,
            byte @Nullable [] secrets,
            List<Event.Sink> told,
            Optional<Actor> importer) {}

    private final Database database;
    private final Vault vault;
    private final Ids ids;
    private final InstantSource clock;
    private final Connections connections;
    private final Timeline timeline;
    private final AuditLog audit;
    private final Statistics statistics;
    private final Batcher<Row, Optional<Connection>> creations =
            new Batcher<>("connections-written", MOST_AT_ONCE, this::create);

    DraftWriter(
            Database database,
            Vault vault,
            Ids ids,
            InstantSource clock,
            Connections connections,
            Timeline timeline,
            AuditLog audit) {
        this.audit = audit;
        this.database = database;
        this.vault = vault;
        this.ids = ids;
        this.clock = clock;
        this.connections = connections;
        this.timeline = timeline;
        this.statistics = new Statistics(database, "connections");
    }

    /** @param importer the actor for the audit log; absent if a user connected, which the timeline records */
    Connection save(Draft draft, Optional<Actor> importer) {
        // The row's id binds the ciphertext, so it must be known before the credentials are encrypted.
        return creations.run(sealed(draft, ids.next(), importer)).orElseGet(() -> override(draft, importer));
    }

    /** In one transaction with something else. @param alongside returns false: nothing is saved */
    Optional<Connection> save(Draft draft, Predicate<Handle> alongside) {
        Row row = sealed(draft, ids.next(), Optional.empty());
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Optional<Connection> saved = database.inTransaction(handle -> alongside.test(handle)
                ? create(handle, List.of(row), now)
                        .getFirst()
                        .or(() -> Optional.of(override(handle, draft, Optional.empty(), now)))
                : Optional.<Connection>empty());
        statistics.added(saved.isPresent() ? 1 : 0);
        return saved;
    }

    private List<Optional<Connection>> create(List<Row> rows) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        List<Optional<Connection>> all = database.inTransaction(handle -> create(handle, rows, now));
        statistics.added((int) all.stream().filter(Optional::isPresent).count());
        return all;
    }

    /** Empty for each whose name is taken: nothing was changed. */
    private List<Optional<Connection>> create(Handle handle, List<Row> rows, Instant now) {
        Map<UUID, Long> numbers = insert(handle, rows, now);
        List<Optional<Connection>> created = rows.stream()
                .map(row -> Optional.ofNullable(numbers.get(row.id()))
                        .map(number -> created(row.draft(), row.id(), number, now)))
                .toList();
        Map<ConnectionEvent, List<Event.Sink>> events = new LinkedHashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            created.get(i)
                    .ifPresent(one -> events.put(
                            new ConnectionEvent(
                                    ConnectionEvent.Kind.CREATED,
                                    one,
                                    row.draft().eventDetails()),
                            row.told()));
        }
        if (!events.isEmpty()) {
            // Last: the log is locked until the transaction ends.
            List<AuditLog.Line> lines = imports(handle, rows, created);
            audit.appendWith(handle, lines, timeline.appendFor(handle, events));
        }
        // Not announced: no node can hold a copy of a row that did not exist.
        return created;
    }

    /** One row of the audit log for each imported and created connection. */
    private List<AuditLog.Line> imports(Handle handle, List<Row> rows, List<Optional<Connection>> created) {
        List<AuditLog.Line> lines = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            if (created.get(i).isPresent()) {
                row.importer().ifPresent(actor -> lines.add(line(handle, actor, "imported a connection", row.draft())));
            }
        }
        return lines;
    }

    private AuditLog.Line line(Handle handle, Actor actor, String action, Draft draft) {
        return audit.line(
                handle,
                actor,
                draft.integration().environment(),
                action,
                draft.integration().uniqueKey() + "/" + draft.name(),
                Map.of());
    }

    /** @return the new rows' numbers by their ids */
    private static Map<UUID, Long> insert(Handle handle, List<Row> rows, Instant now) {
        Map<UUID, Long> numbers = new HashMap<>();
        bound(handle.createQuery("""
            INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, secrets, config, metadata,
                tags, end_user, words, webhook_url_override, granted_scopes, missing_scopes, expires_at, refresh_at, grant_ends_at, warn_at,
                last_fetched_at, created_at, updated_at)
            SELECT environment, id, integration, name, credentials, secrets, CAST(config AS jsonb), CAST(metadata AS jsonb),
                CAST(tags AS jsonb), CAST(person AS jsonb), CAST(words AS tsvector), webhook, scopes, missing, expires, refresh, grant_end,
                warn, :now, :now, :now
            FROM unnest(:environments, :ids, :integrations, :names, :credentials, :secrets, :configs, :metadata, :tags, :people,
                :words, :webhooks, :scopes, :missing, :expiries, :refreshes, :grants, :warnings)
                AS t (environment, id, integration, name, credentials, secrets, config, metadata, tags, person, words, webhook,
                    scopes, missing, expires, refresh, grant_end, warn)
            -- One of several may be of an integration that was deleted meanwhile.
            JOIN (SELECT environment_id, id AS there FROM integrations
                WHERE environment_id = ANY (:environments) AND id = ANY (:integrations) ORDER BY id FOR KEY SHARE) AS i
                ON i.environment_id = t.environment AND i.there = t.integration
            ON CONFLICT (environment_id, integration_id, connection_id) DO NOTHING
            RETURNING id, number\
            """), rows)
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .map((row, context) -> Map.entry(row.getObject(1, UUID.class), row.getLong(2)))
                .forEach(entry -> numbers.put(entry.getKey(), entry.getValue()));
        return numbers;
    }

    /** Each column as an array: one statement for any number of rows. */
    private static Query bound(Query insert, List<Row> rows) {
        return insert.bindArray(
                        "environments",
                        UUID.class,
                        Columns.of(rows, row -> row.draft().integration().environment()))
                .bindArray("ids", UUID.class, Columns.of(rows, Row::id))
                .bindArray(
                        "integrations",
                        UUID.class,
                        Columns.of(rows, row -> row.draft().integration().id()))
                .bindArray(
                        "names",
                        String.class,
                        Columns.of(rows, row -> row.draft().name()))
                .bind("credentials", Columns.bytes(rows, Row::credentials))
                .bind("secrets", Columns.bytes(rows, Row::secrets))
                .bindArray("configs", String.class, Columns.of(rows, row -> config(row.draft())))
                .bindArray("metadata", String.class, Columns.of(rows, row -> metadata(row.draft())))
                .bindArray("tags", String.class, Columns.of(rows, row -> tags(row.draft())))
                .bindArray("people", String.class, Columns.of(rows, row -> user(row.draft())))
                .bindArray("words", String.class, Columns.of(rows, row -> words(row.draft())))
                .bindArray("webhooks", String.class, Columns.of(rows, row -> webhook(row.draft())))
                .bindArray(
                        "scopes",
                        String.class,
                        Columns.of(
                                rows,
                                row -> GrantedScopes.column(row.draft().grant().scopes().granted())))
                .bindArray(
                        "missing",
                        String.class,
                        Columns.of(
                                rows,
                                row -> GrantedScopes.column(row.draft().grant().scopes().missing())))
                .bindArray(
                        "expiries",
                        OffsetDateTime.class,
                        Columns.of(rows, row -> column(row.draft().grant().credentials().expiry())))
                .bindArray(
                        "refreshes",
                        OffsetDateTime.class,
                        Columns.of(rows, row -> column(row.draft().schedule().refreshAt())))
                .bindArray(
                        "grants",
                        OffsetDateTime.class,
                        Columns.of(rows, row -> column(row.draft().schedule().grantEndsAt())))
                .bindArray(
                        "warnings",
                        OffsetDateTime.class,
                        Columns.of(rows, row -> column(row.draft().schedule().warnAt())));
    }

    private Connection override(Draft draft, Optional<Actor> importer) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        return database.inTransaction(handle -> override(handle, draft, importer, now));
    }

    private Connection override(Handle handle, Draft named, Optional<Actor> importer, Instant now) {
        Integration integration = named.integration();
        Described before = handle.createQuery("""
            SELECT id, tags, end_user, webhook_url_override FROM connections
            WHERE environment_id = :environment AND integration_id = :integration AND connection_id = :name FOR UPDATE\
            """)
                .bind("environment", integration.environment())
                .bind("integration", integration.id())
                .bind("name", named.name())
                .map(Described.ROWS)
                .findOne()
                // Deleted between the two transactions.
                .orElseThrow(() -> isThere(handle, integration)
                        ? new DatabaseBusyException()
                        : new IntegrationGoneException(integration));
        UUID id = before.id();
        Draft draft = before.under(named);
        Row row = sealed(draft, id, importer);
        handle.createUpdate("""
            UPDATE connections SET
                credentials = :credentials, secrets = :secrets, version = version + 1, config = CAST(:config AS jsonb),
                metadata = CASE WHEN :keep AND jsonb_typeof(metadata) = 'object' THEN metadata
                    WHEN :keep THEN '{}' ELSE CAST(:metadata AS jsonb) END, tags = CAST(:tags AS jsonb),
                end_user = CAST(:user AS jsonb), words = CAST(:words AS tsvector), webhook_url_override = :webhook,
                granted_scopes = :scopes, missing_scopes = :missing, expires_at = :expires, refresh_at = :refresh, grant_ends_at = :grant,
                warn_at = :warn, lease_holder = NULL, lease_until = NULL, interrupted_at = NULL, failing_since = NULL,
                failures = 0, failure_kind = NULL, failure_log_id = NULL, next_attempt_at = NULL, failure_told = false,
                updated_at = :now
            WHERE environment_id = :environment AND id = :id\
            """)
                .bind("environment", integration.environment())
                .bind("id", id)
                .bind("credentials", row.credentials())
                .bind("secrets", row.secrets())
                .bind("config", config(draft))
                .bind("metadata", metadata(draft))
                .bind("tags", tags(draft))
                .bind("user", user(draft))
                .bind("words", words(draft))
                .bind("webhook", webhook(draft))
                .bind("scopes", GrantedScopes.column(draft.grant().scopes().granted()))
                .bind("missing", GrantedScopes.column(draft.grant().scopes().missing()))
                .bind("expires", column(draft.grant().credentials().expiry()))
                .bind("refresh", column(draft.schedule().refreshAt()))
                .bind("grant", column(draft.schedule().grantEndsAt()))
                .bind("warn", column(draft.schedule().warnAt()))
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .bind("keep", draft.description().metadata().isEmpty())
                .execute();
        Connection connection =
                connections.byId(handle, integration.environment(), id).orElseThrow();
        timeline.append(handle, new ConnectionEvent(ConnectionEvent.Kind.OVERRIDDEN, connection, draft.eventDetails()));
        connections.changed(handle, connection);
        importer.ifPresent(
                actor -> audit.append(handle, List.of(line(handle, actor, "imported a connection again", draft))));
        return connection;
    }

    private static boolean isThere(Handle handle, Integration integration) {
        return handle.createQuery(
                        "SELECT EXISTS (SELECT 1 FROM integrations WHERE environment_id = :environment AND id = :id)")
                .bind("environment", integration.environment())
                .bind("id", integration.id())
                .mapTo(Boolean.class)
                .one();
    }

    /** As a read would return it, without the read. */
    static Connection created(Draft draft, UUID id, long number, Instant now) {
        Integration integration = draft.integration();
        Draft.Description description = draft.description();
        return new Connection(
                new Connection.Identity(
                        integration.environment(),
                        id,
                        number,
                        integration.id(),
                        integration.uniqueKey(),
                        integration.provider(),
                        draft.name()),
                draft.grant(),
                1,
                new Connection.Description(
                        description.metadata().orElseGet(Json.MAPPER::createObjectNode),
                        description.tags(),
                        description.endUser(),
                        description.webhookUrlOverride().filter(url -> !url.isEmpty())),
                Optional.empty(),
                Connection.Upkeep.of(draft.schedule()),
                new Connection.Times(now, now, Optional.of(now)),
                Optional.empty());
    }

    private Row sealed(Draft draft, UUID id, Optional<Actor> importer) {
        UUID environment = draft.integration().environment();
        return new Row(
                draft,
                id,
                vault.encryptJson(
                        ConnectionRows.credentials(environment, id), CredentialsJson.stored(draft.grant().credentials())),
                secrets(environment, id, draft.grant().secrets()),
                timeline.here(),
                importer);
    }

    private byte @Nullable [] secrets(UUID environment, UUID id, Map<String, Secret> secrets) {
        if (secrets.isEmpty()) {
            return null;
        }
        ObjectNode json = Json.MAPPER.createObjectNode();
        secrets.forEach((name, secret) -> json.put(name, secret.reveal()));
        return vault.encryptJson(ConnectionRows.secrets(environment, id), json);
    }

    private static String config(Draft draft) {
        return draft.grant().config().toString();
    }

    private static String metadata(Draft draft) {
        return draft.description().metadata().map(ObjectNode::toString).orElse("{}");
    }

    private static String tags(Draft draft) {
        return Json.MAPPER.writeValueAsString(draft.description().tags());
    }

    private static @Nullable String user(Draft draft) {
        return draft.description().endUser().map(user -> EndUserJson.write(user).toString()).orElse(null);
    }

    private static @Nullable String webhook(Draft draft) {
        return draft.description().webhookUrlOverride().filter(url -> !url.isEmpty()).orElse(null);
    }

    private static String words(Draft draft) {
        return SearchWords.of(draft.name(), draft.description().endUser(), draft.description().tags());
    }

    private static @Nullable OffsetDateTime column(Optional<Instant> time) {
        return time.map(at -> Moments.bounded(at).atOffset(ZoneOffset.UTC)).orElse(null);
    }
}
