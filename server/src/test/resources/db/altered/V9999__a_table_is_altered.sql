ALTER TABLE connections ADD COLUMN altered integer;
