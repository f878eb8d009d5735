-- What Latchkey did, step by step, for the people who run it. Written in batches beside the requests, never by them; partitioned by
-- day, old days are dropped. No secret is in it: lines pass the one redactor first.
CREATE TABLE logs (
    environment_id   uuid NOT NULL,
    at               timestamptz NOT NULL,
    id               uuid NOT NULL,
    operation_id     uuid NOT NULL,             -- the lines of one flow, one refresh, one call belong together
    type             text NOT NULL,             -- connect | refresh | proxy | webhook | forward | connection
    state            text NOT NULL,             -- done | failed
    integration_key  text,
    connection_id    uuid,
    connection_name  text,
    message          text NOT NULL,
    details          jsonb NOT NULL DEFAULT '{}',-- request and answer, redacted
    took_ms          integer,
    PRIMARY KEY (environment_id, at, id)
) PARTITION BY RANGE (at);
CREATE TABLE logs_default PARTITION OF logs DEFAULT;
CREATE INDEX logs_of_connection ON logs (environment_id, connection_id, at DESC) WHERE connection_id IS NOT NULL;
CREATE INDEX logs_of_integration ON logs (environment_id, integration_key, at DESC);
CREATE INDEX logs_of_operation ON logs (environment_id, operation_id);
CREATE INDEX logs_failed ON logs (environment_id, at DESC) WHERE state = 'failed';

-- Counts by the hour, for charts: a chart must not read a million lines.
CREATE TABLE activity (
    environment_id  uuid NOT NULL,
    hour            timestamptz NOT NULL,
    measure         text NOT NULL,              -- connected, disconnected, refreshed, refresh_failed, delivered, delivery_failed, api_le_N ...
    count           bigint NOT NULL,
    PRIMARY KEY (environment_id, hour, measure)
);
