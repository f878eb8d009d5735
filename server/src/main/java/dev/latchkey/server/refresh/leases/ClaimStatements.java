package dev.latchkey.server.refresh.leases;

import dev.latchkey.server.connections.LeaseColumns;

/** Which leases a claim may take. Why this is sufficient is explained in docs/decisions/014. */
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

    /** @param history of the intended database; empty: it does not report one */
    public static String due(String history) {
        return LeaseColumns.due(free(history));
    }

    /** @param history as above */
    public static String asked(String history) {
        return LeaseColumns.asked(free(history));
    }

    private static String free(String history) {
        return FREE.replace(HISTORY, history.isEmpty() ? "" : SAME_HISTORY);
    }
}
