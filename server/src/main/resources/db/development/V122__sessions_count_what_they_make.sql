-- How many connections of each integration a session has made: {"github": 1}. NewConnections asks before it makes another.
ALTER TABLE connect_sessions ADD COLUMN made jsonb NOT NULL DEFAULT '{}';
