-- Who runs Latchkey. These tables belong to the installation, not to an environment.
CREATE TABLE members (
    id             uuid PRIMARY KEY,
    email          text NOT NULL,              -- what one signs in with; the first owner may be called just "owner"
    name           text NOT NULL DEFAULT '',
    role           text NOT NULL,              -- owner | developer | support
    password_hash  text,                       -- Argon2id; absent: only single sign-on, or not joined yet
    issuer         text,                       -- of the identity provider, bound at the first single sign-on
    subject        text,
    created_at     timestamptz NOT NULL,
    seen_at        timestamptz
);
CREATE UNIQUE INDEX members_by_email ON members (lower(email));
CREATE UNIQUE INDEX members_by_subject ON members (issuer, subject);

-- Which environments a developer or supporter sees; an owner sees all.
CREATE TABLE member_environments (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    member_id       uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    may_reveal      boolean NOT NULL DEFAULT false, -- credentials in clear text
    PRIMARY KEY (environment_id, member_id)
);
CREATE INDEX member_environments_of_member ON member_environments (member_id);

CREATE TABLE dashboard_sessions (
    hash        bytea PRIMARY KEY,             -- SHA-256 of the cookie
    member_id   uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,          -- at most a minute late
    expires_at  timestamptz NOT NULL           -- whatever happens
);
CREATE INDEX dashboard_sessions_of_member ON dashboard_sessions (member_id);
CREATE INDEX dashboard_sessions_old ON dashboard_sessions (expires_at);

-- A link that lets its holder set a password once.
CREATE TABLE invitations (
    hash        bytea PRIMARY KEY,             -- SHA-256 of the token
    member_id   uuid REFERENCES members (id) ON DELETE CASCADE, -- absent: makes the first owner
    expires_at  timestamptz NOT NULL
);
CREATE INDEX invitations_old ON invitations (expires_at);

-- Wrong passwords, by account and by address, so that every node slows the same guesser.
CREATE TABLE sign_in_failures (
    who       bytea PRIMARY KEY,               -- SHA-256: no list of addresses is kept
    failures  integer NOT NULL,
    last_at   timestamptz NOT NULL
);

-- What people did. Only grows; each row carries the hash of the one before, so that a change or a gap shows.
CREATE TABLE audit_log (
    number          bigint PRIMARY KEY,
    at              timestamptz NOT NULL,
    actor           text NOT NULL,             -- a member's email, or the API key's name
    action          text NOT NULL,
    environment     text,                      -- its name: the row outlives it
    target          text,
    details         text NOT NULL DEFAULT '{}',-- JSON as it was hashed
    previous        bytea NOT NULL,
    hash            bytea NOT NULL             -- SHA-256 over the columns before
);
CREATE FUNCTION audit_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows';
END $$;
CREATE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_only_grows();
