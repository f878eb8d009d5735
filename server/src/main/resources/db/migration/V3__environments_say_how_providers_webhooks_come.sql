-- How endpoints that do not say otherwise, and connections' own addresses, get a provider's webhooks: events | received (Nango's form).
ALTER TABLE environments ADD COLUMN webhook_forwarding text NOT NULL DEFAULT 'events' CHECK (webhook_forwarding IN ('events', 'received'));
-- Until now it was what the environment's first endpoint has: a migration from Nango set it there.
UPDATE environments e SET webhook_forwarding = 'received'
WHERE 'received' = (
    SELECT w.forwarding FROM webhook_endpoints w
    WHERE w.environment_id = e.id AND w.role <> 'connection'
    ORDER BY CASE w.role WHEN 'primary' THEN 0 WHEN 'secondary' THEN 1 ELSE 2 END, w.created_at, w.id
    LIMIT 1);
