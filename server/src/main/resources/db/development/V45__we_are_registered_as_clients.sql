-- Ourselves as a client that an authorization server registered on the fly (RFC 7591).
CREATE TABLE mcp_clients (
    environment_id  uuid NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    issuer          text NOT NULL,
    redirect_uri    text NOT NULL,
    client          bytea NOT NULL,            -- encrypted JSON: client_id, client_secret, method
    expires_at      timestamptz,               -- of the secret; null = never
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (environment_id, issuer, redirect_uri)
);
