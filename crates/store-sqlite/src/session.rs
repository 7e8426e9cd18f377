//! What a verb works with: the connection, new ids and numbers, and the events that it appends.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use rusqlite::{CachedStatement, Connection};
use tidings_domain::{
    ChannelId, WorkspaceId,
    event::{Event, EventKind, LogEntry, Position},
    id::IdSource,
    usage::Usage,
};
use tidings_store::{BodyNumber, StoreError};

use crate::{codec, error::refused, tally::Tally};

/// A connection, for verbs that only read.
pub(crate) struct Reader<'a> {
    pub(crate) connection: &'a Connection,
}

impl Reader<'_> {
    /// A statement, parsed once per connection.
    pub(crate) fn statement(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        self.connection.prepare_cached(sql).map_err(refused)
    }

    /// Executes a statement that takes nothing and answers nothing.
    pub(crate) fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.statement(sql)?.execute([]).map(drop).map_err(refused)
    }

    /// The number of a workspace, if it is there.
    pub(crate) fn find_workspace(&self, id: WorkspaceId) -> Result<Option<i64>, StoreError> {
        let mut statement = self.statement("SELECT number FROM workspaces WHERE id = ?1")?;
        let rows = statement.query([id.to_bytes()]).map_err(refused)?;
        codec::first(rows, |row| codec::column(row, "number"))
    }

    /// The number of a workspace.
    pub(crate) fn workspace(&self, id: WorkspaceId) -> Result<i64, StoreError> {
        self.find_workspace(id)?.ok_or(StoreError::NotFound("the workspace"))
    }

    fn channel(&self, id: ChannelId) -> Result<i64, StoreError> {
        let mut statement = self.statement("SELECT number FROM channels WHERE id = ?1")?;
        let rows = statement.query([id.to_bytes()]).map_err(refused)?;
        codec::first(rows, |row| codec::column(row, "number"))?.ok_or(StoreError::NotFound("the channel"))
    }
}

/// A number that is known, or is looked up now.
fn known_or<K: Hash + Eq>(
    known: &mut HashMap<K, i64>,
    id: K,
    look_up: impl FnOnce() -> Result<i64, StoreError>,
) -> Result<i64, StoreError> {
    if let Some(number) = known.get(&id) {
        return Ok(*number);
    }
    let number = look_up()?;
    known.insert(id, number);
    Ok(number)
}

/// The writer's side of a verb. What it changes is undone if the verb is refused.
pub(crate) struct Session<'a> {
    pub(crate) reader: Reader<'a>,
    pub(crate) ids: &'a mut dyn IdSource,
    pub(crate) counters: &'a mut Counters,
    pub(crate) appended: &'a mut Vec<LogEntry>,
    pub(crate) numbers: &'a mut Numbers,
    pub(crate) tally: &'a mut Tally,
    /// Whether a part can be undone alone; without, its refusal must undo everything.
    pub(crate) savepoints: bool,
}

/// A part of the transaction that may be undone alone.
pub(crate) struct Part {
    name: &'static str,
    appended: usize,
    counted: usize,
    savepoint: bool,
}

impl Part {
    /// Whether it may; otherwise its refusal has to be passed on.
    pub(crate) fn can_be_undone(&self) -> bool {
        self.savepoint
    }
}

/// The numbers of workspaces and channels, which never change and of which none is ever deleted. One that was looked up
/// in a transaction that is undone may be given to another row: then all are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    workspaces: HashMap<WorkspaceId, i64>,
    channels: HashMap<ChannelId, i64>,
}

/// Numbers that are given out in memory. They grow also over what is rolled back: gaps are allowed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    /// The newest position.
    pub(crate) position: u64,
    /// The newest raw body.
    pub(crate) body: u64,
    /// The newest attempt.
    pub(crate) attempt: u64,
}

impl Counters {
    /// As the database has them.
    pub(crate) fn load(connection: &Connection) -> Result<Self, StoreError> {
        let newest = |kind: &str, sql: &str| {
            let sql = format!("SELECT max(coalesce(({sql}), 0), (SELECT up_to FROM pruned WHERE kind = '{kind}'))");
            connection.query_row(&sql, [], |row| row.get(0)).map(codec::unsigned).map_err(refused)
        };
        Ok(Self {
            // Endpoints and kept updates may point beyond what is still there.
            position: newest(
                "event",
                "SELECT max(coalesce((SELECT max(position) FROM events), 0), \
                 coalesce((SELECT max(low_water) FROM endpoints), 0))",
            )?,
            body: newest(
                "body",
                "SELECT max(coalesce((SELECT max(number) FROM inbound_bodies), 0), \
                 coalesce((SELECT max(body) FROM kept_updates), 0))",
            )?,
            attempt: newest(
                "attempt",
                "SELECT max((SELECT max(number) FROM attempts WHERE endpoint = endpoints.number)) FROM endpoints",
            )?,
        })
    }

    /// The number of the next attempt.
    pub(crate) fn next_attempt(&mut self) -> u64 {
        self.attempt += 1;
        self.attempt
    }

    /// The number of the next raw body.
    pub(crate) fn next_body(&mut self) -> BodyNumber {
        self.body += 1;
        BodyNumber(self.body)
    }
}

impl Session<'_> {
    /// The number of a workspace.
    pub(crate) fn workspace(&mut self, id: WorkspaceId) -> Result<i64, StoreError> {
        known_or(&mut self.numbers.workspaces, id, || self.reader.workspace(id))
    }

    /// The number of a channel, deleted or not.
    pub(crate) fn channel(&mut self, id: ChannelId) -> Result<i64, StoreError> {
        known_or(&mut self.numbers.channels, id, || self.reader.channel(id))
    }

    /// Begins a part. Parts of different names may lie in each other.
    pub(crate) fn begin_part(&self, name: &'static str) -> Result<Part, StoreError> {
        if self.savepoints {
            self.reader.execute(&format!("SAVEPOINT {name}"))?;
        }
        Ok(Part { name, appended: self.appended.len(), counted: self.tally.len(), savepoint: self.savepoints })
    }

    /// Undoes what the part has done so far, with all the parts that were begun in it.
    pub(crate) fn undo(&mut self, part: &Part) -> Result<(), StoreError> {
        self.appended.truncate(part.appended);
        self.tally.truncate(part.counted);
        *self.numbers = Numbers::default();
        self.reader.execute(&format!("ROLLBACK TO {}", part.name))
    }

    /// Ends a part.
    pub(crate) fn end(&self, part: &Part) -> Result<(), StoreError> {
        if part.savepoint { self.reader.execute(&format!("RELEASE {}", part.name)) } else { Ok(()) }
    }

    /// Appends an event to the log.
    pub(crate) fn append(
        &mut self,
        workspace: i64,
        channel: Option<i64>,
        body: Option<BodyNumber>,
        event: Event,
    ) -> Result<(), StoreError> {
        self.counters.position += 1;
        let position = Position(self.counters.position);
        let payload = codec::to_document("payload", &event.payload)?;
        self.reader
            .statement(
                "INSERT INTO events (position, workspace, id, kind, schema, key, sequence, channel, at, recorded_at, \
                 payload, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(rusqlite::params![
                codec::signed(position.0),
                workspace,
                event.id.to_bytes(),
                event.kind.name(),
                event.schema,
                event.key.0.as_bytes(),
                codec::signed(event.sequence),
                channel,
                event.at.as_millis(),
                event.recorded_at.as_millis(),
                payload,
                body.map(|body| codec::signed(body.0)),
            ])
            .map_err(refused)?;
        let messages_in = u64::from(event.kind == EventKind::MessageReceived);
        self.tally.add(workspace, event.recorded_at, Usage { events: 1, messages_in, ..Usage::default() });
        self.appended.push(LogEntry { position, event: Arc::new(event), size: payload.len() });
        Ok(())
    }
}
