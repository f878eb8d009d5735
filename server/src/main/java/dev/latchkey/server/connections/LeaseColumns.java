package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.IntegrationFragments;

/** The columns that say which node refreshes a connection, and until when: how they are set and cleared. */
public final class LeaseColumns {
    private static final String LEASED = """
             lease_holder = :node, lease_until = clock_timestamp() + :lease * INTERVAL '1 millisecond',
                interrupted_at = CASE WHEN c.lease_until IS NULL THEN c.interrupted_at ELSE clock_timestamp() END
            """;

    /**
     * The integration is joined to the picked rows, not to the table's: otherwise a planner with statistics of a nearly empty table
     * scanned every connection of the integration for each picked one.
     */
    private static final String TAKE_PICKED =
            "UPDATE connections c SET" + LEASED + " FROM picked p " + IntegrationFragments.of("p")
                    + " WHERE c.environment_id = p.environment_id AND c.id = p.id RETURNING " + ConnectionRows.COLUMNS
                    + ", c.lease_until";

    private LeaseColumns() {}

    /**
     * Takes the leases of due connections, the longest due first within each lane. The limit on all lanes cuts nothing off: it is their
     * sum. It shows the planner that they are few; otherwise it would read the whole table for twenty lanes.
     *
     * @param free the condition of a lease that may be taken, of {@code connections c}
     */
    public static String due(String free) {
        return """
                        WITH picked AS (
                            SELECT due.environment_id, due.id, due.integration_id
                            FROM unnest(:environments, :integrations, :most) AS lane (environment_id, integration_id, most)
                            CROSS JOIN LATERAL (
                                SELECT c.environment_id, c.id, c.integration_id FROM connections c
                                WHERE c.environment_id = lane.environment_id AND c.integration_id = lane.integration_id
                                  AND c.refresh_at <= :now AND""" + free + """
                                ORDER BY c.refresh_at LIMIT lane.most FOR NO KEY UPDATE SKIP LOCKED) due
                            LIMIT :altogether)
                        """ + TAKE_PICKED;
    }

    /**
     * Takes the leases of the connections that are asked for, if they are of the versions that are named. A row that is being written is
     * skipped: the others must not wait for it.
     *
     * @param free as above
     */
    public static String asked(String free) {
        return """
                        WITH picked AS (
                            SELECT it.environment_id, it.id, it.integration_id
                            FROM unnest(:environments, :ids, :versions) AS asked (environment_id, id, version)
                            CROSS JOIN LATERAL (
                                SELECT c.environment_id, c.id, c.integration_id FROM connections c
                                WHERE c.environment_id = asked.environment_id AND c.id = asked.id AND c.version = asked.version
                                  AND""" + free + """
                                FOR NO KEY UPDATE SKIP LOCKED) it)
                        """ + TAKE_PICKED;
    }

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

    public static final String IN_LANES =
            " AND c.integration_id = place.id AND c.refresh_at <= clock_timestamp() + INTERVAL '2 minutes'";
}
