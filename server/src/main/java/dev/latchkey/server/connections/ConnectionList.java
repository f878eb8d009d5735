package dev.latchkey.server.connections;

import dev.latchkey.server.access.Pause;
import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Finds connections without their credentials, for lists. */
public final class ConnectionList {
    private final Database database;

    public ConnectionList(Database database) {
        this.database = database;
    }

    /** Empty parts do not filter. @param page counted from 0 */
    public record Query(
            Optional<String> name,
            Optional<String> search,
            Optional<String> endUser,
            Optional<String> organization,
            List<String> integrations,
            Map<String, String> tags,
            Optional<Boolean> paused,
            int limit,
            int page) {}

    /** @param failureLogId present while the last refresh failed */
    public record Item(
            long number,
            String name,
            String integrationKey,
            String provider,
            Connection.Description description,
            GrantedScopes scopes,
            Optional<String> failureLogId,
            Instant createdAt,
            Optional<Pause> pause) {}

    /**
     * The newest first: ids are in order of creation. Text matches the beginnings of words. Relies on the primary key,
     * connections_by_word, on connections_by_tag where tags filter, and on connections_named, connections_of_user and
     * connections_of_organization.
     */
    public List<Item> find(UUID environment, Query query) {
        StringBuilder sql = new StringBuilder("""
            SELECT c.number, c.connection_id, i.unique_key, i.provider, c.failure_log_id, c.end_user, c.tags, c.metadata, c.created_at,
                c.webhook_url_override,
                c.paused_at, c.paused_by, c.paused_reason, c.granted_scopes, c.missing_scopes
            FROM connections c %s
            WHERE c.environment_id = :environment\
            """.formatted(IntegrationFragments.OF_CONNECTION));
        Map<String, Object> values = new HashMap<>();
        query.name().ifPresent(name -> add(sql, values, " AND c.connection_id = :name", "name", name));
        query.search()
                .flatMap(SearchWords::asked)
                .ifPresent(words -> add(sql, values, " AND c.words @@ CAST(:search AS tsquery)", "search", words));
        query.endUser()
                .ifPresent(id -> add(
                        sql,
                        values,
                        either("userTag", "end_user ->> 'id' = :user AND end_user IS NOT NULL"),
                        "user",
                        id));
        query.endUser().ifPresent(id -> values.put("userTag", tag("end_user_id", id)));
        query.organization()
                .ifPresent(id -> add(
                        sql,
                        values,
                        either(
                                "organizationTag",
                                "end_user -> 'organization' ->> 'id' = :organization AND end_user -> 'organization' IS"
                                        + " NOT NULL"),
                        "organization",
                        id));
        query.organization().ifPresent(id -> values.put("organizationTag", tag("organization_id", id)));
        if (!query.tags().isEmpty()) {
            add(
                    sql,
                    values,
                    " AND c.tags @> CAST(:tags AS jsonb) AND c.tags <> '{}'",
                    "tags",
                    Json.MAPPER.writeValueAsString(query.tags()));
        }
        query.paused().ifPresent(paused -> sql.append(" AND c.paused_at IS ").append(paused ? "NOT NULL" : "NULL"));
        if (!query.integrations().isEmpty()) {
            sql.append(" AND i.unique_key = ANY (:integrations)");
        }
        sql.append(" ORDER BY c.id DESC LIMIT :limit OFFSET :offset");
        return database.withHandle(handle -> {
            var statement = handle.createQuery(sql.toString())
                    .bind("environment", environment)
                    .bind("limit", query.limit())
                    .bind("offset", (long) query.limit() * query.page())
                    .bindMap(values);
            if (!query.integrations().isEmpty()) {
                statement.bindArray("integrations", String.class, query.integrations());
            }
            return statement.map((row, context) -> item(row)).list();
        });
    }

    private static Item item(ResultSet row) throws SQLException {
        String endUser = row.getString("end_user");
        return new Item(
                row.getLong("number"),
                row.getString("connection_id"),
                row.getString("unique_key"),
                row.getString("provider"),
                new Connection.Description(
                        Rows.object(Json.MAPPER.readTree(row.getString("metadata"))),
                        Rows.texts(Json.MAPPER.readTree(row.getString("tags"))),
                        Rows.part(
                                () -> Optional.ofNullable(endUser)
                                        .map(Json.MAPPER::readTree)
                                        .map(EndUserJson::read),
                                Optional.empty()),
                        Optional.ofNullable(row.getString("webhook_url_override"))),
                ConnectionRows.scopes(row),
                Optional.ofNullable(row.getString("failure_log_id")),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                Pause.read(row));
    }

    /** Each half by an index of its own (storage/Indexes); of an OR PostgreSQL would read the whole environment. */
    private static String either(String tag, String condition) {
        return " " + """
            AND c.id IN (
                SELECT id FROM connections
                WHERE environment_id = :environment AND tags @> CAST(:%s AS jsonb) AND tags <> '{}'
                UNION
                SELECT id FROM connections WHERE environment_id = :environment AND %s)\
            """.formatted(tag, condition);
    }

    private static void add(
            StringBuilder sql, Map<String, Object> values, String condition, String name, String value) {
        sql.append(condition);
        values.put(name, value);
    }

    private static String tag(String name, String value) {
        return Json.MAPPER.createObjectNode().put(name, value).toString();
    }
}
