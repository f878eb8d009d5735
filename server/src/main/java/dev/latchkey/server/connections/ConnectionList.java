package dev.latchkey.server.connections;

import dev.latchkey.server.access.Pause;
import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Lane;
import dev.latchkey.server.storage.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Finds connections without their credentials, for lists. */
public final class ConnectionList {
    private static final String COLUMNS =
            "c.id, c.environment_id, c.integration_id, c.number, c.connection_id, c.failure_log_id, c.end_user, c.tags, c.metadata,"
                    + " c.created_at, c.webhook_url_override, c.paused_at, c.paused_by, c.paused_reason, c.granted_scopes,"
                    + " c.missing_scopes";

    private static final NewestFirst.Joined JOINED =
            new NewestFirst.Joined(", i.unique_key, i.provider", IntegrationFragments.OF_CONNECTION);

    private final Lane lane;

    public ConnectionList(Lane lane) {
        this.lane = lane;
    }

    /**
     * Empty parts do not filter.
     *
     * @param page counted from 0
     * @param before only connections older than this one: the page after it
     */
    public record Query(
            Filter filter,
            List<String> integrations,
            Optional<Boolean> paused,
            int limit,
            int page,
            Optional<UUID> before) {}

    /** Which connections are listed. @param search words, or beginnings of words */
    public record Filter(
            Optional<String> name,
            Optional<String> search,
            Optional<String> endUser,
            Optional<String> organization,
            Map<String, String> tags) {}

    /** @param failureLogId present while the last refresh failed */
    public record Item(
            UUID id,
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
     * connections_in_order, connections_by_word, connections_by_tag and connections_paused, and on connections_named,
     * connections_of_user and connections_of_organization.
     */
    public List<Item> find(UUID environment, Query query) {
        Map<String, Object> values = new HashMap<>();
        StringBuilder scope = new StringBuilder();
        Filter filter = query.filter();
        filter.name().ifPresent(name -> add(scope, values, " AND c.connection_id = :name", "name", name));
        // So few rows that they are not read integration by integration.
        boolean selective = filter.name().isPresent();
        query.paused().ifPresent(paused -> scope.append(" AND c.paused_at IS ").append(paused ? "NOT NULL" : "NULL"));
        query.before().ifPresent(id -> scope.append(" AND c.id < :before"));
        query.before().ifPresent(id -> values.put("before", id));
        Optional<String> matches = matches(filter, values);
        return lane.inTransaction(environment, handle -> {
            List<UUID> integrations = query.integrations().isEmpty()
                    ? List.of()
                    : IntegrationFragments.ids(handle, environment, query.integrations());
            if (integrations.isEmpty() && !query.integrations().isEmpty()) {
                return List.<Item>of();
            }
            if (selective && !integrations.isEmpty()) {
                add(
                        scope,
                        values,
                        " AND c.integration_id = ANY (CAST(:their AS uuid[]))",
                        "their",
                        Columns.uuids(integrations));
            }
            NewestFirst rows = new NewestFirst(COLUMNS, JOINED, scope.toString(), selective ? List.of() : integrations);
            return rows.find(
                    handle,
                    matches,
                    new NewestFirst.Page(values, environment, query.limit(), (long) query.limit() * query.page()),
                    (row, context) -> item(row));
        });
    }

    private static Optional<String> matches(Filter filter, Map<String, Object> values) {
        List<String> conditions = new ArrayList<>();
        filter.search().flatMap(SearchWords::asked).ifPresent(words -> {
            conditions.add("c.words @@ CAST(:search AS tsquery)");
            values.put("search", words);
        });
        if (!filter.tags().isEmpty()) {
            conditions.add("c.tags @> CAST(:tags AS jsonb) AND c.tags <> '{}'");
            values.put("tags", Json.MAPPER.writeValueAsString(filter.tags()));
        }
        filter.endUser().ifPresent(id -> {
            conditions.add(either("userTag", "c.end_user ->> 'id' = :user AND c.end_user IS NOT NULL"));
            values.put("user", id);
            values.put("userTag", tag("end_user_id", id));
        });
        filter.organization().ifPresent(id -> {
            conditions.add(
                    either(
                            "organizationTag",
                            "c.end_user -> 'organization' ->> 'id' = :organization AND c.end_user -> 'organization' IS NOT NULL"));
            values.put("organization", id);
            values.put("organizationTag", tag("organization_id", id));
        });
        return conditions.isEmpty() ? Optional.empty() : Optional.of(String.join(" AND ", conditions));
    }

    private static Item item(ResultSet row) throws SQLException {
        String endUser = row.getString("end_user");
        return new Item(
                row.getObject("id", UUID.class),
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

    /** Each half has an index of its own (storage/Indexes). */
    private static String either(String tag, String condition) {
        return "(c.tags @> CAST(:" + tag + " AS jsonb) AND c.tags <> '{}' OR " + condition + ")";
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
