-- What writes with an Idempotency-Key responded, so that the same request has its effect once. A row without a response belongs to a
-- request that is under way until claimed_until. Of the caller's and the request's text only SHA-256s are here; the response is encrypted.
CREATE TABLE idempotent_requests (
    environment_id  uuid        NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid        NOT NULL,
    key_hash        bytea       NOT NULL,
    request_hash    bytea       NOT NULL,
    claimed_until   timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    status          integer,
    response        bytea,
    PRIMARY KEY (environment_id, key_hash)
);
-- IdempotencyKeys.expire.
CREATE INDEX idempotent_requests_expiry ON idempotent_requests (expires_at);
