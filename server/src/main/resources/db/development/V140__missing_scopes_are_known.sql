-- Scopes that were asked for and not granted, joined by spaces, as granted_scopes are.
ALTER TABLE connections ADD COLUMN missing_scopes text;
