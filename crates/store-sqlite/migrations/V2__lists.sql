-- Lists are read a page at a time in the order of recording, which an index on the owner alone gives.
CREATE INDEX events_by_workspace ON events (workspace);
CREATE INDEX messages_by_workspace ON messages (workspace);
CREATE INDEX conversations_by_workspace ON conversations (workspace);
-- A body that is read again forgets what was kept of it.
CREATE INDEX kept_updates_by_body ON kept_updates (body);
