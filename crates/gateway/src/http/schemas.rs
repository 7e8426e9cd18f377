//! `GET /schemas/{format}/{event}.json`: what stands in a webhook's body, as JSON Schema. Open to everybody: it is the same
//! on every server of this version.

use axum::{extract::Path, response::Response};
use http::{HeaderValue, StatusCode, header};
use tidings_domain::{endpoint::WebhookFormat, event::EventKind};
use tidings_webhooks::schema::body_schema;

use super::{
    body::json,
    problem::{Answer, Problem},
};

/// It changes with the version alone, and then by additions.
const KEPT_FOR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// The schema of a webhook's body
///
/// `format` is `lifecycle` or `object`, `event` an event's name, with or without `.json` behind it. The object format tells of
/// what comes after a message's birth by `message.updated`.
#[utoipa::path(
    get, path = "/schemas/{format}/{event}", operation_id = "get_webhook_schema", tag = "system", security(()),
    params(
        ("format" = String, Path, description = "`lifecycle` or `object`"),
        ("event" = String, Path, description = "The event's name"),
    ),
    responses((status = 200, description = "JSON Schema, draft 2020-12", content_type = "application/schema+json")),
)]
pub(crate) async fn get(Path((format, event)): Path<(String, String)>) -> Answer<Response> {
    let event = event.strip_suffix(".json").unwrap_or(&event);
    let schema = WebhookFormat::from_name(&format)
        .zip(EventKind::from_name(event))
        .and_then(|(format, kind)| body_schema(kind, format))
        .ok_or_else(|| Problem::not_found("schema"))?;
    let mut answer = json(StatusCode::OK, &schema)?;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/schema+json"));
    answer.headers_mut().insert(header::CACHE_CONTROL, KEPT_FOR);
    Ok(answer)
}
