//! The API's resources, one folder or file each; a file has the requests and answers of its endpoints beside them.

pub(crate) mod attempts;
pub(crate) mod audit;
pub(crate) mod channels;
pub(crate) mod consumers;
pub(crate) mod contacts;
pub(crate) mod conversations;
pub(crate) mod endpoints;
pub(crate) mod events;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod later;
pub(crate) mod media;
pub(crate) mod messages;
mod record;
pub(crate) mod usage;
pub(crate) mod workspaces;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use tidings_domain::Timestamp;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::problem::{Answer, Problem};
use crate::Gateway;

/// The routes under `/v1`: the table of contents.
pub(crate) fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new()
        .routes(routes!(workspaces::create, workspaces::list))
        .routes(routes!(workspaces::get, workspaces::update))
        .routes(routes!(usage::of_workspace))
        .routes(routes!(usage::own))
        .routes(routes!(keys::create, keys::list))
        .routes(routes!(keys::delete))
        .routes(routes!(audit::list))
        .routes(routes!(channels::create::create, channels::list))
        .routes(routes!(channels::get, channels::update::update, channels::delete))
        .routes(routes!(channels::reprocess))
        .routes(routes!(channels::check::check))
        .routes(routes!(channels::templates::list))
        .routes(routes!(channels::templates::sync))
        .routes(routes!(endpoints::create::create, endpoints::list))
        .routes(routes!(endpoints::get, endpoints::update::update, endpoints::delete))
        .routes(routes!(endpoints::try_filter::try_filter))
        .routes(routes!(endpoints::stats::stats))
        .routes(routes!(endpoints::test::test))
        .routes(routes!(endpoints::rotate::rotate))
        .routes(routes!(jobs::replay))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::get))
        .routes(routes!(jobs::cancel))
        .routes(routes!(attempts::list))
        .routes(routes!(attempts::dead_letters))
        .routes(routes!(attempts::get))
        .routes(routes!(events::list::list))
        .routes(routes!(events::stream::stream))
        .routes(routes!(events::get))
        .routes(routes!(events::resend::resend))
        .routes(routes!(consumers::list))
        .routes(routes!(consumers::get, consumers::delete))
        .routes(routes!(consumers::fetch))
        .routes(routes!(consumers::acknowledge))
        .routes(routes!(messages::submit::submit, messages::list))
        .routes(routes!(messages::get, messages::reschedule::reschedule, messages::cancel::cancel))
        .routes(routes!(messages::retry::retry))
        .routes(routes!(messages::trace::trace))
        .merge(OpenApiRouter::new().routes(routes!(media::upload)).layer(DefaultBodyLimit::max(media::LONGEST_FORM)))
        .routes(routes!(media::list))
        .routes(routes!(media::get))
        .routes(routes!(contacts::create::create, contacts::list))
        .routes(routes!(contacts::get, contacts::update::update, contacts::erase::erase))
        .routes(routes!(contacts::merge::merge))
        .routes(routes!(conversations::list))
        .routes(routes!(conversations::get, conversations::update::update))
        .routes(routes!(conversations::receipts::read))
        .routes(routes!(conversations::receipts::typing))
}

/// A time in a parameter.
fn time(name: &str, text: Option<&str>) -> Answer<Option<Timestamp>> {
    let wrong = || Problem::field(format!("/{name}"), "expected a time in RFC 3339, such as 2026-04-19T14:30:00Z");
    text.map(|text| Timestamp::parse(text).ok_or_else(wrong)).transpose()
}

/// A word or an id in a parameter.
fn parameter<T>(name: &str, text: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Answer<Option<T>> {
    let wrong = |text| Problem::field(format!("/{name}"), format!("`{text}` is not a possible value"));
    text.map(|text| read(text).ok_or_else(|| wrong(text))).transpose()
}
