-- EndedGrants.mark: credentials that nothing renews, by the time at which they end.
CREATE INDEX connections_to_end ON connections (expires_at)
    WHERE refresh_at IS NULL AND failure_kind IS NULL AND expires_at IS NOT NULL;
