package dev.latchkey.server.connections;

import dev.latchkey.server.storage.Columns;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatements;

/**
 * Rows of connections, the newest first, by conditions that match an unknown number of rows. A frequent match is found among
 * the newest; a rare one by its index. PostgreSQL guesses the number, and for a word that no connection has it would walk them all.
 *
 * @param columns of {@code c}, its id and integration_id among them
 * @param joined what is read beside them for each row of a page: columns, and the join
 * @param scope conditions on {@code c} that hold for many, each beginning with {@code AND}; the environment is always one
 * @param integrations those of other integrations are left out; empty: none is
 */
record NewestFirst(String columns, Joined joined, String scope, List<UUID> integrations) {
    /** How many of the newest are scanned before an index is used: for a common word an index would return hundreds of thousands of rows. */
    private static final int LOOKED_THROUGH = 3_000;
    /** A condition that matches more rows is frequent enough to meet its page soon on the way from the newest to the oldest. */
    private static final int MOST_BY_INDEX = 20_000;
    /** From here on the rows before a page are skipped by the index alone. */
    private static final int DEEP = 1_000;

    private static final String ORDER = " ORDER BY c.id DESC LIMIT :limit OFFSET :offset";

    /** @param columns each after a comma */
    record Joined(String columns, String join) {
        static final Joined NOTHING = new Joined("", "");
    }

    /** @param values of the conditions */
    record Page(Map<String, ?> values, UUID environment, int limit, long offset) {}

    /**
     * The statement of a page, for the handle's transaction: it changes the planner's settings until that ends.
     *
     * @param matches a condition that only an index can answer
     */
    <T> List<T> find(Handle handle, Optional<String> matches, Page page, RowMapper<T> mapper) {
        if (matches.isEmpty()) {
            return plain(handle, page, mapper);
        }
        List<T> newest = rows(
                handle,
                "SELECT * FROM (" + newest(columns + ", c.words", LOOKED_THROUGH, "") + ") c WHERE " + matches.get()
                        + ORDER,
                page,
                mapper);
        if (newest.size() == page.limit()) {
            return newest;
        }
        handle.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off");
        String all =
                "FROM connections c WHERE c.environment_id = :environment" + among() + scope + " AND " + matches.get();
        boolean frequent = bound(
                                handle,
                                "SELECT count(*) FROM (SELECT 1 " + all + " LIMIT " + (MOST_BY_INDEX + 1) + ") found",
                                page)
                        .mapTo(Integer.class)
                        .one()
                > MOST_BY_INDEX;
        if (frequent) {
            handle.execute(
                    "SET LOCAL enable_indexscan = on; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off");
        }
        return rows(handle, "SELECT " + columns + " " + all + ORDER, page, mapper);
    }

    private <T> List<T> plain(Handle handle, Page page, RowMapper<T> mapper) {
        boolean deep = page.offset() >= DEEP && integrations.size() < 2 && scope.isEmpty();
        if (!deep) {
            String sql = "SELECT * FROM (" + newest(columns, page.offset() + page.limit(), "") + ") c" + ORDER;
            return rows(handle, sql, page, mapper);
        }
        Optional<UUID> first = bound(
                        handle,
                        "SELECT c.id FROM connections c WHERE c.environment_id = :environment" + among()
                                + " ORDER BY c.id DESC LIMIT 1 OFFSET :offset",
                        page)
                .mapTo(UUID.class)
                .findOne();
        return first.map(id -> rows(handle, newest(columns, page.limit(), " AND c.id <= '" + id + "'"), page, mapper))
                .orElse(List.of());
    }

    private <T> List<T> rows(Handle handle, String sql, Page page, RowMapper<T> mapper) {
        return bound(
                        handle,
                        "SELECT c.*" + joined.columns() + " FROM (" + sql + ") c " + joined.join()
                                + " ORDER BY c.id DESC",
                        page)
                .map(mapper)
                .list();
    }

    /** The newest of all, or of each of the integrations: by the primary key, or by connections_in_order. */
    private String newest(String selected, long most, String more) {
        String rows = "SELECT " + selected + " FROM connections c WHERE c.environment_id = :environment%s" + scope
                + more + " ORDER BY c.id DESC LIMIT " + most;
        return integrations.size() < 2
                ? rows.formatted(among())
                : "SELECT c.* FROM unnest(CAST(:integrations AS uuid[])) AS place (integration) CROSS JOIN LATERAL ("
                        + rows.formatted(" AND c.integration_id = place.integration") + ") c ORDER BY c.id DESC LIMIT "
                        + most;
    }

    private String among() {
        return switch (integrations.size()) {
            case 0 -> "";
            case 1 -> " AND c.integration_id = :integration";
            default -> " AND c.integration_id = ANY (CAST(:integrations AS uuid[]))";
        };
    }

    private Query bound(Handle handle, String sql, Page page) {
        Query query = handle.createQuery(sql)
                .configure(SqlStatements.class, all -> all.setUnusedBindingAllowed(true))
                .bind("environment", page.environment())
                .bind("limit", page.limit())
                .bind("offset", page.offset())
                .bindMap(page.values());
        if (!integrations.isEmpty()) {
            query.bind("integration", integrations.getFirst()).bind("integrations", Columns.uuids(integrations));
        }
        return query;
    }
}
