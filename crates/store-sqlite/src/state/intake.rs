//! Taking in a vendor's webhook: raw body, changes, events and dedup keys as one verb.

use std::sync::Arc;

use tidings_domain::{
    Timestamp,
    change::{Change, DedupKey, News},
    channel::Channel,
};
use tidings_store::{BodyNumber, Intake, IntakeReceipt, RoutedUpdate, StoreError, Target};

use crate::{
    error::refused,
    session::Session,
    state::{
        apply::{self, Origin},
        bodies::{self, Keep},
    },
};

const MILLIS_PER_DAY: i64 = 86_400_000;

/// Takes in a webhook. A body of which everything had come before is not stored again.
pub(crate) fn take(session: &mut Session<'_>, intake: &Intake) -> Result<IntakeReceipt, StoreError> {
    let workspace = session.workspace(intake.workspace_id)?;
    let channel = session.channel(intake.channel_id)?;
    let (body, number) = match &intake.body {
        Ok(body) => (Some(body), session.counters.next_body()),
        Err(number) => {
            bodies::forget_kept(session, *number)?;
            (None, *number)
        }
    };
    let mut taking = Taking { session, workspace, channel, body: number, now: intake.received_at };
    let mut receipt = IntakeReceipt::default();
    let mut is_news = body.is_some();
    match &intake.updates {
        Err(reason) => {
            taking.keep("unparsed", reason)?;
            receipt.kept += 1;
        }
        Ok(updates) => {
            let count = u32::try_from(updates.len()).unwrap_or(u32::MAX);
            for update in updates {
                taking.update(update, &mut receipt)?;
            }
            is_news &= count == 0 || receipt.repeated < count;
        }
    }
    if let Some(body) = body.filter(|_| is_news) {
        bodies::insert(session, number, workspace, channel, intake.received_at, body)?;
    }
    Ok(receipt)
}

/// One webhook being taken in.
struct Taking<'a, 'b> {
    session: &'a mut Session<'b>,
    workspace: i64,
    /// The channel that it was posted to.
    channel: i64,
    body: BodyNumber,
    now: Timestamp,
}

/// What became of one change.
enum Taken {
    Applied,
    Repeated,
    Kept,
}

impl Taking<'_, '_> {
    fn update(&mut self, update: &RoutedUpdate, receipt: &mut IntakeReceipt) -> Result<(), StoreError> {
        let (channel, change) = match (&update.target, &update.news) {
            (Target::Unrouted(account), _) => {
                receipt.kept += 1;
                return self.keep("unrouted", account);
            }
            (Target::Channel(_), News::Unknown { kind }) => {
                receipt.kept += 1;
                return self.keep("unknown", kind);
            }
            (Target::Channel(channel), News::Change(change)) => (channel, change),
        };
        let part = self.session.begin_part("one_update")?;
        match self.take_change(channel, change, update.dedup) {
            Ok(Taken::Applied) => receipt.applied += 1,
            Ok(Taken::Repeated) => receipt.repeated += 1,
            Ok(Taken::Kept) => receipt.kept += 1,
            // It would be refused each time that the vendor repeats it, and its neighbours with it: it is kept instead.
            Err(error @ (StoreError::Conflict(_) | StoreError::Corrupt { .. })) if part.can_be_undone() => {
                tracing::error!(%error, body = self.body.0, "an update cannot be applied; it is kept");
                self.session.undo(&part)?;
                self.keep("refused", &error.to_string())?;
                receipt.kept += 1;
            }
            Err(error) => return Err(error),
        }
        self.session.end(&part)
    }

    fn take_change(
        &mut self,
        channel: &Arc<Channel>,
        change: &Change,
        dedup: Option<DedupKey>,
    ) -> Result<Taken, StoreError> {
        if let Some(key) = dedup
            && !self.is_new(key)?
        {
            return Ok(Taken::Repeated);
        }
        let origin = Origin { body: Some(self.body), now: self.now };
        let applied = apply::change(self.session, self.workspace, channel, change, origin)?;
        Ok(if applied { Taken::Applied } else { Taken::Kept })
    }

    /// Remembers a dedup key. Answers whether it was new.
    fn is_new(&self, key: DedupKey) -> Result<bool, StoreError> {
        self.session
            .reader
            .statement("INSERT OR IGNORE INTO dedup_keys (workspace, key, seen_on) VALUES (?1, ?2, ?3)")?
            .execute(rusqlite::params![self.workspace, key.0, self.now.as_millis() / MILLIS_PER_DAY])
            .map(|rows| rows > 0)
            .map_err(refused)
    }

    fn keep(&mut self, reason: &'static str, subject: &str) -> Result<(), StoreError> {
        let keep =
            Keep { workspace: self.workspace, channel: self.channel, body: self.body, reason, subject, detail: None };
        bodies::keep(self.session, &keep, self.now)
    }
}
