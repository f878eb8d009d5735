-- refresh | exchange: whether every connection is refreshed, or those alone whose stored token the vendor makes obsolete.
ALTER TABLE refresh_jobs ADD COLUMN kind text NOT NULL DEFAULT 'refresh';
