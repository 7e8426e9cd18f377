-- Since when a contact is being erased: it is hidden, and its row is the last that goes, so that nobody gets its number.
ALTER TABLE contacts ADD COLUMN erased_at INTEGER;

-- Contacts that are being erased, and how far that has come.
CREATE TABLE erasures (
    contact   INTEGER PRIMARY KEY REFERENCES contacts,
    workspace INTEGER NOT NULL REFERENCES workspaces,
    told_at   INTEGER NOT NULL, -- the position of the event that tells of it
    began_at  INTEGER NOT NULL,
    last_body INTEGER NOT NULL, -- the newest of vendors' webhooks then
    stage     TEXT NOT NULL,    -- deleting, overwriting, telling, ending
    event     INTEGER NOT NULL DEFAULT 0, -- events of the key at hand are erased up to here
    body      INTEGER NOT NULL DEFAULT 0  -- vendors' webhooks have been looked through up to here
);

-- What vendors call a message is deleted with it.
CREATE INDEX vendor_ids_by_message ON vendor_ids (message);

-- The id of the contact that an answer speaks of. An answer without a body is erased.
ALTER TABLE idempotency_keys ADD COLUMN contact BLOB;
CREATE INDEX idempotency_keys_by_contact ON idempotency_keys (contact) WHERE contact IS NOT NULL;
