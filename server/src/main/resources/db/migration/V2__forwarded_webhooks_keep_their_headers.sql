-- Handlers switch on the vendor's own headers, such as X-GitHub-Event.
ALTER TABLE webhook_events ADD COLUMN headers jsonb; -- {name: value} of a provider's webhook; absent where there are none

ALTER TABLE webhook_endpoints ADD COLUMN forwarding text NOT NULL DEFAULT 'events'; -- events | received: a provider's batch as one
ALTER TABLE webhook_endpoints ALTER COLUMN legacy_signature SET DEFAULT true;
-- A connection's own endpoint is made by its first event, so nobody chose.
UPDATE webhook_endpoints SET legacy_signature = true WHERE role = 'connection';
