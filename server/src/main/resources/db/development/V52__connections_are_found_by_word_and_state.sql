-- A million connections are searched by the words of their id, their user and their tags, and by what is wrong with them.
-- Words, not trigrams: no extension is needed, and a row costs a dozen index entries instead of a hundred.
CREATE FUNCTION connection_words(name text, end_user jsonb, tags jsonb) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_to_tsvector(array_agg(DISTINCT left(word, 100))), ''::tsvector)
    FROM regexp_split_to_table(
             lower(concat_ws(' ', name, end_user ->> 'id', end_user ->> 'email', end_user ->> 'display_name',
                             end_user -> 'organization' ->> 'id', end_user -> 'organization' ->> 'display_name',
                             (SELECT string_agg(value, ' ') FROM jsonb_each_text(tags)))),
             E'[\\s_@.:/+~,;()!$&''*=|<>"\\\\-]+') AS word
    WHERE word <> ''
$$;
-- Stored, so that a row can be looked at without taking its texts apart again.
ALTER TABLE connections ADD COLUMN words tsvector GENERATED ALWAYS AS (connection_words(connection_id, end_user, tags)) STORED;
CREATE INDEX connections_by_word ON connections USING gin (words);
CREATE INDEX connections_of_integration ON connections (environment_id, integration_id, created_at DESC, number DESC);
CREATE INDEX connections_failing ON connections (environment_id, failure_kind, created_at DESC, number DESC)
    WHERE failure_kind IS NOT NULL;
