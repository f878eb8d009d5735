-- A browser in which a member signed in before has a counter of wrong passwords of its own. It ends with the password and the member.
CREATE TABLE known_browsers (
    hash        bytea NOT NULL,                -- SHA-256 of the cookie
    member_id   uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (hash, member_id)
);
CREATE INDEX known_browsers_of_member ON known_browsers (member_id, expires_at);
CREATE INDEX sign_in_failures_old ON sign_in_failures (last_at);
