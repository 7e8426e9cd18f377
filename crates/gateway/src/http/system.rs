//! What tells of the process: health, metrics, the OpenAPI document and a page to read it. Open to everybody who can
//! reach the server; none of it speaks of a tenant's content.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderName, StatusCode, header};
use tidings_domain::usage::Day;
use tidings_store::StoreError;

use super::{
    openapi::openapi,
    problem::{Answer, Code, Problem},
};
use crate::{
    Gateway,
    flow::retention,
    telemetry::{ChannelLabels, EndpointLabels},
};

/// Up to how many events of an endpoint are counted for a gauge: whoever asks does so every few seconds.
const COUNTED_FOR_METRICS: u64 = 10_000;

/// The process is up
#[utoipa::path(
    get, path = "/healthz", operation_id = "get_health", tag = "system", security(()),
    responses((status = 200, description = "The process is up", content_type = "text/plain", body = String)),
)]
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// The server can take work
#[utoipa::path(
    get, path = "/readyz", operation_id = "get_readiness", tag = "system", security(()),
    responses((status = 200, description = "The store takes work", content_type = "text/plain", body = String)),
)]
pub(crate) async fn readiness(State(gateway): State<Arc<Gateway>>) -> Answer<&'static str> {
    if *gateway.stopping.borrow() {
        return Err(Problem::new(Code::Overloaded, "the server is stopping").retry_after(5));
    }
    match gateway.store.ready().await {
        Ok(()) => Ok("ok\n"),
        Err(StoreError::DiskFull) => Err(StoreError::DiskFull.into()),
        Err(error) => {
            tracing::error!(%error, "the store does not answer");
            Err(Problem::new(Code::Overloaded, "the store does not answer").retry_after(5))
        }
    }
}

/// Metrics for Prometheus
#[utoipa::path(
    get, path = "/metrics", operation_id = "get_metrics", tag = "system", security(()),
    responses((status = 200, description = "In the OpenMetrics text format", content_type = "text/plain", body = String)),
)]
pub(crate) async fn metrics(State(gateway): State<Arc<Gateway>>) -> Response {
    measure_outboxes(&gateway).await;
    measure_endpoints(&gateway).await;
    measure_log(&gateway).await;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], gateway.metrics.text()).into_response()
}

/// What waits to be sent is counted when it is asked for. A channel that cannot be counted keeps its last figures.
async fn measure_outboxes(gateway: &Gateway) {
    let now = gateway.clock.now();
    for live in gateway.registry.channels.all() {
        let Ok(backlog) = gateway.store.send_backlog(live.channel.id, now).await else { continue };
        let labels = ChannelLabels { channel: live.channel.id.to_string() };
        let oldest = backlog.oldest.map_or(0, |oldest| now.since(oldest).as_secs());
        gateway.metrics.waiting.get_or_create(&labels).set(gauge(backlog.waiting));
        gateway.metrics.waiting_seconds.get_or_create(&labels).set(gauge(oldest));
        gateway.metrics.unknown.get_or_create(&labels).set(gauge(backlog.unknown));
    }
}

/// What waits to be delivered is counted when it is asked for, too.
async fn measure_endpoints(gateway: &Gateway) {
    let now = gateway.clock.now();
    for live in gateway.registry.endpoints.all() {
        let backlog = gateway.store.delivery_backlog(live.endpoint.id, live.kinds(), COUNTED_FOR_METRICS).await;
        let Ok(backlog) = backlog else { continue };
        let labels = EndpointLabels { endpoint: live.endpoint.id.to_string() };
        let oldest = backlog.oldest.map_or(0, |oldest| now.since(oldest).as_secs());
        gateway.metrics.backlog.get_or_create(&labels).set(gauge(backlog.events));
        gateway.metrics.backlog_seconds.get_or_create(&labels).set(gauge(oldest));
        gateway.metrics.retries.get_or_create(&labels).set(gauge(backlog.retries));
    }
}

/// How old the log is, and by how much it is older than it should be.
async fn measure_log(gateway: &Gateway) {
    let now = gateway.clock.now();
    let Ok(begin) = gateway.store.log_begin().await else { return };
    let begin = begin.unwrap_or(now);
    let kept_since = retention::begin(gateway.settings.kept.events, Day::of(now)).unwrap_or(begin);
    gateway.metrics.oldest_event_seconds.set(gauge(now.since(begin).as_secs()));
    gateway.metrics.retention_lag_seconds.set(gauge(kept_since.since(begin).as_secs()));
}

fn gauge(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// This document
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "get_openapi", tag = "system", security(()),
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")),
)]
pub(crate) async fn document() -> Answer<Response> {
    super::body::json(StatusCode::OK, &openapi())
}

const NO_SNIFFING: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

/// A page to read this document
#[utoipa::path(
    get, path = "/docs", operation_id = "read_docs", tag = "system", security(()),
    responses((status = 200, description = "A page", content_type = "text/html", body = String)),
)]
pub(crate) async fn docs() -> Response {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                  form-action 'none'; frame-ancestors 'none'";
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, policy), NO_SNIFFING];
    (headers, include_str!("docs/page.html")).into_response()
}

/// The script of the page.
pub(crate) async fn docs_script() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), NO_SNIFFING];
    (headers, include_str!("docs/page.js")).into_response()
}

/// The style of the page.
pub(crate) async fn docs_style() -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), NO_SNIFFING];
    (headers, include_str!("docs/page.css")).into_response()
}
