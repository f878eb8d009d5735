-- The logo that an environment gave to a provider, its own or a shipped one. Found by its primary key; the ids of all by its first column.
CREATE TABLE provider_logos (
    environment_id  uuid        NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    provider        text        NOT NULL,
    media_type      text        NOT NULL,
    content         bytea       NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (environment_id, provider)
);
