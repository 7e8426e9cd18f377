-- Events of the past that an endpoint is to be sent again.
CREATE TABLE replays (
    number      INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    workspace   INTEGER NOT NULL REFERENCES workspaces,
    endpoint    INTEGER NOT NULL REFERENCES endpoints,
    scope       TEXT NOT NULL,    -- which events: JSON
    count       INTEGER NOT NULL, -- how many it is about, at most
    reached     INTEGER NOT NULL, -- the position up to which all have been handed over
    sent        INTEGER NOT NULL, -- how many those were
    status      TEXT NOT NULL,    -- running, done, cancelled
    created_at  INTEGER NOT NULL,
    finished_at INTEGER
);
-- What became of an event at an endpoint is read from the index alone: it is asked for every event of a replay.
DROP INDEX attempts_by_position;
CREATE INDEX attempts_by_position ON attempts (endpoint, position, outcome, attempt);
-- Dead letters are listed, counted and replayed.
CREATE INDEX attempts_dead ON attempts (endpoint, number) WHERE outcome = 'dead';
CREATE INDEX replays_by_workspace ON replays (workspace, number);
CREATE INDEX replays_running ON replays (endpoint, number) WHERE status = 'running';

-- Places in the log that are kept for those who read it by themselves.
CREATE TABLE consumers (
    number     INTEGER PRIMARY KEY,
    workspace  INTEGER NOT NULL REFERENCES workspaces,
    name       TEXT NOT NULL,
    position   INTEGER NOT NULL, -- everything up to here has been acknowledged
    updated_at INTEGER NOT NULL,
    UNIQUE (workspace, name)
);
