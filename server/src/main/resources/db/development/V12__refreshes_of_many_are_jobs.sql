-- A refresh of many connections that somebody asked for. Worked through in batches by one node at a time, whichever has the lease.
CREATE TABLE refresh_jobs (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    integration_id  uuid,                      -- all of this integration's connections
    connection_ids  uuid[],                    -- or these, in this order
    total           integer NOT NULL,
    refreshed       integer NOT NULL DEFAULT 0,
    failed          integer NOT NULL DEFAULT 0,
    skipped         integer NOT NULL DEFAULT 0, -- cannot be refreshed, or deleted meanwhile
    problems        jsonb NOT NULL DEFAULT '[]', -- the first failures, for people
    after_id        uuid,                      -- the last connection done, in order of id
    lease_holder    uuid,
    lease_until     timestamptz,
    created_at      timestamptz NOT NULL,
    finished_at     timestamptz,
    PRIMARY KEY (environment_id, id)
);
CREATE INDEX refresh_jobs_open ON refresh_jobs (created_at) WHERE finished_at IS NULL;
CREATE INDEX refresh_jobs_old ON refresh_jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX connections_in_order ON connections (environment_id, integration_id, id);
