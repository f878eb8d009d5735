-- What the refresh engine keeps of a connection.
ALTER TABLE connections
    ADD COLUMN grant_ends_at   timestamptz,                -- the refresh token's known end of life
    ADD COLUMN warn_at         timestamptz,                -- when to tell that it ends; null = never, or told
    ADD COLUMN interrupted_at  timestamptz,                -- a refresh began then, and nobody knows how it ended
    ADD COLUMN failure_told    boolean NOT NULL DEFAULT false, -- the failure is in the timeline, so its end will be
    -- Ciphertexts do not compress: trying costs time on each refresh.
    ALTER COLUMN credentials SET STORAGE EXTERNAL,
    ALTER COLUMN secrets SET STORAGE EXTERNAL,
    -- A claim changes no indexed column: with room in its page it stays there (heap-only tuple).
    SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

-- Due rows are found integration by integration, so that a large one does not stand in front of the others.
DROP INDEX connections_due;
CREATE INDEX connections_due ON connections (environment_id, integration_id, refresh_at) WHERE refresh_at IS NOT NULL;
CREATE INDEX connections_to_warn ON connections (warn_at) WHERE warn_at IS NOT NULL;
CREATE INDEX connections_failed ON connections (environment_id, integration_id, failure_kind, id) WHERE failure_kind IS NOT NULL;

-- An integration whose client the provider refuses: one of its connections probes, the others wait.
ALTER TABLE integrations
    ADD COLUMN broken_since    timestamptz,
    ADD COLUMN broken_reason   text,
    ADD COLUMN broken_by       uuid,                       -- the connection that showed it
    ADD COLUMN broken_probes   integer NOT NULL DEFAULT 0,
    ADD COLUMN probe_at        timestamptz;
