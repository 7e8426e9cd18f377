-- What is old is deleted (docs/operate.md says when). The numbers up to which something of a kind was deleted are never given
-- out again, though nothing bears them any more. Of events, all up to there are deleted.
CREATE TABLE pruned (
    kind  TEXT PRIMARY KEY, -- event, body, attempt
    up_to INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO pruned VALUES ('event', 0), ('body', 0), ('attempt', 0);

-- The newest of a workspace's events that was deleted: who reads on from a place before it has missed something.
ALTER TABLE workspaces ADD COLUMN pruned_up_to INTEGER NOT NULL DEFAULT 0;

-- What endpoints had still to be sent when it was deleted, until it is told.
CREATE TABLE gaps (
    endpoint INTEGER PRIMARY KEY REFERENCES endpoints,
    first    INTEGER NOT NULL, -- the position of the oldest such event
    last     INTEGER NOT NULL,
    count    INTEGER NOT NULL
);

-- How many events tell of the endpoint's own trouble, and up to which number its attempts have lost what was answered.
ALTER TABLE endpoints ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN stripped_up_to INTEGER NOT NULL DEFAULT 0;
UPDATE endpoints SET sequence = coalesce(json_extract(health, '$.told'), 0);

-- Who is overtaken when events are deleted is asked for the endpoints of their workspaces, and what holds up whom by key.
CREATE INDEX endpoints_by_workspace ON endpoints (workspace);
CREATE INDEX retries_by_key ON retries (endpoint, key) WHERE holds;
