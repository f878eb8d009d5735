-- Definitions of an environment's own, as they were written; one of an id that ships takes its place in this environment alone.
CREATE TABLE own_providers (
    environment_id uuid        NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id             text        NOT NULL,
    definition     text        NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id)
);
