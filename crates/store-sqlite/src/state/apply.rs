//! Applying a change or a decision, with everything that follows from it in the same transaction.

use std::sync::Arc;

use tidings_domain::{
    Timestamp,
    change::Change,
    channel::Channel,
    decide::{self, Decision, Kept, Later, Situation},
    message::Message,
};
use tidings_store::{BodyNumber, StoreError};

use crate::{
    codec,
    error::corrupt,
    session::Session,
    state::{
        bodies::{self, Keep},
        contacts::merging::settle_rivals,
        decision::{self, Written},
        situation::{self, Place},
    },
};

/// Where a change comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    /// The raw body that it was read from; `None` if it follows from what we did ourselves.
    pub(crate) body: Option<BodyNumber>,
    /// When it is recorded.
    pub(crate) now: Timestamp,
}

/// Loads, decides, writes. Answers false if the change could only be kept.
pub(crate) fn change(
    session: &mut Session<'_>,
    workspace: i64,
    channel: &Arc<Channel>,
    change: &Change,
    origin: Origin,
) -> Result<bool, StoreError> {
    let (situation, place) = settled(session, workspace, channel, change, origin)?;
    let mut context = decide::Context { now: origin.now, ids: &mut *session.ids };
    let mut decided = decide::decide(situation, change, &mut context);
    match decided.kept.take() {
        None => decision(session, channel, place, decided, origin).map(|_| true),
        Some(kept) => {
            // What can only be kept may still show that the channel lives.
            let place = self::decision(session, channel, place, decided, origin)?.0;
            keep(session, &place, &kept, origin)?;
            Ok(false)
        }
    }
}

/// Writes a decision, then what waited for a vendor's id that it links, then what is to follow. Answers the message
/// that it wrote.
pub(crate) fn decision(
    session: &mut Session<'_>,
    channel: &Arc<Channel>,
    mut place: Place,
    mut decided: Decision,
    origin: Origin,
) -> Result<(Place, Option<Arc<Message>>), StoreError> {
    let follow_up = decided.follow_up.take();
    let Written { message, vendor_id } = decision::write(session, &mut place, decided, origin.body)?;
    if let Some(vendor_id) = vendor_id {
        for waiting in bodies::take_waiting(session, place.workspace, place.channel, &vendor_id)? {
            let later: Later =
                serde_json::from_str(&waiting.detail).map_err(|error| corrupt("a waiting change", error))?;
            let origin = Origin { body: Some(waiting.body), ..origin };
            change(session, place.workspace, channel, &Change::from(later), origin)?;
        }
    }
    if let Some(follow_up) = follow_up {
        change(session, place.workspace, channel, &follow_up, origin)?;
    }
    Ok((place, message))
}

/// What is known, once no identity of the change belongs to two contacts of which it shows that they are one person, or that
/// one has it no longer.
fn settled(
    session: &mut Session<'_>,
    workspace: i64,
    channel: &Arc<Channel>,
    change: &Change,
    origin: Origin,
) -> Result<(Situation, Place), StoreError> {
    // Each time around there is one rival less.
    loop {
        let (situation, place) = situation::load(session, workspace, channel, change.lookups())?;
        let is_settled = match &situation.contact {
            Some(found) if !situation.taken.is_empty() => {
                !settle_rivals(session, workspace, change, found, &situation.taken, origin)?
            }
            _ => true,
        };
        if is_settled {
            return Ok((situation, place));
        }
    }
}

fn keep(session: &Session<'_>, place: &Place, kept: &Kept, origin: Origin) -> Result<(), StoreError> {
    let detail;
    let (reason, subject, detail) = match kept {
        Kept::Later(later) => {
            detail = codec::to_document("a waiting change", later)?;
            (later.kind(), later.vendor_id(), detail.as_str())
        }
        Kept::Unmatched { kind, vendor_id } => ("unmatched", vendor_id.as_str(), *kind),
    };
    let Some(body) = origin.body else {
        tracing::warn!(reason, subject, "what follows from our own doing finds nothing to change");
        return Ok(());
    };
    let keep = Keep { workspace: place.workspace, channel: place.channel, body, reason, subject, detail: Some(detail) };
    bodies::keep(session, &keep, origin.now)
}
