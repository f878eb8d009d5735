-- How the pages of an environment's end users look: the product's name, colours, words.
ALTER TABLE environments ADD COLUMN branding jsonb NOT NULL DEFAULT '{}';

-- A logo for a light and one for a dark ground, served by us: our pages ask nobody else for anything.
CREATE TABLE brand_logos (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    scheme          text NOT NULL,             -- light | dark
    media_type      text NOT NULL,
    content         bytea NOT NULL,
    hash            text NOT NULL,             -- of the content, part of its address
    PRIMARY KEY (environment_id, scheme)
);
