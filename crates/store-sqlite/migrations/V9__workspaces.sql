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
