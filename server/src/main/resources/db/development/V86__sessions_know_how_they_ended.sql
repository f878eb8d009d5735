-- What the session's last flow came to, for the page that began it on another device or came back by redirect. No secret.
ALTER TABLE connect_sessions ADD COLUMN outcome jsonb;
