-- A replay of more failed deliveries than its caller waits for; Replays continues it in steps, and deletes the row at its end.
CREATE TABLE webhook_replays (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    endpoint_id     uuid,                 -- absent: all
    since           timestamptz NOT NULL,
    until           timestamptz NOT NULL, -- when it was requested: what fails later is not sent again by it
    PRIMARY KEY (environment_id, id)
);

-- An integration that is being deleted, in steps: it is found no more, and gets no connections; IntegrationRemoval deletes its row last.
ALTER TABLE integrations ADD COLUMN deleting_at timestamptz;
