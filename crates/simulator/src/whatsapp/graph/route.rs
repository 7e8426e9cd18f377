//! Reads a request whole, checks its token, and leads it to what it asks for.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::{
    error::GraphError,
    multipart::{Part, parts},
    nodes::{apps::app_token, fields::parameter},
    outgoing::{Outgoing, Reset, json as json_answer, of_type},
    place::Place,
    read::{Asked, read},
    record::Received,
    send::{refusal, send},
    shared::{Shared, locked},
    subscribe::{callback_wish, subscribe},
};

/// More than the largest file with its form.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// The request with its whole body. One that is too large breaks off.
pub(crate) async fn whole(request: Request<Incoming>) -> Result<Request<Bytes>, Reset> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|_| Reset)?.to_bytes();
    Ok(Request::from_parts(head, body))
}

/// Answers one call of the API.
pub(crate) async fn receive(shared: &Arc<Shared>, request: Request<Bytes>) -> Result<Response<Outgoing>, Reset> {
    let (head, body) = request.into_parts();
    let form = form(&head.headers, &body);
    let received = Received {
        path: head.uri.path().to_owned(),
        method: head.method.as_str().to_owned(),
        body: recorded(form.as_deref(), &body),
    };
    let place = Place::of(head.uri.path());
    let query = head.uri.query().unwrap_or_default();
    if !is_authorised(shared, place, &head.headers, query) {
        shared.records.add(received, None);
        let mut response = refusal(shared, &GraphError::token());
        let challenge = HeaderValue::from_static("OAuth \"Facebook Platform\" \"invalid_token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        return Ok(response);
    }
    let number = &shared.account.phone_number_id;
    if head.method == Method::POST
        && matches!(place, Place::Edge(id, "messages" | "marketing_messages") if id == number)
    {
        return send(shared, received).await;
    }
    let asked = Asked { method: head.method.as_str(), place, path: head.uri.path(), query, body: &received.body };
    let answer = if head.method == Method::GET && place == Place::Link {
        shared.records.add(received, None);
        // The sender lives as long as what is shared.
        let _ = shared.held_links.subscribe().wait_for(|held| !held).await;
        return Ok(fetch(shared, query));
    } else if let Some(wish) = callback_wish(shared, &asked) {
        subscribe(shared, wish).await
    } else {
        read(shared, &asked, form.as_deref())
    };
    shared.records.add(received, None);
    if form.as_deref().is_some_and(|form| stalls(shared, form)) {
        std::future::pending::<()>().await;
    }
    Ok(match answer {
        Ok(body) => json_answer(StatusCode::OK, &body),
        Err(error) => refusal(shared, &error),
    })
}

/// Whether a form brings a file of which it was told that its upload is never answered.
fn stalls(shared: &Shared, form: &[Part]) -> bool {
    let stalled = locked(&shared.stalled_uploads);
    form.iter().filter_map(|part| part.filename.as_ref()).any(|filename| stalled.contains(filename))
}

/// By the header, or by the parameter that the Graph API takes as well. The app's own token is good for what is the app's,
/// and nobody has a token yet who asks for one.
fn is_authorised(shared: &Shared, place: Place<'_>, headers: &HeaderMap, query: &str) -> bool {
    if place == Place::Edge("oauth", "access_token") {
        return true;
    }
    let in_header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let in_query = parameter(query, "access_token");
    let for_the_app = matches!(place, Place::Edge(_, "subscriptions") | Place::Node("debug_token"));
    let app_token = app_token(&shared.account);
    let good = locked(&shared.token);
    [in_header, in_query.as_deref()]
        .into_iter()
        .flatten()
        .any(|given| good.as_deref() == Some(given) || for_the_app && given == app_token)
}

fn form(headers: &HeaderMap, body: &Bytes) -> Option<Vec<Part>> {
    parts(headers.get(header::CONTENT_TYPE)?.to_str().ok()?, body)
}

/// What is kept of a body: JSON as it is, of a form only how large its files are.
fn recorded(form: Option<&[Part]>, body: &Bytes) -> Value {
    let Some(form) = form else { return serde_json::from_slice(body).unwrap_or(Value::Null) };
    let described = form.iter().map(|part| {
        let described = match (&part.filename, std::str::from_utf8(&part.content)) {
            (None, Ok(text)) => json!(text),
            (filename, _) => {
                json!({ "filename": filename, "mime_type": part.content_type, "file_size": part.content.len() })
            }
        };
        (part.name.clone(), described)
    });
    Value::Object(described.collect())
}

/// The bytes behind a link. What is gone or too old is not found, without an error object.
fn fetch(shared: &Shared, query: &str) -> Response<Outgoing> {
    let found = locked(&shared.media).behind(query, shared.seconds());
    match found {
        Some(media) => {
            let fallback = HeaderValue::from_static("application/octet-stream");
            let content_type = HeaderValue::from_str(&media.mime_type).unwrap_or(fallback);
            of_type(StatusCode::OK, content_type, media.bytes)
        }
        None => of_type(StatusCode::NOT_FOUND, HeaderValue::from_static("text/plain"), "URL signature expired"),
    }
}
