-- What contacts are found by: names, numbers and other identities in lower case and without accents. The index is all that
-- a search reads.
ALTER TABLE contacts ADD COLUMN search TEXT NOT NULL DEFAULT '';
UPDATE contacts SET search = lower(concat_ws(' ', name, phone, email, json_extract(document, '$.username'),
    (SELECT group_concat(value, ' ') FROM handles WHERE handles.contact = contacts.number AND detached = 0)));
CREATE INDEX contacts_by_search ON contacts (workspace, search);
CREATE INDEX contacts_by_workspace ON contacts (workspace);

-- Contacts that are no more because they were merged into others.
CREATE TABLE merged_contacts (
    workspace INTEGER NOT NULL REFERENCES workspaces,
    id        BLOB NOT NULL,
    contact   INTEGER NOT NULL REFERENCES contacts, -- what it is part of now
    PRIMARY KEY (workspace, id)
) WITHOUT ROWID;
CREATE INDEX merged_contacts_by_contact ON merged_contacts (contact);

-- Tags to filter by; the records have them in their documents, in order.
CREATE TABLE contact_tags (
    workspace INTEGER NOT NULL REFERENCES workspaces,
    tag       TEXT NOT NULL,
    contact   INTEGER NOT NULL REFERENCES contacts,
    PRIMARY KEY (workspace, tag, contact)
) WITHOUT ROWID;
CREATE INDEX contact_tags_by_contact ON contact_tags (contact);
CREATE TABLE conversation_tags (
    workspace    INTEGER NOT NULL REFERENCES workspaces,
    tag          TEXT NOT NULL,
    conversation INTEGER NOT NULL REFERENCES conversations,
    PRIMARY KEY (workspace, tag, conversation)
) WITHOUT ROWID;
CREATE INDEX conversation_tags_by_conversation ON conversation_tags (conversation);

-- Since when nothing reaches an identity, as the vendor says, and what it does not want to be sent: marketing, all.
ALTER TABLE handles ADD COLUMN blocked_at INTEGER;
ALTER TABLE handles ADD COLUMN opted_out TEXT;

-- How many of the contact's messages nobody has read, who looks after the conversation, and when it was reopened.
ALTER TABLE conversations ADD COLUMN unread_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN assigned_to TEXT;
ALTER TABLE conversations ADD COLUMN reopened_at INTEGER;
UPDATE conversations SET assigned_to = json_extract(document, '$.assigned_to');
UPDATE conversations SET unread_count = (
    SELECT count(*) FROM messages
    WHERE messages.workspace = conversations.workspace AND messages.conversation = conversations.number
    AND messages.direction = 'inbound' AND messages.number > coalesce((
        SELECT max(number) FROM messages AS own
        WHERE own.workspace = conversations.workspace AND own.conversation = conversations.number
        AND own.direction = 'outbound'
    ), 0)
);
CREATE INDEX conversations_by_assignee ON conversations (workspace, assigned_to) WHERE assigned_to IS NOT NULL;
CREATE INDEX conversations_unread ON conversations (workspace) WHERE unread_count > 0;
