-- The words by which a connection is found are made by the program: as a function of SQL they were most of what a new row cost.
ALTER TABLE connections ALTER COLUMN words DROP EXPRESSION;
DROP FUNCTION connection_words;

-- Most connections have no tag, or nothing learned from their provider: they need no place in these indexes.
DROP INDEX connections_by_tag;
CREATE INDEX connections_by_tag ON connections USING gin (tags jsonb_path_ops) WHERE tags <> '{}';
DROP INDEX connections_by_config;
CREATE INDEX connections_by_config ON connections USING gin (config jsonb_path_ops) WHERE config <> '{}';
