package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.IntegrationFragments;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The ids of an environment's connections in one state of health, at most {@code :most} in order. A state depends on the time, which
 * no index can; so each way into a state is a branch of its own, which reads an index of a few rows more than it finds.
 *
 * @param some whether only connections of {@code :integrations} are wanted
 * @param page whether only those after {@code :after} are
 */
record HealthStatements(boolean some, boolean page) {
    /** {@link Health#of} in SQL; a test compares the two. */
    static final String STATE = """
            CASE WHEN c.failure_kind = 'rejected' THEN 'needs_authorization'
                 WHEN c.failure_kind IS NOT NULL THEN 'failing'
                 WHEN c.refresh_at IS NULL AND c.expires_at <= :now THEN 'needs_authorization'
                 WHEN i.broken_since IS NOT NULL AND c.expires_at <= :now THEN 'failing'
                 WHEN c.refresh_at IS NOT NULL AND c.expires_at < :overdue AND c.updated_at < :overdue THEN 'failing'
                 WHEN c.grant_ends_at IS NOT NULL AND c.warn_at IS NULL THEN 'expiring'
                 WHEN c.refresh_at IS NULL AND c.expires_at < :soon THEN 'expiring'
                 ELSE 'healthy' END""";

    private static final String END = " ORDER BY c.id LIMIT :most";

    /** By the primary key, or by connections_in_order. */
    String all() {
        return all("c.id");
    }

    /** Whole rows in the place of ids, which it would cost more to look up one by one. */
    String allRows() {
        return all("c.*");
    }

    private String all(String columns) {
        String rows = "SELECT " + columns + " FROM connections c WHERE ";
        return some
                ? each(rows + OF_INTEGRATION + after() + END, "").replaceFirst("c\\.id", columns)
                : rows + "c.environment_id = :environment" + after() + END;
    }

    /** The rows of these ids, by the primary key: of a join PostgreSQL might read the whole table. */
    static String rowsOf(String ids) {
        return "SELECT c.* FROM (" + ids + ") found CROSS JOIN LATERAL (SELECT * FROM connections c"
                + " WHERE c.environment_id = :environment AND c.id = found.id OFFSET 0) c";
    }

    /** Relies on connections_due. */
    String due() {
        return each(DUE, "");
    }

    /** Relies on connections_failing or connections_failed, on connections_due and on connections_late. */
    String failing() {
        return union(Stream.concat(
                Stream.of("transient", "misconfigured", "unreadable").map(this::kind),
                // What expired and is neither due nor failing was put off.
                Stream.of(
                        each(DUE, " AND c.failure_kind IS NULL" + in("failing")),
                        rows("c.refresh_at > c.expires_at AND c.failure_kind IS NULL", "failing"))));
    }

    /** Relies on connections_failing or connections_failed, and on connections_ending. */
    String needsAuthorization() {
        return union(Stream.of(kind("rejected"), ending(":now", "needs_authorization")));
    }

    /** Relies on connections_warned and connections_ending. */
    String expiring() {
        return union(Stream.of(
                rows("c.grant_ends_at IS NOT NULL AND c.warn_at IS NULL AND c.failure_kind IS NULL", "expiring"),
                ending(":soon", "expiring")));
    }

    private static final String OF_INTEGRATION = "c.environment_id = :environment AND c.integration_id = i.id";

    /** The order, which OFFSET 0 keeps, is that of connections_due: for the order of ids PostgreSQL would walk the whole integration. */
    private static final String DUE = "SELECT c.* FROM connections c WHERE " + OF_INTEGRATION
            + " AND c.refresh_at <= :now ORDER BY c.refresh_at OFFSET 0";

    private String kind(String kind) {
        String rows = "SELECT c.id FROM connections c WHERE %s AND c.failure_kind = '" + kind + "'" + after() + END;
        return some ? each(rows.formatted(OF_INTEGRATION), "") : rows.formatted("c.environment_id = :environment");
    }

    private String rows(String condition, String state) {
        return "SELECT c.id FROM connections c " + IntegrationFragments.OF_CONNECTION
                + " WHERE c.environment_id = :environment AND " + condition + in(state) + wanted() + after() + END;
    }

    private String ending(String until, String state) {
        return "SELECT c.id FROM (SELECT c.* FROM connections c WHERE c.environment_id = :environment AND c.refresh_at IS NULL"
                + " AND c.failure_kind IS NULL AND c.expires_at <= " + until + " ORDER BY c.expires_at OFFSET 0) c "
                + IntegrationFragments.OF_CONNECTION + " WHERE true" + in(state) + wanted() + after() + END;
    }

    private String each(String rows, String condition) {
        return "SELECT c.id " + IntegrationFragments.ALL + " CROSS JOIN LATERAL (" + rows
                + ") c WHERE i.environment_id = :environment" + condition + wanted() + after() + END;
    }

    private String wanted() {
        return some ? " AND i.id = ANY (CAST(:integrations AS uuid[]))" : "";
    }

    private String after() {
        return page ? " AND c.id > :after" : "";
    }

    private static String in(String state) {
        return " AND (" + STATE + ") = '" + state + "'";
    }

    private static String union(Stream<String> branches) {
        List<String> all = branches.toList();
        return all.stream().collect(Collectors.joining(") UNION (", "(", ")"));
    }
}
