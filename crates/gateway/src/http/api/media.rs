//! `/v1/media`: files to send, written to the disk while they come in and sent by the id that is answered; and what is known
//! of these and of the files of messages.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Multipart, State, multipart::MultipartError},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use tidings_domain::{
    MediaId, Timestamp, WorkspaceId,
    key::{Access, Area},
    media::{FileState, StoredMedia, without_path},
};
use tidings_store::Claimed;
use utoipa::ToSchema;

use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, MOST_DISCARDED, Params, discard, escape, json},
        idempotency::{self, Draft, Once},
        media_link::VALID_FOR,
        page::{List, PageParams, listed, page},
        problem::{Answer, Code, Problem},
        quota::room_for_any_file,
    },
    media_store::{MediaError, Placed, hex},
    start::random_text,
};

/// The longest file.
const LONGEST: usize = 100 << 20;
/// How much of a form is read: of one that is too long as much more as of any other body.
pub(super) const LONGEST_FORM: usize = LONGEST + MOST_DISCARDED;
/// The longest name and type.
const LONGEST_WORDS: usize = 255;
/// What the end of a link is rounded up to.
const ROUNDED_TO: Duration = Duration::from_hours(1);
const HOUR_MILLIS: i64 = 3_600_000;
/// What a file is that comes without a type.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A file: uploaded to be sent, or of a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Media)]
pub(crate) struct MediaView {
    /// `med_…`
    #[schema(value_type = String)]
    id: MediaId,
    /// `available`; `fetching` while it is still with its vendor; `unavailable` if it is lost.
    status: &'static str,
    /// Its MIME type, as it was given or, if a vendor's file is plainly something else, as it is.
    content_type: Option<String>,
    /// Bytes, once it is here.
    size: Option<u64>,
    /// What it was called.
    filename: Option<String>,
    /// SHA-256 of its content, in hexadecimal digits, once it is here.
    sha256: Option<String>,
    /// A link by which anybody can read it.
    url: Option<String>,
    /// Until when the link is valid.
    url_expires_at: Option<String>,
    /// Why it is not here, if fetching it has failed for good.
    error: Option<String>,
    /// When it was uploaded or fetched.
    created_at: Option<String>,
}

impl MediaView {
    fn of(gateway: &Gateway, state: FileState) -> Self {
        let (status, file, error) = match state {
            FileState::Stored(media) => return Self::stored(gateway, media),
            FileState::Awaited { file, .. } => ("fetching", file, None),
            FileState::Lost { file, reason } => ("unavailable", file, Some(reason)),
        };
        Self {
            id: file.id,
            status,
            content_type: file.told.content_type,
            size: None,
            filename: file.told.filename,
            sha256: None,
            url: None,
            url_expires_at: None,
            error,
            created_at: None,
        }
    }

    fn stored(gateway: &Gateway, media: StoredMedia) -> Self {
        let end = end_of_link(gateway.clock.now());
        Self {
            id: media.id,
            status: "available",
            content_type: Some(media.content_type),
            size: Some(media.size),
            filename: media.filename,
            sha256: Some(hex(&media.sha256)),
            url: Some(gateway.links.until(media.id, end)),
            url_expires_at: Some(end.to_string()),
            error: None,
            created_at: Some(media.created_at.to_string()),
        }
    }
}

/// Until when a link is valid that is made now: the same for all that are made within an hour, so that a browser that asks
/// again finds the file that it has kept.
pub(super) fn end_of_link(now: Timestamp) -> Timestamp {
    let end = now.plus(VALID_FOR).plus(ROUNDED_TO);
    end.minus(Duration::from_millis(end.as_millis().rem_euclid(HOUR_MILLIS).unsigned_abs()))
}

/// A form with one file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read piece by piece")]
pub(crate) struct MediaForm {
    /// The file, with its name and type: at most 100 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Upload a file
///
/// To be sent by its id, as often as you like. With an `Idempotency-Key`, the same file with the same name and type is
/// kept once.
#[utoipa::path(
    post, path = "/media", operation_id = "upload_media", tag = "media",
    request_body(content = MediaForm, content_type = "multipart/form-data"),
    responses((status = 201, description = "It is kept", body = MediaView)),
)]
pub(crate) async fn upload(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    headers: HeaderMap,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Answer<Response> {
    caller.may(Area::Media, Access::Write)?;
    let mut form = form.map_err(|error| {
        Problem::field("/file", format!("send the file as multipart/form-data: {}", error.body_text()))
    })?;
    let key = headers.get(idempotency::HEADER).map(idempotency::key).transpose()?;
    room_for_any_file(&gateway, caller.workspace_id).await?;
    let file = read(&gateway, &mut form).await?;
    let once = Once::with(&gateway, &caller, key, &file.parts());
    let (media, _placed) = file.of(caller.workspace_id, &gateway);
    let draft = Draft::new(StatusCode::CREATED, &MediaView::stored(&gateway, media.clone()))?;
    let most_bytes = gateway.registry.workspaces.quotas(caller.workspace_id).media_bytes;
    let claimed = gateway.store.media_create(media, most_bytes, once.claim(&draft)).await?;
    if let Claimed::Replayed(kept) = &claimed
        && let Some(id) = once.field(kept, "/id")?.and_then(|id| id.parse().ok())
        && gateway.store.media_get(caller.workspace_id, id).await?.is_none()
    {
        return Err(Problem::new(Code::Erased, "it was done before; the file has been deleted since"));
    }
    once.finish(&claimed, draft, || {})
}

/// A file that is on the disk.
struct Kept {
    placed: Placed,
    size: u64,
    content_type: String,
    filename: Option<String>,
}

impl Kept {
    /// What makes the upload of another file another request.
    fn parts(&self) -> [&[u8]; 4] {
        let filename = self.filename.as_deref().unwrap_or_default();
        [b"media", &self.placed.sha256, self.content_type.as_bytes(), filename.as_bytes()]
    }

    /// Its record, and what holds it in its place until that is written.
    fn of(self, workspace_id: WorkspaceId, gateway: &Gateway) -> (StoredMedia, Placed) {
        let media = StoredMedia {
            id: gateway.ids.next(MediaId::next),
            workspace_id,
            sha256: self.placed.sha256,
            size: self.size,
            content_type: self.content_type,
            filename: self.filename,
            created_at: gateway.clock.now(),
        };
        (media, self.placed)
    }
}

/// Takes the file of a form in.
async fn read(gateway: &Gateway, form: &mut Multipart) -> Answer<Kept> {
    let mut kept = None;
    while let Some(mut part) = in_time(gateway, form.next_field()).await? {
        let name = part.name().unwrap_or_default().to_owned();
        if name != "file" {
            return Err(Problem::field(format!("/{}", escape(&name)), "unknown field; known is file"));
        }
        if kept.is_some() {
            return Err(Problem::field("/file", "is given twice"));
        }
        let content_type = words(part.content_type(), "type")?.unwrap_or_else(|| UNKNOWN_TYPE.to_owned());
        let filename = words(part.file_name().map(without_path), "name")?;
        let mut incoming = gateway.media.begin(&random_text(&*gateway.random)).await?;
        while let Some(chunk) = in_time(gateway, part.chunk()).await? {
            if incoming.size() + chunk.len() as u64 > LONGEST as u64 {
                drop(incoming);
                discard(part).await;
                return Err(too_large());
            }
            incoming.write(&chunk).await?;
        }
        kept = Some((incoming, content_type, filename));
    }
    let (incoming, content_type, filename) = kept.ok_or_else(|| Problem::field("/file", "is missing"))?;
    let size = incoming.size();
    if size == 0 {
        return Err(Problem::field("/file", "must not be empty"));
    }
    Ok(Kept { placed: incoming.finish().await?, size, content_type, filename })
}

fn too_large() -> Problem {
    Problem::new(Code::TooLarge, format!("a file may have {LONGEST} bytes"))
}

/// The next piece, which may take as long as a whole body may otherwise: a long file takes its time, and who sends
/// nothing is not waited for.
async fn in_time<T>(gateway: &Gateway, piece: impl Future<Output = Result<T, MultipartError>>) -> Answer<T> {
    match tokio::time::timeout(gateway.settings.body_timeout, piece).await {
        Ok(Ok(piece)) => Ok(piece),
        Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large()),
        Ok(Err(error)) => Err(Problem::field("/file", format!("the form cannot be read: {}", error.body_text()))),
        Err(_) => Err(Problem::new(Code::Timeout, "the body did not come in time")),
    }
}

/// A name or type of a sensible length.
fn words(text: Option<&str>, what: &str) -> Answer<Option<String>> {
    match text.filter(|text| !text.is_empty()) {
        Some(text) if text.len() > LONGEST_WORDS || text.chars().any(char::is_control) => {
            Err(Problem::field("/file", format!("its {what} may have {LONGEST_WORDS} visible characters")))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// List the files
///
/// That are here: uploaded, or fetched for a message.
#[utoipa::path(
    get, path = "/media", operation_id = "list_media", tag = "media", params(PageParams),
    responses((status = 200, description = "The newest first", body = List<MediaView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Answer<Response> {
    caller.may(Area::Media, Access::Read)?;
    let page = page("media", params.limit, params.cursor.as_deref())?;
    let listing = gateway.store.media_list(caller.workspace_id, page).await?;
    json(StatusCode::OK, &listed("media", listing, |media| MediaView::stored(&gateway, media)))
}

/// Get what is known of a file
///
/// Of one that was uploaded, or that came with a message: with a fresh link to it.
#[utoipa::path(
    get, path = "/media/{id}", operation_id = "get_media", tag = "media",
    params(("id" = String, Path, description = "The file")),
    responses((status = 200, description = "The file's record", body = MediaView)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Media, Access::Read)?;
    let found = gateway.store.file_find(id.of("file")?).await?;
    let own = found.filter(|found| found.workspace_id() == caller.workspace_id);
    json(StatusCode::OK, &MediaView::of(&gateway, own.ok_or_else(|| Problem::not_found("file"))?))
}

impl From<MediaError> for Problem {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Full => tidings_store::StoreError::DiskFull.into(),
            MediaError::Missing | MediaError::Io(_) => Self::internal(&error),
        }
    }
}
