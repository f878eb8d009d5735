-- The leases of these processes are free: each was named by the process that found its journal, after what was in it was stored.
-- About processes, not about an environment; a row is of no use once its leases have run out.
CREATE TABLE refresh_nodes_gone (
    node    uuid PRIMARY KEY,
    gone_at timestamptz NOT NULL DEFAULT now()
);
