-- Many connections of one provider fail alike.
CREATE TABLE provider_incidents (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    provider        text NOT NULL,
    kind            text NOT NULL,             -- outage | rejections
    reason          text NOT NULL,             -- the vendor's, or what was seen
    connection_id   uuid NOT NULL,             -- one of those that showed it
    opened_at       timestamptz NOT NULL,
    closed_at       timestamptz,
    PRIMARY KEY (environment_id, id)
);
-- One at a time, whichever node sees it first.
CREATE UNIQUE INDEX provider_incidents_open ON provider_incidents (environment_id, provider, kind) WHERE closed_at IS NULL;
CREATE INDEX provider_incidents_newest ON provider_incidents (environment_id, opened_at DESC);
