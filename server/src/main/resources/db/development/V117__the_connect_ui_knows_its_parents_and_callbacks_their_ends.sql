-- The origins whose pages may frame the Connect UI; none: any. A constant default: the table is not rewritten.
ALTER TABLE environments
    ADD COLUMN connect_ui_parents text[] NOT NULL DEFAULT '{}';

-- How a callback ended, for the browser that loads its page again. Written when the flow is taken, completed when it has ended.
CREATE TABLE ended_flows (
    state_hash      bytea PRIMARY KEY,         -- SHA-256 of the state
    browser_hash    bytea NOT NULL,            -- SHA-256 of the cookie of the browser that began
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    result          jsonb,                     -- null while the flow is being finished; nothing secret
    expires_at      timestamptz NOT NULL
);
CREATE INDEX ended_flows_old ON ended_flows (expires_at);
CREATE INDEX ended_flows_of_environment ON ended_flows (environment_id);
