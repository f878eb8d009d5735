-- The key by which an environment's ExternalIds are made (an HMAC of whom each is for): random, encrypted by the vault. One for each
-- environment, so that the same end user of two environments is two.
CREATE TABLE external_id_keys (
    environment_id  uuid PRIMARY KEY REFERENCES environments (id) ON DELETE CASCADE,
    sealed          bytea NOT NULL,
    created_at      timestamptz NOT NULL
);
