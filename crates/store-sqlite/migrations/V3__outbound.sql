-- Messages to send, and how far each has come. A row stays when there is nothing left to do (`due_at` is NULL), so that a
-- failed message can be sent again.
CREATE TABLE outbox (
    message     INTEGER PRIMARY KEY REFERENCES messages,
    channel     INTEGER NOT NULL REFERENCES channels,
    recipient   INTEGER NOT NULL REFERENCES handles,
    priority    INTEGER NOT NULL, -- 0 interactive, 1 bulk
    queued_at   INTEGER NOT NULL, -- its place in the line of its recipient
    due_at      INTEGER,          -- when something is to be done: sending it or, if it is marked, giving it up
    marked_at   INTEGER,          -- when the attempt under way was marked
    tries       INTEGER NOT NULL, -- how often the vendor has refused it for the time being
    tried_since INTEGER,
    expires_at  INTEGER,
    media       BLOB,             -- the id of the uploaded file that it sends
    outgoing    TEXT NOT NULL     -- what it is to say: JSON
);
CREATE INDEX outbox_due ON outbox (channel, priority, due_at) WHERE due_at IS NOT NULL AND marked_at IS NULL;
CREATE INDEX outbox_lines ON outbox (channel, priority, recipient, queued_at, message)
    WHERE due_at IS NOT NULL AND marked_at IS NULL;
CREATE INDEX outbox_marked ON outbox (channel, due_at) WHERE marked_at IS NOT NULL;

-- Which attempt at sending a message the vendor's id belongs to.
ALTER TABLE vendor_ids ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;

-- What is remembered of a channel's trouble (JSON), and when its templates were read from the vendor last.
ALTER TABLE channels ADD COLUMN health TEXT;
ALTER TABLE channels ADD COLUMN templates_read_at INTEGER;

-- Templates as the vendor has them.
CREATE TABLE templates (
    channel  INTEGER NOT NULL REFERENCES channels,
    name     TEXT NOT NULL,
    language TEXT NOT NULL,
    status   TEXT NOT NULL,
    category TEXT,
    document TEXT NOT NULL,
    PRIMARY KEY (channel, name, language)
) WITHOUT ROWID;

-- Files that were uploaded to be sent. Their bytes lie in the folder `media`, by the hash of their content.
CREATE TABLE media (
    number       INTEGER PRIMARY KEY,
    workspace    INTEGER NOT NULL REFERENCES workspaces,
    id           BLOB NOT NULL UNIQUE,
    sha256       BLOB NOT NULL,
    size         INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    filename     TEXT,
    created_at   INTEGER NOT NULL
);

-- What vendors call them, and until when.
CREATE TABLE media_at_vendors (
    media      INTEGER NOT NULL REFERENCES media,
    channel    INTEGER NOT NULL REFERENCES channels,
    vendor_id  TEXT NOT NULL,
    good_until INTEGER NOT NULL,
    PRIMARY KEY (media, channel)
) WITHOUT ROWID;
