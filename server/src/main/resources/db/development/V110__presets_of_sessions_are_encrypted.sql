-- What a product answers in advance for its user may be a secret: encrypted by the vault, bound to its row. Older sessions, which have
-- it in their request, are over in half an hour.
ALTER TABLE connect_sessions ADD COLUMN presets bytea;
