//! What a later version does. Each of these has its address and its rights already, and says that it is not there yet.

use std::sync::Arc;

use axum::{
    Router,
    routing::{MethodFilter, MethodRouter},
};
use http::Method;
use tidings_domain::key::{Access, Area};

use crate::{
    Gateway,
    http::{auth::Caller, problem::Problem},
};

/// A call that a later version answers.
#[derive(Clone, Copy)]
pub(crate) struct Later {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) area: Area,
    pub(crate) access: Access,
    what: &'static str,
}

const fn later(method: &'static str, path: &'static str, area: Area, access: Access, what: &'static str) -> Later {
    Later { method, path, area, access, what }
}

/// All of them, under `/v1`.
pub(crate) const LATER: &[Later] = {
    use Access::Write;
    use Area::Conversations;
    &[later("POST", "/conversations/{id}/handoff", Conversations, Write, "handing conversations over")]
};

/// Their routes.
pub(crate) fn routes() -> Router<Arc<Gateway>> {
    LATER.iter().fold(Router::new(), |router, call| {
        let handler = move |caller: Caller| async move {
            match caller.may(call.area, call.access) {
                Ok(()) => Problem::not_available(call.what, None),
                Err(problem) => problem,
            }
        };
        router.route(call.path, MethodRouter::new().on(filter(call.method), handler))
    })
}

fn filter(method: &str) -> MethodFilter {
    let method: Method = method.parse().expect("the table above has methods");
    MethodFilter::try_from(method).expect("the table above has methods that can be routed")
}
