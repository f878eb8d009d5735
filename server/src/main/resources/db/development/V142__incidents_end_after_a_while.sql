-- Since when the provider serves again, with hardly any failure between: an incident ends when that has lasted. Null: it fails.
ALTER TABLE provider_incidents ADD COLUMN healthy_since timestamptz;
