//! The uploaded file of a message: the vendor has to have it before the message is sent. That happens before the attempt is
//! marked, since nothing reaches a person by it: a crash meanwhile leaves the message waiting.

use std::time::Duration;

use bytes::Bytes;
use tidings_channels::{CallAnswer, Upload};
use tidings_domain::{
    MediaId,
    message::MessageError,
    sending::{Scope, SendOutcome},
};
use tidings_store::StoreError;

use super::message::Means;
use crate::{
    flow::vendor::{Reply, UPLOAD_TIMEOUT},
    media_store::{MediaError, hex},
    start::random_text,
};

/// For how long a vendor's id of a file is used. Meta keeps uploaded files for 30 days (Cloud API, "Media").
const GOOD_FOR: Duration = Duration::from_hours(29 * 24);
/// The longest wait before an upload is tried again.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// Why the vendor does not have the file.
pub(super) enum Missing {
    /// The vendor answered something else.
    Answered { status: u16, retry_after: Option<u64>, body: Bytes },
    /// The vendor cannot be reached, or we cannot read what we know of the file.
    Unreached(String),
    /// We do not have it any more.
    Lost,
}

/// What the vendor calls a file: as it was uploaded before, or now.
pub(super) async fn at_vendor(means: &Means, media: MediaId) -> Result<String, Missing> {
    let unreadable = |error: StoreError| Missing::Unreached(error.to_string());
    let (store, channel) = (&means.shared.store, means.live.channel.id);
    let known = || store.media_at_vendor(media, channel, means.shared.clock.now());
    if let Some(known) = known().await.map_err(unreadable)? {
        return Ok(known);
    }
    // One at a time, since each is in memory as a whole.
    let _turn = means.uploads.acquire().await.map_err(|error| Missing::Unreached(error.to_string()))?;
    // Another message may have had the same file in its turn.
    if let Some(known) = known().await.map_err(unreadable)? {
        return Ok(known);
    }
    let record = store.media_get(means.live.channel.workspace_id, media).await.map_err(unreadable)?;
    let record = record.ok_or(Missing::Lost)?;
    let bytes = means.shared.media.read(&record.sha256).await.map_err(|error| match error {
        MediaError::Missing => Missing::Lost,
        error => Missing::Unreached(error.to_string()),
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
        Reply::NotSent(reason) | Reply::Lost(reason) => return Err(Missing::Unreached(reason)),
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

/// What the send comes to without the file.
pub(super) fn outcome(means: &Means, missing: &Missing, tries: u32) -> SendOutcome {
    match missing {
        Missing::Answered { status, retry_after, body } => {
            let answer = CallAnswer { status: *status, retry_after: *retry_after, body };
            match means.outbound.read_upload(answer, tries) {
                Err(outcome) => *outcome,
                // The same answer is read in the same way.
                Ok(_) => later("the file was uploaded".to_owned(), tries),
            }
        }
        Missing::Unreached(reason) => later(reason.clone(), tries),
        Missing::Lost => SendOutcome::Refused {
            error: MessageError {
                key: "media_unavailable".to_owned(),
                message: "the uploaded file is not there any more".to_owned(),
                vendor: None,
            },
            trouble: None,
        },
    }
}

fn later(reason: String, tries: u32) -> SendOutcome {
    SendOutcome::Later {
        error: MessageError { key: "network_error".to_owned(), message: reason, vendor: None },
        after: Duration::from_secs(1 << tries.min(9)).min(LONGEST_WAIT),
        scope: Scope::Recipient,
        trouble: None,
    }
}
