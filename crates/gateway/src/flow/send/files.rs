//! The uploaded files of messages: the vendor has to have a file before a message with it goes out. That happens before
//! the message takes its turn, since nothing reaches a person by it: it costs no call of the pace, and a crash meanwhile
//! leaves the message waiting.
//!
//! Many messages may share a file; it is brought to the vendor once. Files are in memory as a whole while they are
//! uploaded, so only some small ones or one that is large are at once, of each priority: a person's file does not wait
//! for those in bulk.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tidings_channels::{CallAnswer, Outbound, Upload};
use tidings_domain::{
    MediaId, Timestamp,
    message::MessageError,
    outgoing::Priority,
    sending::{Scope, SendOutcome},
};
use tidings_store::StoreError;
use tokio::sync::Semaphore;

use super::message::{Means, after_failure, not_reached};
use crate::{
    flow::vendor::{Reply, UPLOAD_TIMEOUT},
    media_store::{MediaError, hex},
    start::random_text,
};

/// For how long a vendor's id of a file is used. Meta keeps uploaded files for 30 days (Cloud API, "Media").
const GOOD_FOR: Duration = Duration::from_hours(29 * 24);
/// For how long the store is not asked again what the vendor calls a file.
const KNOWN_FOR: Duration = Duration::from_mins(1);
/// For how long a file is not brought again after that has failed.
const FAILED_FOR: Duration = Duration::from_secs(5);
/// For how long it is remembered that it has failed, for whoever waits for a turn with that.
const REMEMBERED_FOR: Duration = Duration::from_hours(1);

/// How many files of a priority are uploaded at once, if they are small.
const AT_ONCE: u32 = 8;
/// A larger file counts for several.
const SMALL: u64 = 4 << 20;

/// About how many files something is remembered at least.
const ROOM: usize = 1024;

/// What the vendor calls a file, or why it does not have it.
pub(super) type AtVendor = Result<String, Arc<Missing>>;

/// Why the vendor does not have a file.
#[derive(Debug)]
pub(super) enum Missing {
    /// The vendor answered something else.
    Answered { status: u16, retry_after: Option<u64>, body: Bytes },
    /// The vendor cannot be reached.
    NotReached(String),
    /// The upload broke off, or we cannot read what we know of the file.
    Failed(String),
    /// We do not have it any more.
    Lost,
}

/// The files of one channel's messages.
pub(super) struct Files {
    /// What was found out, and when.
    found: HashMap<MediaId, (AtVendor, Timestamp)>,
    /// How many that may be before what counts no longer is dropped.
    room: usize,
    sought: HashSet<(MediaId, Priority)>,
    seeking: FuturesUnordered<BoxFuture<'static, (MediaId, Priority, AtVendor)>>,
    interactive: Arc<Semaphore>,
    bulk: Arc<Semaphore>,
}

impl Files {
    pub(super) fn new() -> Self {
        let turns = || Arc::new(Semaphore::new(AT_ONCE as usize));
        Self {
            found: HashMap::new(),
            room: ROOM,
            sought: HashSet::new(),
            seeking: FuturesUnordered::new(),
            interactive: turns(),
            bulk: turns(),
        }
    }

    /// Whether a message may take its turn with what is known of its file.
    pub(super) fn knows(&self, media: MediaId, now: Timestamp) -> bool {
        self.found
            .get(&media)
            .is_some_and(|(found, at)| now.since(*at) < if found.is_ok() { KNOWN_FOR } else { FAILED_FOR })
    }

    /// What is known of a file when a message's turn has come. Who has waited for it with a failure takes that, however
    /// long ago it was, or would never come to a try.
    pub(super) fn at_turn(&self, media: MediaId, now: Timestamp) -> Option<&AtVendor> {
        let (found, _) = self.found.get(&media)?;
        (found.is_err() || self.knows(media, now)).then_some(found)
    }

    /// The vendor may have lost files meanwhile: the store is asked anew what it calls them.
    pub(super) fn doubt(&mut self) {
        self.found.retain(|_, (found, _)| found.is_err());
    }

    /// The vendor is to have a file. [`Self::found`] tells when that has come to an end.
    pub(super) fn seek(&mut self, means: Means, media: MediaId, priority: Priority) {
        if !self.sought.insert((media, priority)) {
            return;
        }
        let turn = match priority {
            Priority::Interactive => &self.interactive,
            Priority::Bulk => &self.bulk,
        };
        let turn = turn.clone();
        self.seeking.push(Box::pin(async move {
            let found = at_vendor(&means, media, &turn).await;
            (media, priority, found.map_err(Arc::new))
        }));
    }

    /// Waits until the end of a search; for ever if nothing is sought.
    pub(super) async fn next(&mut self) -> (MediaId, Priority, AtVendor) {
        match self.seeking.next().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    /// A search has come to its end.
    pub(super) fn found(&mut self, (media, priority, found): (MediaId, Priority, AtVendor), now: Timestamp) {
        self.sought.remove(&(media, priority));
        if self.found.len() >= self.room {
            self.found.retain(|_, (_, at)| now.since(*at) < REMEMBERED_FOR);
            self.room = ROOM.max(2 * self.found.len());
        }
        self.found.insert(media, (found, now));
    }

    /// The vendor does not have the file any more.
    pub(super) fn forget(&mut self, media: MediaId) {
        self.found.remove(&media);
    }
}

/// What the vendor calls a file: as it was uploaded before, or now, in its turn.
async fn at_vendor(means: &Means, media: MediaId, turn: &Semaphore) -> Result<String, Missing> {
    let unreadable = |error: StoreError| Missing::Failed(error.to_string());
    let (store, channel) = (&means.shared.store, means.live.channel.id);
    let known = || store.media_at_vendor(media, channel, means.shared.clock.now());
    if let Some(known) = known().await.map_err(unreadable)? {
        return Ok(known);
    }
    let record = store.media_get(means.live.channel.workspace_id, media).await.map_err(unreadable)?;
    let record = record.ok_or(Missing::Lost)?;
    let turns = u32::try_from(record.size.div_ceil(SMALL)).unwrap_or(AT_ONCE).clamp(1, AT_ONCE);
    let _turns = turn.acquire_many(turns).await.map_err(|error| Missing::Failed(error.to_string()))?;
    // A message of the other priority may have had the same file.
    if let Some(known) = known().await.map_err(unreadable)? {
        return Ok(known);
    }
    let bytes = means.shared.media.read(&record.sha256).await.map_err(|error| match error {
        MediaError::Missing => Missing::Lost,
        error => Missing::Failed(error.to_string()),
    })?;
    let name = record.filename.unwrap_or_else(|| hex(&record.sha256[..8]));
    let upload = Upload {
        filename: &name,
        content_type: &record.content_type,
        bytes: &bytes,
        // Random, so that it does not occur in the file.
        boundary: &random_text(&*means.shared.random),
    };
    let call = means.outbound.upload(means.live.access(), &upload);
    drop(bytes);
    let (status, retry_after, body) = match means.vendor.call(call, UPLOAD_TIMEOUT).await {
        Reply::Answered { status, retry_after, body } => (status, retry_after, body),
        Reply::NotSent(reason) => return Err(Missing::NotReached(reason)),
        Reply::Lost(reason) => return Err(Missing::Failed(reason)),
    };
    match means.outbound.read_upload(CallAnswer { status, retry_after, body: &body }, 0) {
        Ok(vendor_id) => {
            let good_until = means.shared.clock.now().plus(GOOD_FOR);
            let remembered = store.media_at_vendor_remember(media, channel, vendor_id.clone(), good_until).await;
            if let Err(error) = remembered {
                tracing::warn!(channel.id = %channel, media.id = %media, %error, "what the vendor calls a file is not remembered");
            }
            Ok(vendor_id)
        }
        Err(_) => Err(Missing::Answered { status, retry_after, body }),
    }
}

/// What a send comes to without its file.
pub(super) fn outcome(outbound: &dyn Outbound, missing: &Missing, tries: u32) -> SendOutcome {
    match missing {
        Missing::Answered { status, retry_after, body } => {
            let answer = CallAnswer { status: *status, retry_after: *retry_after, body };
            match outbound.read_upload(answer, tries) {
                Err(outcome) => *outcome,
                // The same answer is read in the same way.
                Ok(_) => failed("the file was uploaded".to_owned(), tries),
            }
        }
        Missing::NotReached(reason) => not_reached(reason.clone(), tries),
        Missing::Failed(reason) => failed(reason.clone(), tries),
        Missing::Lost => SendOutcome::Refused {
            error: MessageError {
                key: "media_unavailable".to_owned(),
                message: "the uploaded file is not there any more".to_owned(),
                vendor: None,
            },
            trouble: None,
            recipient: None,
        },
    }
}

fn failed(reason: String, tries: u32) -> SendOutcome {
    SendOutcome::Later {
        error: MessageError { key: "network_error".to_owned(), message: reason, vendor: None },
        after: after_failure(tries),
        scope: Scope::Line,
        trouble: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_taken_by_whoever_has_waited_and_what_the_vendor_has_is_asked_anew() {
        let after = |seconds: i64| Timestamp::from_seconds(1_000 + seconds);
        let [there, failed] = [1, 2].map(|number| MediaId::from_bytes([number; 16]));
        let mut files = Files::new();
        files.found((there, Priority::Bulk, Ok("vendor-1".to_owned())), after(0));
        files.found((failed, Priority::Bulk, Err(Arc::new(Missing::Lost))), after(0));
        for (seconds, knows) in [(4, [true, true]), (6, [true, false]), (61, [false, false])] {
            let known = [there, failed].map(|media| files.knows(media, after(seconds)));
            assert_eq!(known, knows, "after {seconds} s");
            assert_eq!(files.at_turn(there, after(seconds)).is_some(), knows[0]);
            assert!(files.at_turn(failed, after(seconds)).is_some());
        }
        files.doubt();
        assert!(!files.knows(there, after(0)) && files.knows(failed, after(0)));
    }
}
