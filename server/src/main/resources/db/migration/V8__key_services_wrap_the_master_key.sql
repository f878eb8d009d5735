-- The master key, wrapped by a key of a key management service: nothing here opens it without that service. There is one row for each
-- of the service's keys that was ever configured; which of them is in use, the settings say.
CREATE TABLE wrapped_master_keys (
    service_key  text PRIMARY KEY,                     -- as LATCHKEY_ENCRYPTION_KMS names it, without how it is reached
    wrapped      bytea NOT NULL,
    wrapped_at   timestamptz NOT NULL DEFAULT now()
);
