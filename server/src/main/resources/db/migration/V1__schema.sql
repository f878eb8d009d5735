-- The schema of Latchkey, ordered by domain. A change is a migration beside this file, never an edit of it (CONTRIBUTING.md).

-- ==================== Keys and environments ===============================================================================
-- Every primary key starts with the environment, so that the schema can be distributed. Ids are UUIDv7 made in Java.

-- The keys that encrypt everything else; each is itself encrypted by the master key.
CREATE TABLE data_keys (
    id          integer PRIMARY KEY,          -- the key id that each ciphertext carries
    wrapped     bytea NOT NULL,               -- the data key, encrypted by the master key
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE environments (
    id                                  uuid PRIMARY KEY,
    name                                text NOT NULL UNIQUE,
    callback_url                        text,                         -- absent: PUBLIC_URL/oauth/callback
    return_urls                         text[] NOT NULL DEFAULT '{}',
    webhook_signing_key                 bytea NOT NULL,               -- encrypted
    created_at                          timestamptz NOT NULL DEFAULT now(),
    -- The webhook signing key, and the one before it while receivers change over.
    webhook_signing_key_since           timestamptz NOT NULL DEFAULT now(),
    webhook_signing_key_previous        bytea,                        -- encrypted; signs too, until ...
    webhook_signing_key_previous_until  timestamptz,
    -- How the pages of the end users look: the product's name, colours, words.
    branding                            jsonb NOT NULL DEFAULT '{}',
    -- The origins whose pages may frame the Connect UI; none: any.
    connect_ui_parents                  text[] NOT NULL DEFAULT '{}',
    -- Whether a user who follows a link is shown for whom they connect before they do: always, for links only, or never (docs/security.md).
    confirm_user                        text NOT NULL DEFAULT 'links' CHECK (confirm_user IN ('always', 'links', 'never')),
    paused_at                           timestamptz,
    paused_by                           text,
    paused_reason                       text
);

CREATE TABLE api_keys (
    environment_id     uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id                 uuid NOT NULL,
    hash               bytea NOT NULL,               -- SHA-256 of the key
    name               text NOT NULL,
    scopes             text[] NOT NULL DEFAULT '{environment:*}',
    created_at         timestamptz NOT NULL DEFAULT now(),
    paused_at          timestamptz,
    paused_by          text,
    paused_reason      text,
    expires_at         timestamptz,                  -- from then on it opens nothing
    allowed_addresses  text[] NOT NULL DEFAULT '{}', -- CIDR; empty: from anywhere
    last_used_at       timestamptz,                  -- a few seconds late
    last_used_from     text,
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);

-- A logo for a light and one for a dark ground, served by us: our pages ask nobody else for anything.
CREATE TABLE brand_logos (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    scheme          text NOT NULL,                -- light | dark
    media_type      text NOT NULL,
    content         bytea NOT NULL,
    hash            text NOT NULL,                -- of the content, part of its address
    PRIMARY KEY (environment_id, scheme)
);

-- Definitions of an environment's own, as they were written; one of an id that ships takes its place in this environment alone.
CREATE TABLE own_providers (
    environment_id  uuid        NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              text        NOT NULL,
    definition      text        NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id)
);

-- The key by which an environment's ExternalIds are made (an HMAC of whom each is for): random, encrypted by the vault. One for each
-- environment, so that the same end user of two environments is two.
CREATE TABLE external_id_keys (
    environment_id  uuid PRIMARY KEY REFERENCES environments (id) ON DELETE CASCADE,
    sealed          bytea NOT NULL,
    created_at      timestamptz NOT NULL
);

-- ==================== Integrations ========================================================================================
-- A provider with the client that is registered there.

CREATE TABLE integrations (
    environment_id    uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id                uuid NOT NULL,
    unique_key        text NOT NULL,
    provider          text NOT NULL,
    display_name      text NOT NULL,
    client_id         text,
    secrets           bytea,                        -- encrypted JSON: client_secret, webhook_secret, private_key ...
    scopes            text NOT NULL DEFAULT '',     -- comma-joined
    settings          jsonb NOT NULL DEFAULT '{}',
    forward_webhooks  boolean NOT NULL DEFAULT true,
    lab               boolean NOT NULL DEFAULT false, -- users go to the provider lab instead of to the vendor
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    -- An integration whose client the provider refuses: one of its connections probes, the others wait.
    broken_since      timestamptz,
    broken_reason     text,
    broken_by         uuid,                         -- the connection that showed it
    broken_probes     integer NOT NULL DEFAULT 0,
    probe_at          timestamptz,
    paused_at         timestamptz,
    paused_by         text,
    paused_reason     text,
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX integrations_by_key ON integrations (environment_id, unique_key);

-- Ourselves as a client that an authorization server registered on the fly (RFC 7591).
CREATE TABLE mcp_clients (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    issuer          text NOT NULL,
    redirect_uri    text NOT NULL,
    client          bytea NOT NULL,               -- encrypted JSON: client_id, client_secret, method
    expires_at      timestamptz,                  -- of the secret; null = never
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (environment_id, issuer, redirect_uri)
);

-- ==================== Connections =========================================================================================
-- What a user granted, with its credentials.

CREATE SEQUENCE connection_numbers;
-- A claim changes no indexed column: with room in its page the row stays there (heap-only tuple). A new connection, and each refresh,
-- writes every index of this table: so few are enough, and what is listed newest first is found by the ids, which are in order of creation.
CREATE TABLE connections (
    environment_id        uuid NOT NULL,
    id                    uuid NOT NULL,
    number                bigint NOT NULL DEFAULT nextval('connection_numbers'), -- the API's numeric id
    integration_id        uuid NOT NULL,
    connection_id         text NOT NULL,
    credentials           bytea NOT NULL,               -- encrypted JSON, bound to (environment, connections, id, credentials)
    secrets               bytea,                        -- encrypted JSON: the fields of scope secret
    version               bigint NOT NULL DEFAULT 1,    -- grows with every change of credentials
    config                jsonb NOT NULL DEFAULT '{}',
    metadata              jsonb NOT NULL DEFAULT '{}',
    tags                  jsonb NOT NULL DEFAULT '{}',
    end_user              jsonb,
    granted_scopes        text,
    webhook_url_override  text,
    expires_at            timestamptz,
    refresh_at            timestamptz,                  -- when the engine takes it; null = never
    lease_holder          uuid,                         -- who refreshes now
    lease_until           timestamptz,
    failing_since         timestamptz,
    failures              integer NOT NULL DEFAULT 0,
    failure_kind          text,                         -- transient | rejected | misconfigured | unreadable (another version wrote the row, or it is damaged)
    failure_log_id        text,
    next_attempt_at       timestamptz,
    last_fetched_at       timestamptz,
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,
    -- What the refresh engine keeps of a connection.
    grant_ends_at         timestamptz,                  -- the refresh token's known end of life
    warn_at               timestamptz,                  -- when to tell that it ends; null = never, or told
    interrupted_at        timestamptz,                  -- a refresh began then, and nobody knows how it ended
    failure_told          boolean NOT NULL DEFAULT false, -- the failure is in the timeline, so its end will be
    -- The words of its id, its user and its tags, by which it is found among a million; made by the program.
    words                 tsvector,
    -- What is paused hands out no credential; it is refreshed all the same.
    paused_at             timestamptz,
    paused_by             text,                         -- as the audit log names them
    paused_reason         text,
    -- Scopes that were asked for and not granted, joined by spaces, as granted_scopes are.
    missing_scopes        text,
    PRIMARY KEY (environment_id, id),
    FOREIGN KEY (environment_id, integration_id) REFERENCES integrations (environment_id, id) ON DELETE CASCADE
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
-- Ciphertexts do not compress: trying costs time on each refresh.
ALTER TABLE connections ALTER COLUMN credentials SET STORAGE EXTERNAL, ALTER COLUMN secrets SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX connections_by_name ON connections (environment_id, integration_id, connection_id);
CREATE INDEX connections_due ON connections (environment_id, integration_id, refresh_at) WHERE refresh_at IS NOT NULL;
CREATE INDEX connections_to_warn ON connections (warn_at) WHERE warn_at IS NOT NULL;
CREATE INDEX connections_failed ON connections (environment_id, integration_id, failure_kind, id) WHERE failure_kind IS NOT NULL;
CREATE INDEX connections_in_order ON connections (environment_id, integration_id, id);
CREATE INDEX connections_by_word ON connections USING gin (words);
-- Most connections have no tag, or nothing learned from their provider: they need no place in these two indexes.
CREATE INDEX connections_by_tag ON connections USING gin (tags jsonb_path_ops) WHERE tags <> '{}';
-- A vendor's event finds its connections by what was learned when they were made (a team, a tenant, a shop).
CREATE INDEX connections_by_config ON connections USING gin (config jsonb_path_ops) WHERE config <> '{}';
CREATE INDEX connections_failing ON connections (environment_id, failure_kind, id) WHERE failure_kind IS NOT NULL;
-- Serves ConnectionSearch and ConnectionList where they are asked for paused ones: few among a million.
CREATE INDEX connections_paused ON connections (environment_id, id) WHERE paused_at IS NOT NULL;
-- EndedGrants.mark: credentials that nothing renews, by the time at which they end.
CREATE INDEX connections_to_end ON connections (expires_at)
    WHERE refresh_at IS NULL AND failure_kind IS NULL AND expires_at IS NOT NULL;

-- ==================== Connecting ==========================================================================================
-- Sessions, flows, and what they have come to.

CREATE TABLE connect_sessions (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    token_hash      bytea NOT NULL,               -- SHA-256 of the token
    request         jsonb NOT NULL,               -- what the product asked: end user, tags, allowed integrations, defaults
    reconnect_id    uuid,                         -- the connection to authorize again
    expires_at      timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    -- What the session's last flow came to, for the page that began it on another device or came back by redirect. No secret.
    outcome         jsonb,
    -- What a product answers in advance for its user may be a secret: encrypted by the vault, bound to its row.
    presets         bytea,
    -- The browser (SHA-256 of its cookie) in which a person has said that they are the session's user.
    confirmed_by    bytea,
    -- How many connections of each integration a session has made: {"github": 1}. NewConnections asks before it makes another.
    made            jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX connect_sessions_by_token ON connect_sessions (token_hash);
CREATE INDEX connect_sessions_old ON connect_sessions (expires_at);

CREATE TABLE authorization_flows (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    state_hash      bytea NOT NULL,               -- SHA-256 of the state
    browser_hash    bytea NOT NULL,               -- SHA-256 of the cookie that binds the state to a browser
    integration_id  uuid NOT NULL,
    session_id      uuid,
    details         bytea NOT NULL,               -- encrypted JSON: PKCE verifier, connection config, overrides, ws_client_id, return URL
    expires_at      timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX authorization_flows_by_state ON authorization_flows (state_hash);
CREATE INDEX authorization_flows_old ON authorization_flows (expires_at);

-- How a callback ended, for the browser that loads its page again. Written when the flow is taken, completed when it has ended.
CREATE TABLE ended_flows (
    state_hash      bytea PRIMARY KEY,            -- SHA-256 of the state
    browser_hash    bytea NOT NULL,               -- SHA-256 of the cookie of the browser that began
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    result          jsonb,                        -- null while the flow is being finished; nothing secret
    expires_at      timestamptz NOT NULL
);
CREATE INDEX ended_flows_old ON ended_flows (expires_at);
CREATE INDEX ended_flows_of_environment ON ended_flows (environment_id);

-- What was granted in a session with a code challenge, until the product's backend proves that it began that session: no connection
-- yet, so nothing reads, lists, refreshes or announces it. All that it will be made of is encrypted; of its handle only the SHA-256 is here.
CREATE TABLE pending_connections (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    handle_hash     bytea NOT NULL,
    integration_id  uuid NOT NULL,
    reconnect_id    uuid,
    challenge       text NOT NULL,
    draft           bytea NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    expires_at      timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id),
    FOREIGN KEY (environment_id, integration_id) REFERENCES integrations (environment_id, id) ON DELETE CASCADE
);
-- PendingConnections.attempt and isWaiting.
CREATE UNIQUE INDEX pending_connections_by_handle ON pending_connections (environment_id, handle_hash);
-- PendingConnections.expire.
CREATE INDEX pending_connections_expiry ON pending_connections (expires_at);

-- ==================== Refreshing ==========================================================================================
-- Leases are columns of connections; these are the nodes that hold them, jobs, and incidents.

-- Each node says once a second that it lives, and for which connections it asks a vendor or has an answer that is not stored yet.
-- Those leases last as long as the node does, whatever the connections' own rows can be told meanwhile (docs/decisions/014).
-- "history" is the timeline of the write-ahead log that the node knows: after a failover it is another one.
-- A row is written each second: it stays in its page, which is cleaned often.
CREATE TABLE refresh_nodes (
    node         uuid PRIMARY KEY,
    alive_until  timestamptz NOT NULL,
    history      text NOT NULL,
    asking       uuid[] NOT NULL,
    answers      uuid[] NOT NULL,
    -- A node that starts soon after a failover need not wait again, if another one has waited already.
    settled      boolean NOT NULL DEFAULT true
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000);

-- The leases of these processes are free: each was named by the process that found its journal, after what was in it was stored.
-- About processes, not about an environment; a row is of no use once its leases have run out.
CREATE TABLE refresh_nodes_gone (
    node     uuid PRIMARY KEY,
    gone_at  timestamptz NOT NULL DEFAULT now()
);

-- A refresh of many connections that somebody asked for. Worked through in batches by one node at a time, whichever has the lease.
CREATE TABLE refresh_jobs (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    integration_id  uuid,                         -- all of this integration's connections
    connection_ids  uuid[],                       -- or these, in this order
    total           integer NOT NULL,
    refreshed       integer NOT NULL DEFAULT 0,
    failed          integer NOT NULL DEFAULT 0,
    skipped         integer NOT NULL DEFAULT 0,   -- cannot be refreshed, or deleted meanwhile
    problems        jsonb NOT NULL DEFAULT '[]',  -- the first failures, for people
    after_id        uuid,                         -- the last connection done, in order of id
    lease_holder    uuid,
    lease_until     timestamptz,
    created_at      timestamptz NOT NULL,
    finished_at     timestamptz,
    -- refresh | exchange: whether every connection is refreshed, or those alone whose stored token the vendor makes obsolete.
    kind            text NOT NULL DEFAULT 'refresh',
    PRIMARY KEY (environment_id, id)
);
CREATE INDEX refresh_jobs_open ON refresh_jobs (created_at) WHERE finished_at IS NULL;
CREATE INDEX refresh_jobs_old ON refresh_jobs (finished_at) WHERE finished_at IS NOT NULL;

-- Many connections of one provider fail alike.
CREATE TABLE provider_incidents (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    provider        text NOT NULL,
    kind            text NOT NULL,                -- outage | rejections
    reason          text NOT NULL,                -- the vendor's, or what was seen
    connection_id   uuid NOT NULL,                -- one of those that showed it
    opened_at       timestamptz NOT NULL,
    closed_at       timestamptz,
    -- Since when the provider serves again, with hardly any failure between: an incident ends when that has lasted. Null: it fails.
    healthy_since   timestamptz,
    PRIMARY KEY (environment_id, id)
);
-- One at a time, whichever node sees it first.
CREATE UNIQUE INDEX provider_incidents_open ON provider_incidents (environment_id, provider, kind) WHERE closed_at IS NULL;
CREATE INDEX provider_incidents_newest ON provider_incidents (environment_id, opened_at DESC);

-- ==================== Webhooks that are sent ==============================================================================

CREATE TABLE webhook_endpoints (
    environment_id    uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id                uuid NOT NULL,
    role              text NOT NULL,                -- primary | secondary | other | connection (a connection's own URL)
    url               text NOT NULL,
    description       text NOT NULL DEFAULT '',
    events            jsonb NOT NULL DEFAULT '{}',  -- {event: boolean} where it differs from the default
    legacy_signature  boolean NOT NULL DEFAULT false, -- send X-Nango-Signature too
    enabled           boolean NOT NULL DEFAULT true,
    disabled_reason   text,                         -- absent: the operator switched it off
    disabled_at       timestamptz,
    failures          integer NOT NULL DEFAULT 0,   -- in a row, over all its deliveries
    failing_since     timestamptz,
    paused_until      timestamptz,                  -- asked for by Retry-After, or since it fails for everything
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id)
);
CREATE UNIQUE INDEX webhook_endpoints_by_role ON webhook_endpoints (environment_id, role) WHERE role IN ('primary', 'secondary');
CREATE UNIQUE INDEX webhook_endpoints_by_url ON webhook_endpoints (environment_id, url, (role = 'connection'));

-- What was to be told, once, whatever the number of endpoints. Partitioned by day: a UUIDv7 begins with its time.
CREATE TABLE webhook_events (
    environment_id  uuid NOT NULL,
    id              uuid NOT NULL, -- the receiver's key for deduplication
    event           text NOT NULL,
    lane            uuid NOT NULL, -- the connection's row: events of one lane are delivered in order
    connection_id   text,
    integration     text,
    body            text NOT NULL,
    PRIMARY KEY (environment_id, id)
) PARTITION BY RANGE (id);
CREATE TABLE webhook_events_default PARTITION OF webhook_events DEFAULT;

-- A lane of an endpoint that has something waiting. A node that works on it puts due_at to the end of its lease.
CREATE TABLE webhook_lanes (
    environment_id  uuid NOT NULL,
    endpoint_id     uuid NOT NULL,
    lane            uuid NOT NULL,
    due_at          timestamptz NOT NULL,
    holder          uuid,                      -- the claim of the node that works on it
    generation      bigint NOT NULL DEFAULT 1, -- grows with each event: a lane that grew meanwhile is not removed
    -- A process that starts knows which processes before it are gone for certain: the lanes that those worked on are due at once, not
    -- when their leases end. Found by webhook_lanes_due: leases end within seconds.
    node            uuid,
    PRIMARY KEY (environment_id, endpoint_id, lane)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX webhook_lanes_due ON webhook_lanes (environment_id, endpoint_id, due_at);

-- What waits to be delivered, in order; a row leaves when its delivery is over.
CREATE TABLE webhook_queue (
    environment_id   uuid NOT NULL,
    endpoint_id      uuid NOT NULL,
    lane             uuid NOT NULL,
    seq              bigint GENERATED ALWAYS AS IDENTITY, -- taken while the lane's row is locked: the order of commits
    delivery_id      uuid NOT NULL,
    event_id         uuid NOT NULL,
    attempts         integer NOT NULL DEFAULT 0,
    next_attempt_at  timestamptz,                  -- of the lane's first, after a failure
    PRIMARY KEY (environment_id, endpoint_id, lane, seq)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX webhook_queue_by_delivery ON webhook_queue (environment_id, delivery_id);

-- Deliveries that are over. Partitioned by day.
CREATE TABLE webhook_deliveries (
    environment_id  uuid NOT NULL,
    id              uuid NOT NULL,
    endpoint_id     uuid NOT NULL,
    event_id        uuid NOT NULL,
    seq             bigint NOT NULL,      -- as it stood in the queue: a replay keeps the order
    event           text NOT NULL,
    connection_id   text,
    integration     text,
    state           text NOT NULL,        -- delivered | failed
    attempts        integer NOT NULL,
    status          integer,              -- of the last answer
    error           text,
    finished_at     timestamptz NOT NULL,
    PRIMARY KEY (environment_id, id)
) PARTITION BY RANGE (id);
CREATE TABLE webhook_deliveries_default PARTITION OF webhook_deliveries DEFAULT;
CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (environment_id, event_id);
CREATE INDEX webhook_deliveries_failed ON webhook_deliveries (environment_id, id) WHERE state = 'failed';

-- Each request that was made, with its answer. Partitioned by day.
CREATE TABLE webhook_attempts (
    environment_id  uuid NOT NULL,
    id              uuid NOT NULL,
    delivery_id     uuid NOT NULL,
    url             text NOT NULL,
    status          integer,
    answer          text NOT NULL DEFAULT '', -- cut, without what looks like a secret
    error           text,
    took_ms         integer NOT NULL,
    PRIMARY KEY (environment_id, id)
) PARTITION BY RANGE (id);
CREATE TABLE webhook_attempts_default PARTITION OF webhook_attempts DEFAULT;
CREATE INDEX webhook_attempts_of_delivery ON webhook_attempts (environment_id, delivery_id);

-- ==================== Webhooks that are received ==========================================================================

-- The vendors' own ids of what they sent, so that a delivery that is repeated is not told twice. Partitioned by day.
CREATE TABLE webhook_seen (
    environment_id  uuid NOT NULL,
    integration_id  uuid NOT NULL,
    key             bytea NOT NULL, -- SHA-256 of the vendor's id
    id              uuid NOT NULL,  -- a UUIDv7: its time is that of the arrival
    PRIMARY KEY (environment_id, integration_id, key, id)
) PARTITION BY RANGE (id);
CREATE TABLE webhook_seen_default PARTITION OF webhook_seen DEFAULT;

-- ==================== History =============================================================================================
-- What happened, for people. Old partitions are dropped.

-- What happened to a connection, in order. Partitioned by month; old months are dropped.
CREATE TABLE timeline (
    environment_id  uuid NOT NULL,
    at              timestamptz NOT NULL,
    id              uuid NOT NULL,
    connection_id   uuid,                        -- null for a flow that ended before there was one
    integration_id  uuid,
    event           text NOT NULL,
    details         jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (environment_id, at, id)
) PARTITION BY RANGE (at);
CREATE TABLE timeline_default PARTITION OF timeline DEFAULT;
CREATE INDEX timeline_of_connection ON timeline (environment_id, connection_id, at DESC);

-- What Latchkey did, step by step, for the people who run it. Written in batches beside the requests, never by them; partitioned by
-- day, old days are dropped. No secret is in it: lines pass the one redactor first.
CREATE TABLE logs (
    environment_id   uuid NOT NULL,
    at               timestamptz NOT NULL,
    id               uuid NOT NULL,
    operation_id     uuid NOT NULL,               -- the lines of one flow, one refresh, one call belong together
    type             text NOT NULL,               -- connect | refresh | proxy | webhook | forward | connection
    state            text NOT NULL,               -- done | failed
    integration_key  text,
    connection_id    uuid,
    connection_name  text,
    message          text NOT NULL,
    details          jsonb NOT NULL DEFAULT '{}', -- request and answer, redacted
    took_ms          integer,
    PRIMARY KEY (environment_id, at, id)
) PARTITION BY RANGE (at);
CREATE TABLE logs_default PARTITION OF logs DEFAULT;
CREATE INDEX logs_of_connection ON logs (environment_id, connection_id, at DESC) WHERE connection_id IS NOT NULL;
CREATE INDEX logs_of_integration ON logs (environment_id, integration_key, at DESC);
CREATE INDEX logs_of_operation ON logs (environment_id, operation_id);
CREATE INDEX logs_failed ON logs (environment_id, at DESC) WHERE state = 'failed';

-- Counts by the hour, for charts: a chart must not read a million lines.
CREATE TABLE activity (
    environment_id  uuid NOT NULL,
    hour            timestamptz NOT NULL,
    measure         text NOT NULL,        -- connected, disconnected, refreshed, refresh_failed, delivered, delivery_failed, api_le_N ...
    count           bigint NOT NULL,
    PRIMARY KEY (environment_id, hour, measure)
);

-- ==================== People ==============================================================================================
-- Who runs Latchkey. These tables belong to the installation, not to an environment.

CREATE TABLE members (
    id             uuid PRIMARY KEY,
    email          text NOT NULL,            -- what one signs in with; the first owner may be called just "owner"
    name           text NOT NULL DEFAULT '',
    role           text NOT NULL,            -- owner | developer | support
    password_hash  text,                     -- Argon2id; absent: only single sign-on, or not joined yet
    issuer         text,                     -- of the identity provider, bound at the first single sign-on
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
    hash        bytea PRIMARY KEY,            -- SHA-256 of the cookie
    member_id   uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,         -- at most a minute late
    expires_at  timestamptz NOT NULL          -- whatever happens
);
CREATE INDEX dashboard_sessions_of_member ON dashboard_sessions (member_id);
CREATE INDEX dashboard_sessions_old ON dashboard_sessions (expires_at);

-- A link that lets its holder set a password once.
CREATE TABLE invitations (
    hash        bytea PRIMARY KEY,            -- SHA-256 of the token
    member_id   uuid REFERENCES members (id) ON DELETE CASCADE, -- absent: makes the first owner
    expires_at  timestamptz NOT NULL
);
CREATE INDEX invitations_old ON invitations (expires_at);

-- Wrong passwords, by account and by address, so that every node slows the same guesser.
CREATE TABLE sign_in_failures (
    who       bytea PRIMARY KEY,    -- SHA-256: no list of addresses is kept
    failures  integer NOT NULL,
    last_at   timestamptz NOT NULL
);
CREATE INDEX sign_in_failures_old ON sign_in_failures (last_at);

-- A browser in which a member signed in before has a counter of wrong passwords of its own. It ends with the password and the member.
CREATE TABLE known_browsers (
    hash        bytea NOT NULL,               -- SHA-256 of the cookie
    member_id   uuid NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (hash, member_id)
);
CREATE INDEX known_browsers_of_member ON known_browsers (member_id, expires_at);

-- ==================== Audit ===============================================================================================

-- What people did. Only grows; each row carries the hash of the one before, so that a change or a gap shows.
CREATE TABLE audit_log (
    number       bigint PRIMARY KEY,
    at           timestamptz NOT NULL,
    actor        text NOT NULL,              -- a member's email, or the API key's name
    action       text NOT NULL,
    environment  text,                       -- its name: the row outlives it
    target       text,
    details      text NOT NULL DEFAULT '{}', -- JSON as it was hashed
    previous     bytea NOT NULL,
    hash         bytea NOT NULL,             -- SHA-256 over the columns before
    -- Rows of chain 2 carry an HMAC by a key that only the vault opens, so that the database's owner cannot compute a row's hash again
    -- after changing it. Rows of chain 1 (until November 2026) keep their SHA-256; the first row of chain 2 seals them.
    chain        smallint NOT NULL,
    actor_kind   text NOT NULL DEFAULT '',   -- member | key | end_user | system; '' in rows of chain 1
    actor_id     text,                       -- the member's or key's id: a name can be given twice
    address      text                        -- of the caller, where there was one
);
CREATE FUNCTION audit_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows';
END $$;
CREATE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_only_grows();

-- The keys of the audit log's HMACs.
CREATE TABLE audit_keys (
    id          integer PRIMARY KEY,
    sealed      bytea NOT NULL,       -- by the vault
    created_at  timestamptz NOT NULL
);

-- The end of the log, so that rows cut off it are missed; the seal is an HMAC of number and hash. Its row is also the lock that
-- lets one transaction at a time append.
CREATE TABLE audit_head (
    id           integer PRIMARY KEY CHECK (id = 1),
    number       bigint NOT NULL,
    hash         bytea NOT NULL,
    seal         bytea NOT NULL,
    anchored_at  timestamptz                   -- when the head was last announced outside of the database
);
