-- Where in the log a time begins and ends is asked for by replays and by a message's story.
CREATE INDEX events_by_time ON events (recorded_at);
