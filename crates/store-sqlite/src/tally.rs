//! What is counted for each workspace and day. Verbs only say what they did; it is added up in memory and written once for
//! all verbs of a commit, in that commit.

use std::collections::HashMap;

use rusqlite::params;
use tidings_domain::{
    Timestamp,
    usage::{Day, Usage},
};
use tidings_store::StoreError;

use crate::{
    codec::{signed, unsigned},
    error::refused,
    session::Reader,
};

/// What the verbs of one commit did. What is undone is taken away again from the end.
#[derive(Debug, Default)]
pub(crate) struct Tally(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    workspace: i64,
    day: Day,
    usage: Usage,
}

impl Tally {
    /// A workspace has done this.
    pub(crate) fn add(&mut self, workspace: i64, at: Timestamp, usage: Usage) {
        self.0.push(Entry { workspace, day: Day::of(at), usage });
    }

    /// How much has been said.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets what was said after that.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// How many messages of a day a workspace was allowed to send: those that are written, and those of this commit.
    pub(crate) fn messages_out(&self, reader: &Reader<'_>, workspace: i64, day: Day) -> Result<u64, StoreError> {
        let mut statement = reader.statement("SELECT messages_out FROM usage WHERE workspace = ?1 AND day = ?2")?;
        let mut rows = statement.query([workspace, day.0]).map_err(refused)?;
        let written = match rows.next().map_err(refused)? {
            Some(row) => unsigned(row.get(0).map_err(refused)?),
            None => 0,
        };
        let same = |entry: &&Entry| entry.workspace == workspace && entry.day == day;
        Ok(written + self.0.iter().filter(same).map(|entry| entry.usage.messages_out).sum::<u64>())
    }

    /// Writes all of it and begins anew.
    pub(crate) fn write(&mut self, reader: &Reader<'_>) -> Result<(), StoreError> {
        let mut sums: HashMap<(i64, Day), Usage> = HashMap::new();
        for Entry { workspace, day, usage } in self.0.drain(..) {
            let sum = sums.entry((workspace, day)).or_default();
            *sum = sum.plus(usage);
        }
        for ((workspace, day), usage) in sums {
            reader
                .statement(
                    "INSERT INTO usage (workspace, day, messages_in, messages_out, events, webhooks_delivered, \
                     webhooks_failed, media_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
                     ON CONFLICT (workspace, day) DO UPDATE SET messages_in = messages_in + excluded.messages_in, \
                     messages_out = messages_out + excluded.messages_out, events = events + excluded.events, \
                     webhooks_delivered = webhooks_delivered + excluded.webhooks_delivered, \
                     webhooks_failed = webhooks_failed + excluded.webhooks_failed, \
                     media_bytes = media_bytes + excluded.media_bytes",
                )?
                .execute(params![
                    workspace,
                    day.0,
                    signed(usage.messages_in),
                    signed(usage.messages_out),
                    signed(usage.events),
                    signed(usage.webhooks_delivered),
                    signed(usage.webhooks_failed),
                    signed(usage.media_bytes),
                ])
                .map_err(refused)?;
        }
        Ok(())
    }
}
