-- Files of messages that are still with their vendors, and those that we never got.
CREATE TABLE awaited_files (
    number    INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL REFERENCES workspaces,
    id        BLOB NOT NULL UNIQUE,
    channel   INTEGER NOT NULL REFERENCES channels,
    message   INTEGER NOT NULL REFERENCES messages,
    sent_at   INTEGER NOT NULL, -- by the vendor's clock
    tries     INTEGER NOT NULL DEFAULT 0,
    due_at    INTEGER,          -- when it is to be fetched; null: it is lost
    failure   TEXT,             -- why it could not be fetched last
    document  TEXT NOT NULL     -- what the vendor told of it: JSON
);
CREATE INDEX awaited_files_due ON awaited_files (channel, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX awaited_files_by_message ON awaited_files (message);

-- The message that a file came with; null: it was uploaded.
ALTER TABLE media ADD COLUMN message INTEGER REFERENCES messages;
CREATE INDEX media_by_message ON media (message) WHERE message IS NOT NULL;
CREATE INDEX media_by_content ON media (sha256);
CREATE INDEX media_by_time ON media (created_at);
CREATE INDEX outbox_files ON outbox (media) WHERE media IS NOT NULL;

-- Contents that no record may name any more.
CREATE TABLE unnamed_contents (
    sha256 BLOB PRIMARY KEY
) WITHOUT ROWID;
CREATE TRIGGER media_content_unnamed AFTER DELETE ON media BEGIN
    INSERT OR IGNORE INTO unnamed_contents (sha256) VALUES (OLD.sha256);
END;

-- When the links to an event's files were made valid anew.
ALTER TABLE events ADD COLUMN links_extended_at INTEGER;
