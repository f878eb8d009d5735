-- What was granted in a session with a code challenge, until the product's backend proves that it began that session: no connection
-- yet, so nothing reads, lists, refreshes or announces it. All that it will be made of is encrypted; of its handle only the SHA-256 is here.
CREATE TABLE pending_connections (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    handle_hash     bytea NOT NULL,
    integration_id  uuid NOT NULL,
    reconnect_id    uuid,
    challenge       text NOT NULL,
    draft           bytea NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    expires_at      timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id),
    FOREIGN KEY (environment_id, integration_id) REFERENCES integrations (environment_id, id) ON DELETE CASCADE
);
-- PendingConnections.attempt and isWaiting.
CREATE UNIQUE INDEX pending_connections_by_handle ON pending_connections (environment_id, handle_hash);
-- PendingConnections.expire.
CREATE INDEX pending_connections_expiry ON pending_connections (expires_at);
