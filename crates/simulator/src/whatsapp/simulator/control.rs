//! The control API: every path, and what is wrong with a request that cannot be served.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    answer::{Answer, json, of_type, stream},
    behaviours, callback, customers,
    document::{self, DocumentError},
    faults,
    guard::Stranger,
    listen::Desk,
    log,
    query::{ParameterError, Query},
    reviews, state,
};
use crate::whatsapp::{graph::HandshakeError, world::ActError};

/// Why a request is not served.
#[derive(Debug, thiserror::Error)]
pub(super) enum ControlError {
    /// There is no such path, or nothing of this name.
    #[error("there is no {0}")]
    NotFound(String),
    /// The path is there, but not for this method.
    #[error("{0} cannot be done here")]
    Method(String),
    /// A page of another site can send anything but JSON without being asked.
    #[error("the content type must be application/json")]
    ContentType,
    /// It comes from elsewhere.
    #[error(transparent)]
    Stranger(#[from] Stranger),
    /// A parameter of the query is not what is expected here.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The body is not what is expected here.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The callback did not take part in the handshake.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The customer cannot do that.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl ControlError {
    fn status(&self) -> StatusCode {
        match self {
            ControlError::NotFound(_) | ControlError::Act(ActError::Unknown(_)) => StatusCode::NOT_FOUND,
            ControlError::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            ControlError::Stranger(_) => StatusCode::FORBIDDEN,
            ControlError::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ControlError::Handshake(_) => StatusCode::BAD_GATEWAY,
            ControlError::Act(ActError::Taken(_) | ActError::Crowded(_)) => StatusCode::CONFLICT,
            ControlError::Parameter(_) | ControlError::Document(_) | ControlError::Act(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn answer(&self) -> Response<Answer> {
        let mut message = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        let mut error = json!({ "message": message });
        match self {
            ControlError::Document(document) => error["at"] = json!(document.at),
            ControlError::Parameter(parameter) => error["at"] = json!(parameter.name),
            _ => {}
        }
        json(self.status(), &json!({ "error": error }))
    }
}

/// Serves one request.
pub(super) async fn control(desk: &Desk, request: &Request<Bytes>) -> Response<Answer> {
    serve(desk, request).await.unwrap_or_else(|error| error.answer())
}

async fn serve(desk: &Desk, request: &Request<Bytes>) -> Result<Response<Answer>, ControlError> {
    desk.guard.admit(request.headers())?;
    let path = request.uri().path().trim_start_matches("/simulator").trim_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    let query = Query::new(request.uri().query().unwrap_or_default());
    let is_path = matches!(
        &segments[..],
        ["" | "customers" | "messages" | "behaviours" | "templates" | "faults" | "callback" | "log" | "stream"]
            | ["customers" | "media", _]
    );
    if !is_path {
        return Err(ControlError::NotFound(format!("path {}", request.uri().path())));
    }
    if segments != ["log"] {
        query.only([])?;
    }
    let ok = |body: &Value| Ok(json(StatusCode::OK, body));
    match (request.method().as_str(), &segments[..]) {
        ("GET", [""]) => ok(&state::state(desk)),
        ("GET", ["customers"]) => ok(&json!({ "customers": desk.world.people() })),
        ("POST", ["customers"]) => Ok(json(StatusCode::CREATED, &customers::add(desk, &read(request)?)?)),
        ("GET", ["customers", key]) => ok(&customers::one(desk, key)?),
        ("PATCH", ["customers", key]) => ok(&customers::change(desk, key, &read(request)?)?),
        ("POST", ["messages"]) => Ok(json(StatusCode::CREATED, &desk.world.speak(&desk.shared, &read(request)?)?)),
        ("POST", ["behaviours"]) => ok(&behaviours::tell(desk, read(request)?)?),
        ("POST", ["templates"]) => ok(&reviews::decide(desk, &read(request)?)?),
        ("POST", ["faults"]) => ok(&faults::tell(desk, &read(request)?)?),
        ("PUT", ["callback"]) => ok(&callback::put(desk, &read(request)?).await?),
        ("DELETE", ["callback"]) => ok(&callback::forget(desk)),
        ("GET", ["log"]) => ok(&log::log(desk, &query)?),
        ("GET", ["stream"]) => Ok(stream(desk.world.journal.watch())),
        ("GET", ["media", id]) => {
            let media = desk.shared.media(id).ok_or_else(|| ControlError::NotFound(format!("media {id}")))?;
            // Nothing but a picture is shown by a browser; all else is only saved.
            let shown = matches!(media.mime_type.as_str(), "image/png" | "image/jpeg" | "image/webp");
            let content_type = if shown { media.mime_type.as_str() } else { "application/octet-stream" };
            Ok(of_type(StatusCode::OK, content_type, media.bytes))
        }
        (method, _) => Err(ControlError::Method(method.to_owned())),
    }
}

/// The body, of which every field must be known.
fn read<T: DeserializeOwned>(request: &Request<Bytes>) -> Result<T, ControlError> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|given| given.starts_with("application/json")) {
        return Err(ControlError::ContentType);
    }
    Ok(document::read(request.body())?)
}
