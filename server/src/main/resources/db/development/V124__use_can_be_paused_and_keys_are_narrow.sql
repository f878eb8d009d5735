-- What is paused hands out no credential; it is kept and refreshed all the same.
ALTER TABLE connections
    ADD COLUMN paused_at     timestamptz,
    ADD COLUMN paused_by     text,          -- as the audit log names them
    ADD COLUMN paused_reason text;
-- Serves ConnectionSearch and ConnectionList where they are asked for paused ones: few among a million.
CREATE INDEX connections_paused ON connections (environment_id, id) WHERE paused_at IS NOT NULL;
ALTER TABLE integrations
    ADD COLUMN paused_at     timestamptz,
    ADD COLUMN paused_by     text,
    ADD COLUMN paused_reason text;
ALTER TABLE environments
    ADD COLUMN paused_at     timestamptz,
    ADD COLUMN paused_by     text,
    ADD COLUMN paused_reason text;
ALTER TABLE api_keys
    ADD COLUMN paused_at         timestamptz,
    ADD COLUMN paused_by         text,
    ADD COLUMN paused_reason     text,
    ADD COLUMN expires_at        timestamptz,           -- from then on it opens nothing
    ADD COLUMN allowed_addresses text[] NOT NULL DEFAULT '{}', -- CIDR; empty: from anywhere
    ADD COLUMN last_used_at      timestamptz,           -- a few seconds late
    ADD COLUMN last_used_from    text;
