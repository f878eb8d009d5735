-- Who follows a link is shown for whom they connect before they do (docs/security.md): always, for links only, or never.
ALTER TABLE environments ADD COLUMN confirm_user text NOT NULL DEFAULT 'links' CHECK (confirm_user IN ('always', 'links', 'never'));

-- The browser (SHA-256 of its cookie) in which a person has said that they are the session's user.
ALTER TABLE connect_sessions ADD COLUMN confirmed_by bytea;
