-- A process that starts knows which processes before it are gone for certain: the lanes that those worked on are due at once, not
-- when their leases end. Found by webhook_lanes_due: leases end within seconds.
ALTER TABLE webhook_lanes ADD COLUMN node uuid;
