-- The embedded store. To read it, begin with docs/database.md.
-- Times are milliseconds since 1970 UTC. `id` columns are the 16 bytes behind the prefixed ids of the API: hex(id) is
-- the UUID without its dashes. Rows refer to each other by `number`, which also tells the order of recording.
-- `document` columns are JSON and hold what is neither listed nor looked up by. `secrets` are sealed.

CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE workspaces (
    number     INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    name       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);

CREATE TABLE api_keys (
    number     INTEGER PRIMARY KEY,
    workspace  INTEGER NOT NULL REFERENCES workspaces,
    id         BLOB NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    hint       TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    scopes     TEXT NOT NULL, -- a JSON array of `area:access`
    created_at INTEGER NOT NULL
);

-- Answers to requests that bore an Idempotency-Key, for 24 hours.
CREATE TABLE idempotency_keys (
    workspace   INTEGER NOT NULL REFERENCES workspaces,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL, -- SHA-256 of method, path and body
    status      INTEGER NOT NULL,
    answer      BLOB NOT NULL, -- sealed
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (workspace, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE channels (
    number          INTEGER PRIMARY KEY,
    workspace       INTEGER NOT NULL REFERENCES workspaces,
    id              BLOB NOT NULL UNIQUE,
    type            TEXT NOT NULL,
    name            TEXT NOT NULL,
    account         TEXT NOT NULL, -- the vendor's id, which updates are routed by
    account_group   TEXT,          -- the vendor's id of what the account belongs to
    phone_number    TEXT,
    provider        TEXT NOT NULL, -- who stands behind it, in the lifecycle format's words
    tells_delivered TEXT NOT NULL, -- whether the vendor reports delivery: none, confirmed, implied_by_read
    tells_read      INTEGER NOT NULL, -- whether it reports reading
    status          TEXT NOT NULL,
    sequence        INTEGER NOT NULL DEFAULT 0, -- events with the channel's own ordering key
    settings        TEXT NOT NULL, -- a JSON object, the adapter's
    secrets         BLOB NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    deleted_at      INTEGER        -- what came by it stays, its secrets do not
);
CREATE UNIQUE INDEX channels_one_per_account ON channels (workspace, type, account) WHERE deleted_at IS NULL;

CREATE TABLE contacts (
    number     INTEGER PRIMARY KEY,
    workspace  INTEGER NOT NULL REFERENCES workspaces,
    id         BLOB NOT NULL UNIQUE,
    name       TEXT,
    phone      TEXT,
    email      TEXT,
    sequence   INTEGER NOT NULL, -- events with the contact's own ordering key
    document   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);

-- Identities of contacts. One that a contact has given up stays, detached, for the messages that came from it.
CREATE TABLE handles (
    number    INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL REFERENCES workspaces,
    id        BLOB NOT NULL UNIQUE,
    contact   INTEGER NOT NULL REFERENCES contacts,
    kind      TEXT NOT NULL,
    value     TEXT NOT NULL,
    detached  INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX handles_one_owner ON handles (workspace, kind, value) WHERE detached = 0;
CREATE INDEX handles_by_contact ON handles (contact);

CREATE TABLE conversations (
    number          INTEGER PRIMARY KEY,
    workspace       INTEGER NOT NULL REFERENCES workspaces,
    id              BLOB NOT NULL UNIQUE,
    contact         INTEGER NOT NULL REFERENCES contacts,
    channel         INTEGER NOT NULL REFERENCES channels,
    status          TEXT NOT NULL,
    message_count   INTEGER NOT NULL,
    sequence        INTEGER NOT NULL, -- events with the conversation's ordering key
    last_message_at INTEGER,
    last_inbound_at INTEGER,
    document        TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    closed_at       INTEGER
);
CREATE UNIQUE INDEX conversations_one_open ON conversations (workspace, contact, channel) WHERE status = 'open';
CREATE INDEX conversations_by_contact ON conversations (workspace, contact, channel);

CREATE TABLE messages (
    number           INTEGER PRIMARY KEY,
    workspace        INTEGER NOT NULL REFERENCES workspaces,
    id               BLOB NOT NULL UNIQUE,
    conversation     INTEGER NOT NULL REFERENCES conversations,
    contact          INTEGER NOT NULL REFERENCES contacts,
    channel          INTEGER NOT NULL REFERENCES channels,
    handle           INTEGER NOT NULL REFERENCES handles,
    direction        TEXT NOT NULL,
    status           TEXT NOT NULL,
    type             TEXT NOT NULL,
    vendor_timestamp INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    sent_at          INTEGER,
    delivered_at     INTEGER,
    read_at          INTEGER,
    failed_at        INTEGER,
    document         TEXT NOT NULL
);
CREATE INDEX messages_by_conversation ON messages (workspace, conversation);

-- A message may have several parts at the vendor, each with an id of its own.
CREATE TABLE vendor_ids (
    workspace INTEGER NOT NULL REFERENCES workspaces,
    channel   INTEGER NOT NULL REFERENCES channels,
    vendor_id TEXT NOT NULL,
    message   INTEGER NOT NULL REFERENCES messages,
    part      INTEGER NOT NULL,
    PRIMARY KEY (workspace, channel, vendor_id)
) WITHOUT ROWID;

-- Vendors' webhooks as they came.
CREATE TABLE inbound_bodies (
    number      INTEGER PRIMARY KEY,
    workspace   INTEGER NOT NULL REFERENCES workspaces,
    channel     INTEGER NOT NULL REFERENCES channels,
    received_at INTEGER NOT NULL,
    body        BLOB NOT NULL
);

-- Updates that changed nothing yet: not understood, not routed, or about what we do not have.
CREATE TABLE kept_updates (
    number    INTEGER PRIMARY KEY,
    workspace INTEGER NOT NULL REFERENCES workspaces,
    channel   INTEGER NOT NULL REFERENCES channels,
    body      INTEGER NOT NULL REFERENCES inbound_bodies,
    reason    TEXT NOT NULL, -- unparsed, unknown, unrouted, refused, unmatched, or a kind of report that waits for its message
    subject   TEXT NOT NULL, -- the error, the kind, the account, or the vendor's id of the message
    detail    TEXT,          -- the change that waits for its message, or the kind of change
    kept_at   INTEGER NOT NULL
);
CREATE INDEX kept_updates_by_subject ON kept_updates (workspace, reason, subject);
CREATE INDEX kept_updates_by_channel ON kept_updates (channel, reason);

-- By which a vendor's repetition is told, for at least 30 days. The first four bytes are the vendor's time.
CREATE TABLE dedup_keys (
    workspace INTEGER NOT NULL REFERENCES workspaces,
    key       BLOB NOT NULL,
    seen_on   INTEGER NOT NULL, -- days since 1970
    PRIMARY KEY (workspace, key)
) WITHOUT ROWID;

-- The log.
CREATE TABLE events (
    position    INTEGER PRIMARY KEY,
    workspace   INTEGER NOT NULL REFERENCES workspaces,
    id          BLOB NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    schema      INTEGER NOT NULL,
    key         BLOB NOT NULL, -- what it is ordered by: the id of a conversation, contact, channel or endpoint
    sequence    INTEGER NOT NULL,
    channel     INTEGER REFERENCES channels,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    payload     TEXT NOT NULL
);
CREATE INDEX events_by_key ON events (workspace, key);

CREATE TABLE endpoints (
    number     INTEGER PRIMARY KEY AUTOINCREMENT, -- never comes back: attempts' ids are made of it
    workspace  INTEGER NOT NULL REFERENCES workspaces,
    id         BLOB NOT NULL UNIQUE,
    status     TEXT NOT NULL,
    document   TEXT NOT NULL,
    secrets    BLOB NOT NULL,
    low_water  INTEGER NOT NULL, -- every event up to here is settled or has a retry
    health     TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

-- The delivery log. A row with outcome `delivered` or `dead` settles its event for its endpoint.
CREATE TABLE attempts (
    endpoint         INTEGER NOT NULL REFERENCES endpoints,
    number           INTEGER NOT NULL, -- with the endpoint's it is the attempt's id
    position         INTEGER NOT NULL REFERENCES events,
    attempt          INTEGER NOT NULL,
    cause            TEXT NOT NULL, -- new, retry, probe, resend
    at               INTEGER NOT NULL,
    duration_ms      INTEGER NOT NULL,
    outcome          TEXT NOT NULL, -- delivered, failed, dead
    status_code      INTEGER,
    error            TEXT,
    signature        TEXT NOT NULL,
    late             INTEGER NOT NULL,
    response_headers TEXT,
    response_body    BLOB,
    next_at          INTEGER,
    PRIMARY KEY (endpoint, number)
) WITHOUT ROWID;
CREATE INDEX attempts_by_position ON attempts (endpoint, position);

-- Events that an endpoint did not take yet.
CREATE TABLE retries (
    endpoint        INTEGER NOT NULL REFERENCES endpoints,
    position        INTEGER NOT NULL REFERENCES events,
    key             BLOB NOT NULL,
    attempts        INTEGER NOT NULL,
    failures        INTEGER NOT NULL, -- of them, those while the endpoint was up: the place in the schedule
    due_at          INTEGER NOT NULL,
    first_failed_at INTEGER NOT NULL,
    holds           INTEGER NOT NULL, -- whether later events of the key wait for it
    late            INTEGER NOT NULL, -- whether later events of the key may pass it
    settled         INTEGER NOT NULL, -- whether it is over and only holds the place of its lane
    resend          INTEGER NOT NULL, -- whether somebody asked for it
    PRIMARY KEY (endpoint, position)
) WITHOUT ROWID;

CREATE TABLE leases (
    kind   TEXT NOT NULL,
    id     BLOB NOT NULL,
    holder TEXT NOT NULL,
    epoch  INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
