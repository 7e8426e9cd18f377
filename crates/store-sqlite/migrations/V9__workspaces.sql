-- Keys that open nothing from a time on, and when each was used last, to the minute or so.
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;
