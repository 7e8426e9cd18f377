-- Keys that open nothing from a time on, and when each was used last, to the minute or so.
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;

-- What somebody changed of a workspace, its keys, channels and endpoints. Written by the verb that did it.
CREATE TABLE acts (
    number        INTEGER PRIMARY KEY,
    workspace     INTEGER NOT NULL REFERENCES workspaces,
    id            BLOB NOT NULL UNIQUE,
    at            INTEGER NOT NULL,
    actor         BLOB,             -- the id of a key, which may be deleted by now; null: the operator
    actor_name    TEXT NOT NULL,    -- what it was called then
    address       TEXT,
    forwarded_for TEXT,             -- what the request said of where it came from
    action        TEXT NOT NULL,
    object        TEXT NOT NULL,    -- an id of the API, or a name
    document      TEXT NOT NULL     -- what changed: {field: {before, after}}
);
CREATE INDEX acts_by_workspace ON acts (workspace, number);
CREATE INDEX acts_by_object ON acts (workspace, object, number);
-- They are kept by age.
CREATE INDEX acts_by_time ON acts (at);

-- What was done on each day in UTC, counted since this table is there. `day` is the number of days since 1970.
CREATE TABLE usage (
    workspace          INTEGER NOT NULL REFERENCES workspaces,
    day                INTEGER NOT NULL,
    messages_in        INTEGER NOT NULL DEFAULT 0,
    messages_out       INTEGER NOT NULL DEFAULT 0,
    events             INTEGER NOT NULL DEFAULT 0,
    webhooks_delivered INTEGER NOT NULL DEFAULT 0,
    webhooks_failed    INTEGER NOT NULL DEFAULT 0,
    media_bytes        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, day)
) WITHOUT ROWID;

-- What the operator allows a workspace (JSON), and what it has: counted by the triggers below, so that nobody counts rows.
ALTER TABLE workspaces ADD COLUMN quotas TEXT;
ALTER TABLE workspaces ADD COLUMN contact_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN media_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN media_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE workspaces SET contact_count = counted.contacts
FROM (SELECT workspace, count(*) AS contacts FROM contacts GROUP BY workspace) AS counted
WHERE counted.workspace = workspaces.number;
UPDATE workspaces SET media_count = counted.files, media_bytes = counted.bytes
FROM (SELECT workspace, count(*) AS files, sum(size) AS bytes FROM media GROUP BY workspace) AS counted
WHERE counted.workspace = workspaces.number;
CREATE TRIGGER contact_added AFTER INSERT ON contacts BEGIN
    UPDATE workspaces SET contact_count = contact_count + 1 WHERE number = NEW.workspace;
END;
CREATE TRIGGER contact_removed AFTER DELETE ON contacts BEGIN
    UPDATE workspaces SET contact_count = contact_count - 1 WHERE number = OLD.workspace;
END;
CREATE TRIGGER media_added AFTER INSERT ON media BEGIN
    UPDATE workspaces SET media_count = media_count + 1, media_bytes = media_bytes + NEW.size
    WHERE number = NEW.workspace;
    INSERT INTO usage (workspace, day, media_bytes) VALUES (NEW.workspace, NEW.created_at / 86400000, NEW.size)
    ON CONFLICT (workspace, day) DO UPDATE SET media_bytes = media_bytes + excluded.media_bytes;
END;
CREATE TRIGGER media_removed AFTER DELETE ON media BEGIN
    UPDATE workspaces SET media_count = media_count - 1, media_bytes = media_bytes - OLD.size
    WHERE number = OLD.workspace;
END;
