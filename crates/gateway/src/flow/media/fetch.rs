//! One file, once: where it is, its bytes onto the disk, and whether they are what was told.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use tidings_channels::{CallAnswer, Location, NotLocated};
use tidings_domain::media::StoredMedia;
use tidings_net::{OutboundRequest, PoolLimits, SendError};
use tidings_webhooks::USER_AGENT;
use tokio::sync::mpsc;

use super::{AwaitedFile, Shared, Timestamp, check};
use crate::{
    flow::vendor::{CALL_TIMEOUT, Reply, Vendor},
    media_store::{Incoming, MediaError, Placed},
    registry::LiveChannel,
    start::random_text,
};

/// The longest file that is fetched: as long as one that may be uploaded.
const LONGEST: usize = 100 << 20;
/// How long a file may take.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_mins(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How many pieces of a file may wait for the disk.
const PIECES: usize = 4;
/// How long a full disk is given.
const DISK_FULL: Duration = Duration::from_secs(30);

/// A file that is in its place, and what is to be recorded of it.
pub(super) struct Fetched {
    pub(super) media: StoredMedia,
    pub(super) placed: Placed,
}

/// Why a file was not fetched.
#[derive(Debug)]
pub(super) enum Unfetched {
    /// It cannot be.
    Never(String),
    /// The vendor says that it does not have it.
    Unknown(String),
    /// It may be later; not before so long has passed, if that is said.
    ForNow {
        /// In words.
        reason: String,
        /// How long that is.
        after: Option<Duration>,
    },
}

impl Unfetched {
    fn for_now(reason: impl Into<String>) -> Self {
        Self::ForNow { reason: reason.into(), after: None }
    }
}

impl From<MediaError> for Unfetched {
    fn from(error: MediaError) -> Self {
        let after = matches!(error, MediaError::Full).then_some(DISK_FULL);
        Self::ForNow { reason: format!("it cannot be kept: {error}"), after }
    }
}

/// Until when the vendor keeps a file; `None` if nobody can say.
pub(super) fn kept_until(shared: &Shared, file: &AwaitedFile) -> Option<Timestamp> {
    let live = shared.registry.channels.get(file.workspace_id, file.channel_id)?;
    Some(file.sent_at.plus(live.adapter.files()?.kept_for()))
}

/// Fetches a file.
pub(super) async fn fetch(shared: &Shared, file: &AwaitedFile) -> Result<Fetched, Unfetched> {
    let live = shared.registry.channels.get(file.workspace_id, file.channel_id);
    let live = live.ok_or_else(|| Unfetched::Never("its channel is not there any more".to_owned()))?;
    let location = locate(shared, &live, file).await?;
    let mut incoming = shared.media.begin(&random_text(&*shared.random)).await?;
    let first = read(shared, &location, &mut incoming).await?;
    let size = incoming.size();
    if location.size.is_some_and(|told| told != size) {
        let told = location.size.unwrap_or_default();
        return Err(Unfetched::for_now(format!("the vendor told of {told} bytes and gave {size}")));
    }
    if size == 0 {
        return Err(Unfetched::for_now("the vendor gave an empty file"));
    }
    let placed = incoming.finish().await?;
    for told in [&file.told.sha256, &location.sha256].into_iter().flatten() {
        if super::sha256(told).is_some_and(|told| told != placed.sha256) {
            return Err(Unfetched::for_now("its content is not what the vendor told of: the hashes differ"));
        }
    }
    let told = file.told.content_type.as_deref().or(location.content_type.as_deref());
    let media = StoredMedia {
        id: file.id,
        workspace_id: file.workspace_id,
        sha256: placed.sha256,
        size,
        content_type: check::content_type(told, &first),
        filename: file.told.filename.clone(),
        created_at: shared.clock.now(),
    };
    Ok(Fetched { media, placed })
}

/// Asks the vendor where a file is.
async fn locate(shared: &Shared, live: &LiveChannel, file: &AwaitedFile) -> Result<Location, Unfetched> {
    let files = live.adapter.files();
    let files = files.ok_or_else(|| Unfetched::Never("its vendor hands out no files".to_owned()))?;
    let call = files.locate(live.access(), &file.told.vendor_id);
    match Vendor::of(&shared.client, live).call(call, CALL_TIMEOUT).await {
        Reply::Answered { status, retry_after, body } => {
            let answer = CallAnswer { status, retry_after, body: &body };
            files.read_location(live.access(), answer).map_err(|not_located| match not_located {
                NotLocated::Unknown(reason) => Unfetched::Unknown(reason),
                NotLocated::ForNow(reason, after) => Unfetched::ForNow { reason, after },
            })
        }
        Reply::NotSent(reason) | Reply::Lost(reason) => Err(Unfetched::for_now(reason)),
    }
}

/// Reads a file onto the disk; answers its first bytes.
async fn read(shared: &Shared, location: &Location, incoming: &mut Incoming) -> Result<Bytes, Unfetched> {
    let pool = shared.client.pool(&location.url, PoolLimits::default());
    let pool = pool.map_err(|refused| Unfetched::for_now(format!("it cannot be fetched: {refused}")))?;
    let (pieces, taken) = mpsc::channel(PIECES);
    let request = OutboundRequest {
        method: Method::GET,
        path: None,
        headers: headers(location),
        body: Bytes::new(),
        timeout: DOWNLOAD_TIMEOUT,
        connect_timeout: CONNECT_TIMEOUT,
        body_cap: LONGEST,
        pieces: Some(pieces),
        repeatable: true,
    };
    let sending = async move { pool.send(&request).await };
    let (answer, kept) = tokio::join!(sending, keep(taken, incoming));
    let first = kept?;
    let answer = answer.map_err(|error: SendError| Unfetched::for_now(format!("it cannot be fetched: {error}")))?;
    if !answer.status.is_success() {
        return Err(refused(answer.status));
    }
    if answer.truncated {
        return Err(Unfetched::Never(format!("it has more than {LONGEST} bytes")));
    }
    Ok(first)
}

/// Writes pieces down as they come.
async fn keep(mut taken: mpsc::Receiver<Bytes>, incoming: &mut Incoming) -> Result<Bytes, MediaError> {
    let mut first = Bytes::new();
    while let Some(piece) = taken.recv().await {
        if first.is_empty() {
            first = piece.slice(..piece.len().min(check::LOOKED_AT));
        }
        incoming.write(&piece).await?;
    }
    Ok(first)
}

/// The address does not work: a new one is asked for by the next try.
fn refused(status: StatusCode) -> Unfetched {
    Unfetched::for_now(format!("the vendor's address of it answers with HTTP status {}", status.as_u16()))
}

fn headers(location: &Location) -> Vec<(HeaderName, HeaderValue)> {
    let own = (header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    let given = location.headers.iter().filter_map(|(name, value)| {
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::from_static(name), value))
    });
    std::iter::once(own).chain(given).collect()
}
