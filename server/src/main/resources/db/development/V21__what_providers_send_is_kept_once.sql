-- The vendors' own ids of what they sent, so that a delivery that is repeated is not told twice. Partitioned by day.
CREATE TABLE webhook_seen (
    environment_id  uuid NOT NULL,
    integration_id  uuid NOT NULL,
    key             bytea NOT NULL,            -- SHA-256 of the vendor's id
    id              uuid NOT NULL,             -- a UUIDv7: its time is that of the arrival
    PRIMARY KEY (environment_id, integration_id, key, id)
) PARTITION BY RANGE (id);
CREATE TABLE webhook_seen_default PARTITION OF webhook_seen DEFAULT;

-- A vendor's event finds its connections by what was learned when they were made (a team, a tenant, a shop).
CREATE INDEX connections_by_config ON connections USING gin (config jsonb_path_ops);
