-- Each node says once a second that it lives, and for which connections it asks a vendor or has an answer that is not stored yet.
-- Those leases last as long as the node does, whatever the connections' own rows can be told meanwhile (docs/decisions/014).
-- "history" is the timeline of the write-ahead log that the node knows: after a failover it is another one.
CREATE TABLE refresh_nodes (
    node        uuid PRIMARY KEY,
    alive_until timestamptz NOT NULL,
    history     text NOT NULL,
    asking      uuid[] NOT NULL,
    answers     uuid[] NOT NULL
    -- A row is written each second: it stays in its page, which is cleaned often.
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000);

-- failure_kind: transient | rejected | misconfigured | unreadable (this or another version of the program cannot read the row)
