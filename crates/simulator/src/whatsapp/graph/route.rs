//! Reads a request whole, checks its token, and leads it to what it asks for.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::{
    error::GraphError,
    multipart::{Part, parts},
    nodes::{fields::parameter, media::uploaded, number::number, subscribed_apps, templates},
    outgoing::{Outgoing, Reset, json as json_answer, of_type},
    place::Place,
    record::Received,
    send::{refusal, send},
    shared::{Shared, locked},
};

pub(super) async fn receive(shared: &Shared, request: Request<Incoming>) -> Result<Response<Outgoing>, Reset> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Reset)?.to_bytes();
    let form = form(&head.headers, &body);
    let received = Received {
        path: head.uri.path().to_owned(),
        method: head.method.as_str().to_owned(),
        body: recorded(form.as_deref(), &body),
    };
    if !is_authorised(shared, &head.headers) {
        shared.records.add(received, None);
        let mut response = refusal(shared, &GraphError::token());
        let challenge = HeaderValue::from_static("OAuth \"Facebook Platform\" \"invalid_token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        return Ok(response);
    }
    let place = Place::of(head.uri.path());
    if head.method == Method::POST && place == Place::Edge(&shared.account.phone_number_id, "messages") {
        return send(shared, received).await;
    }
    shared.records.add(received, None);
    let query = head.uri.query().unwrap_or_default();
    if head.method == Method::GET && place == Place::Link {
        return Ok(fetch(shared, query));
    }
    if form.as_deref().is_some_and(|form| stalls(shared, form)) {
        std::future::pending::<()>().await;
    }
    let answer = read(shared, &head.method, place, head.uri.path(), query, form.as_deref());
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

fn is_authorised(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    given.is_some() && given == locked(&shared.token).as_deref()
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

/// Everything but sending and fetching bytes.
fn read(
    shared: &Shared,
    method: &Method,
    place: Place<'_>,
    path: &str,
    query: &str,
    form: Option<&[Part]>,
) -> Result<Value, GraphError> {
    let account = &shared.account;
    let unknown = |id: &str| GraphError::unknown_object(method.as_str(), id);
    match (method.as_str(), place) {
        ("POST", Place::Edge(id, "media")) if id == account.phone_number_id => {
            let media = uploaded(form)?;
            Ok(json!({ "id": locked(&shared.media).add(media) }))
        }
        ("GET", Place::Edge(id, "message_templates")) if id == account.business_account_id => {
            let all = locked(&shared.templates).clone();
            templates::page(all.as_deref().unwrap_or_default(), &format!("{}{path}", shared.base), query)
        }
        ("GET", Place::Edge(id, "subscribed_apps")) if id == account.business_account_id => Ok(subscribed_apps()),
        ("POST" | "DELETE", Place::Edge(id, "subscribed_apps")) if id == account.business_account_id => {
            Ok(json!({ "success": true }))
        }
        ("GET", Place::Node(id)) if id == account.phone_number_id => {
            let callback = shared.poster.callback();
            number(account, callback.as_deref(), parameter(query, "fields").as_deref())
        }
        ("GET", Place::Node(id)) => {
            let described = locked(&shared.media).describe(id, &shared.base, (shared.now_seconds)());
            described.ok_or_else(|| unknown(id))
        }
        ("DELETE", Place::Node(id)) => {
            let removed = locked(&shared.media).remove(id);
            removed.then(|| json!({ "success": true })).ok_or_else(|| unknown(id))
        }
        (_, Place::Node(id) | Place::Edge(id, _)) => Err(unknown(id)),
        (_, Place::Link | Place::Nowhere) => Err(GraphError::unknown_path(path)),
    }
}

/// The bytes behind a link. What is gone or too old is not found, without an error object.
fn fetch(shared: &Shared, query: &str) -> Response<Outgoing> {
    let found = locked(&shared.media).behind(query, (shared.now_seconds)());
    match found {
        Some(media) => {
            let fallback = HeaderValue::from_static("application/octet-stream");
            let content_type = HeaderValue::from_str(&media.mime_type).unwrap_or(fallback);
            of_type(StatusCode::OK, content_type, media.bytes)
        }
        None => of_type(StatusCode::NOT_FOUND, HeaderValue::from_static("text/plain"), "URL signature expired"),
    }
}
