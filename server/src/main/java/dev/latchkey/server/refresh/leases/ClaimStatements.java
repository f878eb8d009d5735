package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.connections.ConnectionRows;

/** How leases are taken and released. Why this is sufficient is explained in docs/decisions/014. */
public final class ClaimStatements {
    private ClaimStatements() {}

    /**
     * A claim that waited in a queue (behind a lock, in a socket, in a paused machine) takes nothing, since its conditions may no
     * longer hold. Judged by the time it was sent and the time the server started it, which needs only the server's clock.
     */
    private static final String IN_TIME =
            " clock_timestamp() < :deadline AND clock_timestamp() < now() + INTERVAL '2 seconds'";

    /** Nor does one intended for the database before a failover. */
    private static final String SAME_HISTORY = " AND :history = (SELECT " + Presence.HISTORY + ")";

    /** Where {@link #SAME_HISTORY} goes, if the server reports its history. */
    private static final String HISTORY = "/* history */";

    /**
     * Free, or held by a process that is gone, or that has neither ended its lease nor said that it lives. The last may be a node
     * that is cut off and has the answer in its journal: while the credential is valid, it gets five minutes to come back. A node that
     * has announced that it has the response gets an hour: another refresh would only use the same token again.
     */
    private static final String FREE = IN_TIME + HISTORY + """
             AND c.id <> ALL (:untouchable)
             AND NOT EXISTS (SELECT 1 FROM refresh_nodes n
                WHERE c.id = ANY (n.answers) AND n.alive_until > clock_timestamp() - INTERVAL '1 hour' AND n.node <> ALL (:dead))
             AND (c.lease_until IS NULL OR c.lease_holder = ANY (:dead)
                OR :calm AND c.lease_until < clock_timestamp()
                   AND (c.lease_until < clock_timestamp() - INTERVAL '5 minutes' OR c.expires_at < clock_timestamp() + INTERVAL '1 minute')
                   AND NOT EXISTS (SELECT 1 FROM refresh_nodes n
                      WHERE c.id = ANY (n.asking) AND n.node <> ALL (:dead)
                        AND n.alive_until > clock_timestamp()
                           - CASE WHEN c.expires_at < clock_timestamp() + INTERVAL '1 minute' THEN INTERVAL '0' ELSE INTERVAL '5 minutes' END))
            """;

    private static final String LEASED = """
             lease_holder = :node, lease_until = clock_timestamp() + :lease * INTERVAL '1 millisecond',
                interrupted_at = CASE WHEN c.lease_until IS NULL THEN c.interrupted_at ELSE clock_timestamp() END
            """;

    /**
     * The integration is joined to the picked rows, not to the table's: otherwise a planner with statistics of a nearly empty table
     * scanned every connection of the integration for each picked one.
     */
    private static final String TAKE_PICKED =
            "UPDATE connections c SET" + LEASED + """
                        FROM picked p JOIN integrations i ON i.environment_id = p.environment_id AND i.id = p.integration_id
                        WHERE c.environment_id = p.environment_id AND c.id = p.id
                        """ + " RETURNING " + ConnectionRows.COLUMNS + ", c.lease_until";

    /**
     * The limit on all lanes cuts nothing off: it is their sum. It shows the planner that they are few; otherwise it would read the
     * whole table for twenty lanes.
     */
    private static final String DUE = """
                        WITH picked AS (
                            SELECT due.environment_id, due.id, due.integration_id
                            FROM unnest(:environments, :integrations, :most) AS lane (environment_id, integration_id, most)
                            CROSS JOIN LATERAL (
                                SELECT c.environment_id, c.id, c.integration_id FROM connections c
                                WHERE c.environment_id = lane.environment_id AND c.integration_id = lane.integration_id
                                  AND c.refresh_at <= :now AND""" + FREE + """
                                ORDER BY c.refresh_at LIMIT lane.most FOR NO KEY UPDATE SKIP LOCKED) due
                            LIMIT :altogether)
                        """ + TAKE_PICKED;

    /** A row that is being written is skipped: the others must not wait for it. */
    private static final String ASKED = """
                        WITH picked AS (
                            SELECT it.environment_id, it.id, it.integration_id
                            FROM unnest(:environments, :ids, :versions) AS asked (environment_id, id, version)
                            CROSS JOIN LATERAL (
                                SELECT c.environment_id, c.id, c.integration_id FROM connections c
                                WHERE c.environment_id = asked.environment_id AND c.id = asked.id AND c.version = asked.version
                                  AND""" + FREE + """
                                FOR NO KEY UPDATE SKIP LOCKED) it)
                        """ + TAKE_PICKED;

    /** The row shows that no node has claimed it since, even if the lease is over: then it is taken again here. */
    public static final String EXTEND = """
            UPDATE connections SET lease_until = clock_timestamp() + :lease * INTERVAL '1 millisecond'
            WHERE environment_id = :environment AND id = :id AND version = :version AND lease_holder = :node AND lease_until = :until
            RETURNING lease_until""";

    public static final String GIVE_BACK = """
            UPDATE connections c SET lease_holder = NULL, lease_until = NULL
            FROM (SELECT DISTINCT * FROM unnest(:environments, :places)) AS place (environment_id, id)
            WHERE c.environment_id = place.environment_id AND c.lease_holder = :node
              AND NOT EXISTS (SELECT 1 FROM unnest(:mine, CAST(:untils AS timestamptz[])) AS mine (id, until)
                WHERE mine.id = c.id AND mine.until = c.lease_until)
            """;

    public static final String BY_ID = " AND c.id = place.id";

    static final String IN_LANES =
            " AND c.integration_id = place.id AND c.refresh_at <= clock_timestamp() + INTERVAL '2 minutes'";

    /** @param history of the intended database; empty: it does not report one */
    public static String due(String history) {
        return of(DUE, history);
    }

    /** @param history as above */
    public static String asked(String history) {
        return of(ASKED, history);
    }

    private static String of(String statement, String history) {
        return statement.replace(HISTORY, history.isEmpty() ? "" : SAME_HISTORY);
    }
}
