-- Rows written from now on carry an HMAC by a key that only the vault opens, so that the database's owner cannot compute a row's
-- hash again after changing it. Rows written before (chain 1) keep their SHA-256; the first row of chain 2 seals them.
ALTER TABLE audit_log
    ADD COLUMN chain      smallint NOT NULL DEFAULT 1,
    ADD COLUMN actor_kind text NOT NULL DEFAULT '',   -- member | key | end_user | system; '' in rows of chain 1
    ADD COLUMN actor_id   text,                       -- the member's or key's id: a name can be given twice
    ADD COLUMN address    text;                       -- of the caller, where there was one
ALTER TABLE audit_log ALTER COLUMN chain DROP DEFAULT;

CREATE TABLE audit_keys (
    id          integer PRIMARY KEY,
    sealed      bytea NOT NULL,            -- by the vault
    created_at  timestamptz NOT NULL
);

-- The end of the log, so that rows cut off it are missed; the seal is an HMAC of number and hash. Its row is also the lock that
-- lets one transaction at a time append.
CREATE TABLE audit_head (
    id           integer PRIMARY KEY CHECK (id = 1),
    number       bigint NOT NULL,
    hash         bytea NOT NULL,
    seal         bytea NOT NULL,
    anchored_at  timestamptz               -- when the head was last announced outside of the database
);
