-- The webhook signing key of an environment, and the one before it while receivers change over.
ALTER TABLE environments
    ADD COLUMN webhook_signing_key_since           timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN webhook_signing_key_previous        bytea,        -- encrypted; signs too, until ...
    ADD COLUMN webhook_signing_key_previous_until  timestamptz;

CREATE TABLE webhook_endpoints (
    environment_id    uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id                uuid NOT NULL,
    role              text NOT NULL,                     -- primary | secondary | other | connection (a connection's own URL)
    url               text NOT NULL,
    description       text NOT NULL DEFAULT '',
    events            jsonb NOT NULL DEFAULT '{}',       -- {event: boolean} where it differs from the default
    legacy_signature  boolean NOT NULL DEFAULT false,    -- send X-Nango-Signature too
    enabled           boolean NOT NULL DEFAULT true,
    disabled_reason   text,                              -- absent: the operator switched it off
    disabled_at       timestamptz,
    failures          integer NOT NULL DEFAULT 0,        -- in a row, over all its deliveries
    failing_since     timestamptz,
    paused_until      timestamptz,                       -- asked for by Retry-After, or since it fails for everything
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX webhook_endpoints_by_role ON webhook_endpoints (environment_id, role) WHERE role IN ('primary', 'secondary');
CREATE UNIQUE INDEX webhook_endpoints_by_url ON webhook_endpoints (environment_id, url, (role = 'connection'));

-- What was to be told, once, whatever the number of endpoints. Partitioned by day: a UUIDv7 begins with its time.
CREATE TABLE webhook_events (
    environment_id  uuid NOT NULL,
    id              uuid NOT NULL,             -- the receiver's key for deduplication
    event           text NOT NULL,
    lane            uuid NOT NULL,             -- the connection's row: events of one lane are delivered in order
    connection_id   text,
    integration     text,
    body            text NOT NULL,
    PRIMARY KEY (environment_id, id)
) PARTITION BY RANGE (id);
CREATE TABLE webhook_events_default PARTITION OF webhook_events DEFAULT;

-- A lane of an endpoint that has something waiting. A node that works on it puts due_at to the end of its lease.
CREATE TABLE webhook_lanes (
    environment_id  uuid NOT NULL,
    endpoint_id     uuid NOT NULL,
    lane            uuid NOT NULL,
    due_at          timestamptz NOT NULL,
    holder          uuid,                      -- the claim of the node that works on it
    generation      bigint NOT NULL DEFAULT 1, -- grows with each event: a lane that grew meanwhile is not removed
    PRIMARY KEY (environment_id, endpoint_id, lane)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX webhook_lanes_due ON webhook_lanes (environment_id, endpoint_id, due_at);

-- What waits to be delivered, in order; a row leaves when its delivery is over.
CREATE TABLE webhook_queue (
    environment_id  uuid NOT NULL,
    endpoint_id     uuid NOT NULL,
    lane            uuid NOT NULL,
    seq             bigint GENERATED ALWAYS AS IDENTITY, -- taken while the lane's row is locked: the order of commits
    delivery_id     uuid NOT NULL,
    event_id        uuid NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,               -- of the lane's first, after a failure
    PRIMARY KEY (environment_id, endpoint_id, lane, seq)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX webhook_queue_by_delivery ON webhook_queue (environment_id, delivery_id);

-- Deliveries that are over. Partitioned by day.
CREATE TABLE webhook_deliveries (
    environment_id  uuid NOT NULL,
    id              uuid NOT NULL,
    endpoint_id     uuid NOT NULL,
    event_id        uuid NOT NULL,
    seq             bigint NOT NULL,           -- as it stood in the queue: a replay keeps the order
    event           text NOT NULL,
    connection_id   text,
    integration     text,
    state           text NOT NULL,             -- delivered | failed
    attempts        integer NOT NULL,
    status          integer,                   -- of the last answer
    error           text,
    finished_at     timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id)
) PARTITION BY RANGE (id);
CREATE TABLE webhook_deliveries_default PARTITION OF webhook_deliveries DEFAULT;
CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (environment_id, event_id);
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (environment_id, id) WHERE state = 'failed';

-- Each request that was made, with its answer. Partitioned by day.
CREATE TABLE webhook_attempts (
    environment_id  uuid NOT NULL,
    id              uuid NOT NULL,
    delivery_id     uuid NOT NULL,
    url             text NOT NULL,
    status          integer,
    answer          text NOT NULL DEFAULT '',  -- cut, without what looks like a secret
    error           text,
    took_ms         integer NOT NULL,
    PRIMARY KEY (environment_id, id)
) PARTITION BY RANGE (id);
CREATE TABLE webhook_attempts_default PARTITION OF webhook_attempts DEFAULT;
CREATE INDEX webhook_attempts_of_delivery ON webhook_attempts (environment_id, delivery_id);
