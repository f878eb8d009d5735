package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.storage.Columns;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Drafts as rows of {@code connections}. */
final class DraftRows {
    private static final String INSERT = """
            INSERT INTO connections (environment_id, id, integration_id, connection_id, credentials, secrets, config, metadata,
                tags, end_user, words, webhook_url_override, granted_scopes, missing_scopes, expires_at, refresh_at, grant_ends_at, warn_at,
                last_fetched_at, created_at, updated_at)
            SELECT environment, id, integration, name, credentials, secrets, CAST(config AS jsonb), CAST(metadata AS jsonb),
                CAST(tags AS jsonb), CAST(person AS jsonb), CAST(words AS tsvector), webhook, scopes, missing, expires, refresh, grant_end,
                warn, :now, COALESCE(created, :now), :now
            FROM unnest(:environments, :ids, :integrations, :names, :credentials, :secrets, :configs, :metadata, :tags, :people,
                :words, :webhooks, :scopes, :missing, :expiries, :refreshes, :grants, :warnings, :creations)
                AS t (environment, id, integration, name, credentials, secrets, config, metadata, tags, person, words, webhook,
                    scopes, missing, expires, refresh, grant_end, warn, created)
            -- One of several may be of an integration that has been deleted since.
            JOIN (%s) AS i
                ON i.environment_id = t.environment AND i.there = t.integration
            ON CONFLICT (environment_id, integration_id, connection_id) DO NOTHING
            RETURNING id, number\
            """.formatted(IntegrationFragments.LOCKED);

    private DraftRows() {}

    /** @return the new rows' numbers by their ids */
    static Map<UUID, Long> insert(Handle handle, List<DraftRow> rows, Instant now) {
        Map<UUID, Long> numbers = new HashMap<>();
        bound(handle.createQuery(INSERT), rows)
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .map((row, context) -> Map.entry(row.getObject(1, UUID.class), row.getLong(2)))
                .forEach(entry -> numbers.put(entry.getKey(), entry.getValue()));
        return numbers;
    }

    /** Each column as an array: one statement for any number of rows. */
    private static Query bound(Query insert, List<DraftRow> rows) {
        return insert.bindArray(
                        "environments",
                        UUID.class,
                        Columns.of(rows, row -> row.draft().integration().environment()))
                .bindArray("ids", UUID.class, Columns.of(rows, DraftRow::id))
                .bindArray(
                        "integrations",
                        UUID.class,
                        Columns.of(rows, row -> row.draft().integration().id()))
                .bindArray(
                        "names",
                        String.class,
                        Columns.of(rows, row -> row.draft().name()))
                .bind("credentials", Columns.bytes(rows, DraftRow::credentials))
                .bind("secrets", Columns.bytes(rows, DraftRow::secrets))
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
                                row -> GrantedScopes.column(
                                        row.draft().grant().scopes().granted())))
                .bindArray(
                        "missing",
                        String.class,
                        Columns.of(
                                rows,
                                row -> GrantedScopes.column(
                                        row.draft().grant().scopes().missing())))
                .bindArray(
                        "expiries",
                        OffsetDateTime.class,
                        Columns.of(
                                rows,
                                row -> column(row.draft().grant().credentials().expiry())))
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
                        Columns.of(rows, row -> column(row.draft().schedule().warnAt())))
                .bindArray("creations", OffsetDateTime.class, Columns.of(rows, row -> column(row.createdAt())));
    }

    /** The row that the draft overwrites, locked. */
    static Optional<Described> described(Handle handle, Draft named) {
        Integration integration = named.integration();
        return handle.createQuery("""
            SELECT id, tags, end_user, webhook_url_override, expires_at, updated_at FROM connections
            WHERE environment_id = :environment AND integration_id = :integration AND connection_id = :name FOR UPDATE\
            """)
                .bind("environment", integration.environment())
                .bind("integration", integration.id())
                .bind("name", named.name())
                .map(Described.ROWS)
                .findOne();
    }

    /** The next version, without a lease or a failure. */
    static void overwrite(Handle handle, DraftRow row, Instant now) {
        Draft draft = row.draft();
        handle.createUpdate("""
            UPDATE connections SET
                credentials = :credentials, secrets = :secrets, version = version + 1, config = CAST(:config AS jsonb),
                metadata = CASE WHEN :keep AND jsonb_typeof(metadata) = 'object' THEN metadata
                    WHEN :keep THEN '{}' ELSE CAST(:metadata AS jsonb) END, tags = CAST(:tags AS jsonb),
                end_user = CAST(:user AS jsonb), words = CAST(:words AS tsvector), webhook_url_override = :webhook,
                granted_scopes = :scopes, missing_scopes = :missing, expires_at = :expires, refresh_at = :refresh, grant_ends_at = :grant,
                warn_at = :warn, lease_holder = NULL, lease_until = NULL, interrupted_at = NULL, failing_since = NULL,
                failures = 0, failure_kind = NULL, failure_log_id = NULL, next_attempt_at = NULL, failure_told = false,
                created_at = COALESCE(CAST(:created AS timestamptz), created_at), updated_at = :now
            WHERE environment_id = :environment AND id = :id\
            """)
                .bind("created", column(row.createdAt()))
                .bind("environment", draft.integration().environment())
                .bind("id", row.id())
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
    }

    /** Begins the refreshes of a connection that is kept, and was not refreshed yet because it waited to be read. */
    static void schedule(Handle handle, Draft draft, UUID id) {
        handle.createUpdate("""
            UPDATE connections SET refresh_at = :refresh
            WHERE environment_id = :environment AND id = :id AND refresh_at IS NULL AND failing_since IS NULL\
            """)
                .bind("refresh", column(draft.schedule().refreshAt()))
                .bind("environment", draft.integration().environment())
                .bind("id", id)
                .execute();
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
        return draft.description()
                .endUser()
                .map(user -> EndUserJson.write(user).toString())
                .orElse(null);
    }

    private static @Nullable String webhook(Draft draft) {
        return draft.description()
                .webhookUrlOverride()
                .filter(url -> !url.isEmpty())
                .orElse(null);
    }

    private static String words(Draft draft) {
        return SearchWords.of(
                draft.name(), draft.description().endUser(), draft.description().tags());
    }

    private static @Nullable OffsetDateTime column(Optional<Instant> time) {
        return time.map(at -> Moments.bounded(at).atOffset(ZoneOffset.UTC)).orElse(null);
    }
}
