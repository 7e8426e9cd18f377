//! The routes, and what happens around every request to the API. Vendors' webhooks are the hot path: nothing is laid
//! around them.

use std::sync::Arc;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, Method, Uri};
use tracing::Instrument as _;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    api, auth, inbound, jwks, media_link,
    problem::{Code, Problem},
    schemas, system,
};
use crate::{Gateway, telemetry::RequestLabels};

/// Every route that is documented, without what is laid around it: those of the API, and the open ones.
pub(crate) fn documented() -> (OpenApiRouter<Arc<Gateway>>, OpenApiRouter<Arc<Gateway>>) {
    let open = OpenApiRouter::new()
        .routes(routes!(inbound::receive, inbound::handshake))
        .routes(routes!(jwks::get))
        .routes(routes!(media_link::get))
        .routes(routes!(schemas::get))
        .routes(routes!(system::health))
        .routes(routes!(system::readiness))
        .routes(routes!(system::metrics))
        .routes(routes!(system::document))
        .routes(routes!(system::docs));
    (OpenApiRouter::new().nest("/v1", api::routes()), open)
}

/// Everything that is served.
pub(crate) fn router(gateway: &Arc<Gateway>) -> Router {
    let (api, open) = documented();
    let (api, _) = api.split_for_parts();
    let (open, _) = open.split_for_parts();
    let api = api
        .merge(Router::new().nest("/v1", api::later::routes()))
        .route_layer(from_fn_with_state(gateway.clone(), auth::layer))
        .method_not_allowed_fallback(wrong_method)
        .fallback(unknown)
        .layer(from_fn_with_state(gateway.clone(), around));
    open.route("/docs/page.js", get(system::docs_script))
        .route("/docs/page.css", get(system::docs_style))
        .method_not_allowed_fallback(wrong_method)
        .fallback_service(api.with_state(gateway.clone()))
        .with_state(gateway.clone())
}

/// Around every request to the API: an id, a count, and a task of its own for whatever changes something, so that a
/// caller that hangs up cannot leave a change half done.
async fn around(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let request_id = request_id(&gateway);
    let running = next.run(request).instrument(tracing::info_span!("request", id = request_id, %method));
    let mut response = if matches!(method, Method::GET | Method::HEAD) {
        running.await
    } else {
        tokio::spawn(running).await.unwrap_or_else(|error| Problem::internal(&error).into_response())
    };
    let labels = RequestLabels {
        method: known_method(&method),
        route: route.unwrap_or_else(|| "unknown".to_owned()),
        status: response.status().as_u16(),
    };
    gateway.metrics.requests.get_or_create(&labels).inc();
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// A method as a label: a caller may invent methods, and every one of them would be remembered.
fn known_method(method: &Method) -> String {
    let known = [Method::GET, Method::POST, Method::PATCH, Method::DELETE, Method::PUT, Method::HEAD, Method::OPTIONS];
    if known.contains(method) { method.to_string() } else { "other".to_owned() }
}

fn request_id(gateway: &Gateway) -> String {
    let mut bytes = [0; 16];
    gateway.random.fill(&mut bytes);
    format!("req_{:032x}", u128::from_be_bytes(bytes))
}

async fn unknown(uri: Uri) -> Problem {
    Problem::new(Code::NotFound, format!("there is nothing at {}", uri.path()))
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::new(Code::MethodNotAllowed, format!("{method} is not allowed at {}", uri.path()))
}
