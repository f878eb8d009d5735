-- Every primary key starts with the environment, so that the schema can be distributed. Ids are UUIDv7 made in Java.
CREATE TABLE data_keys (
    id          integer PRIMARY KEY,           -- the key id that each ciphertext carries
    wrapped     bytea NOT NULL,                -- the data key, encrypted by the master key
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE environments (
    id                      uuid PRIMARY KEY,
    name                    text NOT NULL UNIQUE,
    callback_url            text,              -- absent: PUBLIC_URL/oauth/callback
    return_urls             text[] NOT NULL DEFAULT '{}',
    webhook_signing_key     bytea NOT NULL,    -- encrypted
    created_at              timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    hash            bytea NOT NULL,            -- SHA-256 of the key
    name            text NOT NULL,
    scopes          text[] NOT NULL DEFAULT '{environment:*}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);

CREATE TABLE integrations (
    environment_id    uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id                uuid NOT NULL,
    unique_key        text NOT NULL,
    provider          text NOT NULL,
    display_name      text NOT NULL,
    client_id         text,
    secrets           bytea,                   -- encrypted JSON: client_secret, webhook_secret, private_key ...
    scopes            text NOT NULL DEFAULT '',-- comma-joined
    settings          jsonb NOT NULL DEFAULT '{}',
    forward_webhooks  boolean NOT NULL DEFAULT true,
    lab               boolean NOT NULL DEFAULT false, -- users go to the provider lab instead of to the vendor
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX integrations_by_key ON integrations (environment_id, unique_key);

CREATE SEQUENCE connection_numbers;
CREATE TABLE connections (
    environment_id        uuid NOT NULL,
    id                    uuid NOT NULL,
    number                bigint NOT NULL DEFAULT nextval('connection_numbers'), -- the API's numeric id
    integration_id        uuid NOT NULL,
    connection_id         text NOT NULL,
    credentials           bytea NOT NULL,      -- encrypted JSON, bound to (environment, connections, id, credentials)
    secrets               bytea,               -- encrypted JSON: the fields of scope secret
    version               bigint NOT NULL DEFAULT 1, -- grows with every change of credentials
    config                jsonb NOT NULL DEFAULT '{}',
    metadata              jsonb NOT NULL DEFAULT '{}',
    tags                  jsonb NOT NULL DEFAULT '{}',
    end_user              jsonb,
    granted_scopes        text,
    webhook_url_override  text,
    expires_at            timestamptz,
    refresh_at            timestamptz,         -- when the engine takes it; null = never
    lease_holder          uuid,                -- who refreshes now
    lease_until           timestamptz,
    failing_since         timestamptz,
    failures              integer NOT NULL DEFAULT 0,
    failure_kind          text,                -- transient | rejected | misconfigured
    failure_log_id        text,
    next_attempt_at       timestamptz,
    last_fetched_at       timestamptz,
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id),
    FOREIGN KEY (environment_id, integration_id) REFERENCES integrations (environment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX connections_by_name ON connections (environment_id, integration_id, connection_id);
CREATE INDEX connections_newest ON connections (environment_id, created_at DESC, number DESC);
CREATE INDEX connections_by_tag ON connections USING gin (tags jsonb_path_ops);
CREATE INDEX connections_due ON connections (refresh_at) WHERE refresh_at IS NOT NULL;

CREATE TABLE connect_sessions (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    token_hash      bytea NOT NULL,            -- SHA-256 of the token
    request         jsonb NOT NULL,            -- what the product asked: end user, tags, allowed integrations, defaults
    reconnect_id    uuid,                      -- the connection to authorize again
    expires_at      timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX connect_sessions_by_token ON connect_sessions (token_hash);
CREATE INDEX connect_sessions_old ON connect_sessions (expires_at);

CREATE TABLE authorization_flows (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    state_hash      bytea NOT NULL,            -- SHA-256 of the state
    browser_hash    bytea NOT NULL,            -- SHA-256 of the cookie that binds the state to a browser
    integration_id  uuid NOT NULL,
    session_id      uuid,
    details         bytea NOT NULL,            -- encrypted JSON: PKCE verifier, connection config, overrides, ws_client_id, return URL
    expires_at      timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX authorization_flows_by_state ON authorization_flows (state_hash);
CREATE INDEX authorization_flows_old ON authorization_flows (expires_at);

-- What happened to a connection, in order. Partitioned by month; old months are dropped.
CREATE TABLE timeline (
    environment_id  uuid NOT NULL,
    at              timestamptz NOT NULL,
    id              uuid NOT NULL,
    connection_id   uuid,                      -- null for a flow that ended before there was one
    integration_id  uuid,
    event           text NOT NULL,
    details         jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (environment_id, at, id)
) PARTITION BY RANGE (at);
CREATE TABLE timeline_default PARTITION OF timeline DEFAULT;
CREATE INDEX timeline_of_connection ON timeline (environment_id, connection_id, at DESC);
