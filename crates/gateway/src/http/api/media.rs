//! `/v1/media`: files to send. They are written to the disk while they come in, and sent by the id that is answered.

use std::sync::Arc;

use axum::{
    extract::{Multipart, State, multipart::MultipartError},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use tidings_domain::{
    MediaId, WorkspaceId,
    key::{Access, Area},
    media::StoredMedia,
};
use utoipa::ToSchema;

use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, MOST_DISCARDED, discard, escape, json},
        idempotency::{self, Draft, Once},
        problem::{Answer, Code, Problem},
        quota::room_for_file,
    },
    media_store::{MediaError, hex},
    start::random_text,
};

/// The longest file.
const LONGEST: usize = 100 << 20;
/// How much of a form is read: of one that is too long as much more as of any other body.
pub(super) const LONGEST_FORM: usize = LONGEST + MOST_DISCARDED;
/// The longest name and type.
const LONGEST_WORDS: usize = 255;
/// What a file is that comes without a type.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A file that was uploaded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Media)]
pub(crate) struct MediaView {
    /// `med_…`
    #[schema(value_type = String)]
    id: MediaId,
    /// Its MIME type, as it was given.
    content_type: String,
    /// Bytes.
    size: u64,
    /// What it was called.
    filename: Option<String>,
    /// SHA-256 of its content, in hexadecimal digits.
    sha256: String,
    /// When it was uploaded.
    created_at: String,
}

impl MediaView {
    fn of(media: StoredMedia) -> Self {
        Self {
            id: media.id,
            content_type: media.content_type,
            size: media.size,
            filename: media.filename,
            sha256: hex(&media.sha256),
            created_at: media.created_at.to_string(),
        }
    }
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
    room_for_file(&gateway, caller.workspace_id, 0).await?;
    let file = read(&gateway, &mut form).await?;
    let once = Once::with(&gateway, &caller, key, &file.parts());
    room_for_file(&gateway, caller.workspace_id, file.size).await?;
    let media = file.of(caller.workspace_id, &gateway);
    let draft = Draft::new(StatusCode::CREATED, &MediaView::of(media.clone()))?;
    let claimed = gateway.store.media_create(media, once.claim(&draft)).await?;
    once.finish(&claimed, draft, || {})
}

/// A file that is on the disk.
struct Kept {
    sha256: [u8; 32],
    size: u64,
    content_type: String,
    filename: Option<String>,
}

impl Kept {
    /// What makes the upload of another file another request.
    fn parts(&self) -> [&[u8]; 4] {
        let filename = self.filename.as_deref().unwrap_or_default();
        [b"media", &self.sha256, self.content_type.as_bytes(), filename.as_bytes()]
    }

    fn of(self, workspace_id: WorkspaceId, gateway: &Gateway) -> StoredMedia {
        StoredMedia {
            id: gateway.ids.next(MediaId::next),
            workspace_id,
            sha256: self.sha256,
            size: self.size,
            content_type: self.content_type,
            filename: self.filename,
            created_at: gateway.clock.now(),
        }
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
        let filename = words(part.file_name(), "name")?;
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
    Ok(Kept { sha256: incoming.finish().await?, size, content_type, filename })
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

/// Get what is known of a file
#[utoipa::path(
    get, path = "/media/{id}", operation_id = "get_media", tag = "media",
    params(("id" = String, Path, description = "The file")),
    responses((status = 200, description = "The file's record", body = MediaView)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Media, Access::Read)?;
    let found = gateway.store.media_get(caller.workspace_id, id.of("file")?).await?;
    json(StatusCode::OK, &MediaView::of(found.ok_or_else(|| Problem::not_found("file"))?))
}

impl From<MediaError> for Problem {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Full => tidings_store::StoreError::DiskFull.into(),
            MediaError::Missing | MediaError::Io(_) => Self::internal(&error),
        }
    }
}
