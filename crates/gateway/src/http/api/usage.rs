//! `/v1/usage`: what a workspace does, by day or month, and what it has and may have. All of it is counted while it happens;
//! nothing is gone through to answer.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::{
    Timestamp, WorkspaceId,
    key::{Access, Area},
    usage::{Day, Usage},
};
use utoipa::{IntoParams, ToSchema};

use super::workspaces::{QuotasView, find};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, Params, json},
        problem::{Answer, Problem},
    },
};

/// How many days are told of unless somebody says which, and at most.
const DAYS: i64 = 30;
const MOST_DAYS: i64 = 400;
/// How long a day and a month are as texts.
const DAY_LENGTH: usize = "2026-04-19".len();
const MONTH_LENGTH: usize = "2026-04".len();

/// Which days are told of.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageParams {
    /// The first day in UTC, such as `2026-04-19`: 30 days before `until` unless told.
    #[serde(default)]
    since: Option<String>,
    /// The day after the last one; tomorrow unless told. 400 days after `since` at most.
    #[serde(default)]
    until: Option<String>,
    /// `day` (the default) or `month`.
    #[serde(default)]
    by: Option<String>,
}

/// What was done in a time.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = UsageCounts)]
pub(crate) struct CountsView {
    /// Messages that came from contacts.
    messages_in: u64,
    /// Messages that were accepted to be sent.
    messages_out: u64,
    /// Events in the log.
    events: u64,
    /// Attempts at delivering a webhook that the endpoint took.
    webhooks_delivered: u64,
    /// Attempts that it did not take.
    webhooks_failed: u64,
    /// Bytes of files that were added.
    media_bytes: u64,
}

impl CountsView {
    fn of(usage: Usage) -> Self {
        let Usage { messages_in, messages_out, events, webhooks_delivered, webhooks_failed, media_bytes } = usage;
        Self { messages_in, messages_out, events, webhooks_delivered, webhooks_failed, media_bytes }
    }
}

/// What was done on a day or in a month.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsagePeriod)]
pub(crate) struct PeriodView {
    /// The day, `2026-04-19`, or the month, `2026-04`, in UTC.
    period: String,
    /// What was done.
    #[serde(flatten)]
    counts: CountsView,
}

/// What a workspace has now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Holdings)]
pub(crate) struct HoldingsView {
    /// Contacts.
    contacts: u64,
    /// Channels.
    channels: usize,
    /// Endpoints.
    endpoints: usize,
    /// Keys, with those that have expired.
    keys: usize,
    /// Files.
    media_files: u64,
    /// Their bytes.
    media_bytes: u64,
}

/// What a workspace does, has and may have.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Usage)]
pub(crate) struct UsageView {
    /// Whose.
    #[schema(value_type = String)]
    workspace_id: WorkspaceId,
    /// The first day.
    since: String,
    /// The day after the last one.
    until: String,
    /// What was done, the oldest first. Days and months in which nothing was done are left out.
    data: Vec<PeriodView>,
    /// All of it together.
    total: CountsView,
    /// What it has now.
    has: HoldingsView,
    /// What the operator allows it.
    quotas: QuotasView,
}

/// What the key's workspace uses
///
/// By day or month in UTC, and what it has and may have.
#[utoipa::path(
    get, path = "/usage", operation_id = "get_usage", tag = "workspaces", params(UsageParams),
    responses((status = 200, description = "What it uses", body = UsageView)),
)]
pub(crate) async fn own(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<UsageParams>,
) -> Answer<Response> {
    caller.may(Area::Keys, Access::Read)?;
    json(StatusCode::OK, &view(&gateway, caller.workspace_id, &params).await?)
}

/// What a workspace uses
///
/// By day or month in UTC, and what it has and may have.
#[utoipa::path(
    get, path = "/workspaces/{id}/usage", operation_id = "get_workspace_usage", tag = "workspaces",
    params(("id" = String, Path, description = "The workspace"), UsageParams),
    responses((status = 200, description = "What it uses", body = UsageView)),
)]
pub(crate) async fn of_workspace(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    Params(params): Params<UsageParams>,
) -> Answer<Response> {
    caller.operator_only()?;
    let workspace = find(&gateway, &id)?.id;
    json(StatusCode::OK, &view(&gateway, workspace, &params).await?)
}

async fn view(gateway: &Gateway, workspace: WorkspaceId, params: &UsageParams) -> Answer<UsageView> {
    let length = match params.by.as_deref() {
        None | Some("day") => DAY_LENGTH,
        Some("month") => MONTH_LENGTH,
        Some(_) => return Err(Problem::field("/by", "expected day or month")),
    };
    let tomorrow = Day(Day::of(gateway.clock.now()).0 + 1);
    let until = day("until", params.until.as_deref())?.unwrap_or(tomorrow);
    let since = day("since", params.since.as_deref())?.unwrap_or(until.minus(DAYS));
    if !(1..=MOST_DAYS).contains(&(until.0 - since.0)) {
        return Err(Problem::field("/until", format!("must be 1 to {MOST_DAYS} days after `since`")));
    }
    let mut periods = BTreeMap::<String, Usage>::new();
    let mut total = Usage::default();
    for (day, usage) in gateway.store.usage_days(workspace, since, until.minus(1)).await? {
        let period = periods.entry(text(day)[..length].to_owned()).or_default();
        *period = period.plus(usage);
        total = total.plus(usage);
    }
    let holdings = gateway.store.usage_holdings(workspace).await?;
    let registry = &gateway.registry;
    Ok(UsageView {
        workspace_id: workspace,
        since: text(since),
        until: text(until),
        data: periods.into_iter().map(|(period, usage)| PeriodView { period, counts: CountsView::of(usage) }).collect(),
        total: CountsView::of(total),
        has: HoldingsView {
            contacts: holdings.contacts,
            channels: registry.channels.of(workspace).len(),
            endpoints: registry.endpoints.of(workspace).len(),
            keys: registry.keys.of(workspace).len(),
            media_files: holdings.media_files,
            media_bytes: holdings.media_bytes,
        },
        quotas: QuotasView::of(registry.workspaces.quotas(workspace)),
    })
}

/// `2026-04-19`
fn text(day: Day) -> String {
    let mut text = day.begin().rfc3339_seconds();
    text.truncate(DAY_LENGTH);
    text
}

/// A day in a parameter.
fn day(name: &str, asked: Option<&str>) -> Answer<Option<Day>> {
    let wrong = || Problem::field(format!("/{name}"), "expected a day, such as 2026-04-19");
    let read = |text: &str| Timestamp::parse(&format!("{text}T00:00:00Z")).filter(|_| text.len() == DAY_LENGTH);
    asked.map(|text| read(text).map(Day::of).ok_or_else(wrong)).transpose()
}
