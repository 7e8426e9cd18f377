-- Messages of a workspace and of a channel, and what else was recorded in a span of time, are read in the order of time.
DROP INDEX messages_by_workspace;
CREATE INDEX messages_by_time ON messages (workspace, created_at);
CREATE INDEX messages_by_channel ON messages (channel, created_at);
CREATE INDEX conversations_by_time ON conversations (workspace, created_at);
CREATE INDEX conversations_by_status ON conversations (workspace, status);
CREATE INDEX contacts_by_time ON contacts (workspace, created_at);
CREATE INDEX media_by_workspace ON media (workspace);
-- Most messages end as sent, delivered or read; the others, which are looked for, are few.
CREATE INDEX messages_in_other_states ON messages (workspace, status) WHERE status NOT IN ('sent', 'delivered', 'read');
CREATE INDEX attempts_failed ON attempts (endpoint, number) WHERE outcome = 'failed';
-- Most events are of the kinds that are left out.
CREATE INDEX events_of_other_kinds ON events (workspace, kind)
    WHERE kind NOT IN ('message.received', 'message.sent', 'message.delivered', 'message.read', 'message.updated');
