//! Taking in a vendor's webhook: raw body, changes, events and dedup keys as one verb.

use std::sync::Arc;

use tidings_domain::{
    Timestamp,
    change::{Change, DedupKey, News},
    channel::Channel,
    decide::{self, Kept, Later},
};
use tidings_store::{BodyNumber, Intake, IntakeReceipt, RoutedUpdate, StoreError, Target};

use crate::{
    codec,
    error::refused,
    session::Session,
    state::{bodies, bodies::Keep, decision, situation, situation::Place},
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
            taking.keep("unparsed", reason, None)?;
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
                return self.keep("unrouted", account, None);
            }
            (Target::Channel(_), News::Unknown { kind }) => {
                receipt.kept += 1;
                return self.keep("unknown", kind, None);
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
                self.keep("refused", &error.to_string(), None)?;
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
        Ok(if self.apply(channel, change)? { Taken::Applied } else { Taken::Kept })
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

    /// Loads, decides, writes. Answers false if the change could only be kept.
    fn apply(&mut self, channel: &Arc<Channel>, change: &Change) -> Result<bool, StoreError> {
        let (situation, mut place) = situation::load(self.session, self.workspace, channel, change.lookups())?;
        let mut context = decide::Context { now: self.now, ids: &mut *self.session.ids };
        let mut decided = decide::decide(situation, change, &mut context);
        let kept = decided.kept.take();
        let new_message = decision::write(self.session, &mut place, decided)?;
        match kept {
            None => {}
            Some(Kept::Later(later)) => {
                let detail = codec::to_document("a waiting change", &later)?;
                self.keep_at(place.channel, later.kind(), later.vendor_id(), Some(&detail))?;
                return Ok(false);
            }
            Some(Kept::Unmatched { kind, vendor_id }) => {
                self.keep_at(place.channel, "unmatched", &vendor_id, Some(kind))?;
                return Ok(false);
            }
        }
        if let Some(message) = new_message
            && let Some(vendor_id) = &message.vendor_id
        {
            self.apply_waiting(channel, &place, vendor_id)?;
        }
        Ok(true)
    }

    /// A message has become known: what the vendor said of it before is applied now.
    fn apply_waiting(&mut self, channel: &Arc<Channel>, place: &Place, vendor_id: &str) -> Result<(), StoreError> {
        for detail in bodies::take_waiting(self.session, self.workspace, place.channel, vendor_id)? {
            let later: Later =
                serde_json::from_str(&detail).map_err(|error| crate::error::corrupt("a waiting change", error))?;
            self.apply(channel, &Change::from(later))?;
        }
        Ok(())
    }

    fn keep(&mut self, reason: &'static str, subject: &str, detail: Option<&str>) -> Result<(), StoreError> {
        self.keep_at(self.channel, reason, subject, detail)
    }

    fn keep_at(
        &mut self,
        channel: i64,
        reason: &'static str,
        subject: &str,
        detail: Option<&str>,
    ) -> Result<(), StoreError> {
        let keep = Keep { workspace: self.workspace, channel, body: self.body, reason, subject, detail };
        bodies::keep(self.session, &keep, self.now)
    }
}
