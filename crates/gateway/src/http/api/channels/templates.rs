//! `/v1/channels/{id}/templates`: what the vendor has approved to be sent to whoever has not written lately.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use tidings_channels::Outbound;
use tidings_domain::{
    key::{Access, Area},
    template::Template,
};
use tidings_store::Templates;
use utoipa::ToSchema;

use super::{find, outbound};
use crate::{
    Gateway,
    flow::send::templates::{self, Unread},
    http::{
        auth::Caller,
        body::{Id, json},
        problem::{Answer, Code, Problem},
    },
    registry::LiveChannel,
};

/// A template.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Template)]
pub(crate) struct TemplateView {
    /// Its name.
    name: String,
    /// Its language.
    language: String,
    /// Whether it may be sent, in the vendor's word: `approved`, `paused`, `rejected` …
    status: String,
    /// What it is for, in the vendor's word: `marketing`, `utility` …
    category: Option<String>,
    /// How its receivers like it, in the vendor's word.
    quality: Option<String>,
    /// The places that are to be filled.
    parameters: Vec<String>,
    /// Its parts, in the vendor's shape.
    #[schema(value_type = Vec<Object>)]
    components: Vec<Value>,
    /// The vendor's id of it.
    vendor_id: Option<String>,
}

/// The templates of a channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplatesAnswer {
    /// The templates, by name and language.
    data: Vec<TemplateView>,
    /// When they were read from the vendor; null if they never were, so that nothing is known of them.
    read_at: Option<String>,
}

impl TemplatesAnswer {
    fn of(outbound: &dyn Outbound, templates: Templates) -> Self {
        let view = |template: Template| TemplateView {
            parameters: outbound.template_parameters(&template),
            name: template.name,
            language: template.language,
            status: template.status,
            category: template.category,
            quality: template.quality,
            components: template.components,
            vendor_id: template.vendor_id,
        };
        Self {
            data: templates.templates.into_iter().map(view).collect(),
            read_at: templates.read_at.map(|at| at.to_string()),
        }
    }
}

/// List the templates of a channel
///
/// As they were read from the vendor last: with a check, once a day, when the vendor says that one has changed, or when
/// asked to.
#[utoipa::path(
    get, path = "/channels/{id}/templates", operation_id = "list_templates", tag = "channels",
    params(("id" = String, Path, description = "The channel")),
    responses((status = 200, description = "The templates", body = TemplatesAnswer)),
)]
pub(crate) async fn list(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Channels, Access::Read)?;
    answer(&gateway, &*find(&gateway, &caller, &id)?).await
}

/// Read the templates of a channel from the vendor
#[utoipa::path(
    post, path = "/channels/{id}/templates/sync", operation_id = "sync_templates", tag = "channels",
    params(("id" = String, Path, description = "The channel")),
    responses((status = 200, description = "The templates", body = TemplatesAnswer)),
)]
pub(crate) async fn sync(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Channels, Access::Write)?;
    let live = find(&gateway, &caller, &id)?;
    match templates::read(gateway.senders.shared(), &live, outbound(&live)?).await {
        Ok(_) => answer(&gateway, &live).await,
        Err(Unread::Store(error)) => Err(error.into()),
        Err(error @ Unread::None) => Err(Problem::field("/settings/business_account_id", error.to_string())),
        Err(error @ (Unread::Vendor(_) | Unread::Endless)) => Err(Problem::new(Code::VendorFailed, error.to_string())),
    }
}

async fn answer(gateway: &Gateway, live: &LiveChannel) -> Answer<Response> {
    let templates = gateway.store.template_list(live.channel.id).await?;
    json(StatusCode::OK, &TemplatesAnswer::of(outbound(live)?, templates))
}
