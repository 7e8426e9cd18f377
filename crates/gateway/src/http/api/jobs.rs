//! `POST /v1/endpoints/{id}/replay`, and `/v1/jobs`, which tell how far replays have come.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tidings_domain::{
    EndpointId, JobId,
    audit::Action,
    event::Position,
    key::{Access, Area},
    pattern::EventPattern,
    replay::{JobStatus, Replay, ReplayOnly, ReplayScope},
};
use tidings_store::Claimed;
use tidings_webhooks::rendered_kind;
use utoipa::ToSchema;

use super::{endpoints::find, time};
use crate::{
    Gateway,
    http::{
        acts::Changes,
        auth::Caller,
        body::{Id, Params, RawRequest, json},
        idempotency::{Draft, Once},
        page::{List, PageParams, listed, page},
        problem::{Answer, Code, FieldProblem, Problem},
    },
    registry::LiveEndpoint,
};

/// Which events are to be sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayInput {
    /// Recorded at this time or later.
    since: String,
    /// Recorded before this time; until now unless told.
    #[serde(default)]
    until: Option<String>,
    /// Only these events, by name or pattern; all that the endpoint wants unless told.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    events: Option<Vec<EventPattern>>,
    /// `missing`: what was never tried at this endpoint, for whatever reason; `failed`: what was given up; `all`.
    #[schema(value_type = String, example = "missing")]
    only: ReplayOnly,
    /// Only counts: nothing is sent, and there is no job.
    #[serde(default)]
    dry_run: Option<bool>,
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobView {
    /// `job_…`
    #[schema(value_type = String)]
    id: JobId,
    /// `replay`
    r#type: &'static str,
    /// `running` (or waiting for its turn, or for its endpoint to be enabled), `done` or `cancelled`.
    #[schema(value_type = String, example = "running")]
    status: JobStatus,
    /// To whom.
    #[schema(value_type = String)]
    endpoint_id: EndpointId,
    /// Which events: `all`, `failed` or `missing`.
    #[schema(value_type = String, example = "missing")]
    only: ReplayOnly,
    /// Recorded at this time or later.
    since: String,
    /// Recorded before this time.
    until: Option<String>,
    /// How many events it is about, at most: what the endpoint's filter says of them is not counted beforehand.
    count: u64,
    /// How many of them have been sent. What the endpoint does not take is tried again by its schedule.
    sent: u64,
    /// How much of the log has been gone through, from 0 to 1.
    progress: f64,
    /// When it was asked for.
    created_at: String,
    /// When it came to its end.
    finished_at: Option<String>,
}

impl JobView {
    fn of(replay: &Replay) -> Self {
        let ReplayScope { after, up_to, .. } = replay.scope;
        let (whole, done) = (up_to.0.saturating_sub(after.0), replay.reached.0.saturating_sub(after.0));
        Self {
            id: replay.id,
            r#type: "replay",
            status: replay.status,
            endpoint_id: replay.endpoint_id,
            only: replay.scope.only,
            since: replay.scope.since.to_string(),
            until: replay.scope.until.map(|until| until.to_string()),
            count: replay.count,
            sent: replay.sent,
            progress: part(done.min(whole), whole),
            created_at: replay.created_at.to_string(),
            finished_at: replay.finished_at.map(|at| at.to_string()),
        }
    }
}

/// A part of a whole, in thousandths; all of it if there is nothing.
fn part(done: u64, whole: u64) -> f64 {
    let thousandths = (done.saturating_mul(1000)).checked_div(whole).unwrap_or(1000);
    f64::from(u32::try_from(thousandths).unwrap_or(1000)) / 1000.0
}

/// How many events a replay would be about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayCount {
    /// How many, at most: what the endpoint's filter says of them is not counted beforehand.
    count: u64,
}

/// Send an endpoint events of the past
///
/// As a job: it goes through the log in order, beside what is new and within the endpoint's limits, and survives a
/// restart. `GET /v1/jobs/{id}` tells how far it has come. With `dry_run` it only counts.
#[utoipa::path(
    post, path = "/endpoints/{id}/replay", operation_id = "replay_events", tag = "endpoints", request_body = ReplayInput,
    params(
        ("id" = String, Path, description = "The endpoint"),
        ("idempotency-key" = Option<String>, Header, description = "Makes a repetition safe"),
    ),
    responses(
        (status = 202, description = "It is under way", body = JobView),
        (status = 200, description = "With `dry_run`: how many events it would be about", body = ReplayCount),
    ),
)]
pub(crate) async fn replay(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Id,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Write)?;
    let once = Once::of(&gateway, &caller, &request)?;
    if let Some(answer) = once.answered().await? {
        return Ok(answer);
    }
    let live = find(&gateway, &caller, &id)?;
    let input: ReplayInput = request.json()?;
    let scope = scope(&gateway, &live, &input).await?;
    let (workspace_id, endpoint_id) = (live.endpoint.workspace_id, live.endpoint.id);
    let count = gateway.store.replay_count(workspace_id, endpoint_id, scope.clone()).await?;
    if input.dry_run.unwrap_or(false) {
        return json(StatusCode::OK, &ReplayCount { count });
    }
    let replay = Replay {
        id: gateway.ids.next(JobId::next),
        workspace_id,
        endpoint_id,
        reached: scope.after,
        scope,
        count,
        sent: 0,
        status: JobStatus::Running,
        created_at: gateway.clock.now(),
        finished_at: None,
    };
    let draft = Draft::new(StatusCode::ACCEPTED, &JobView::of(&replay))?;
    let act = caller.act(&gateway, Action::ReplayCreated, replay.id, asked(&replay));
    let claimed = gateway.store.replay_create(replay, once.claim(&draft), act).await?;
    if claimed == Claimed::Done {
        gateway.dispatcher.replay_changed(endpoint_id).await;
    }
    once.finish(&claimed, draft, || {})
}

/// What a replay is about, as it is written down.
fn asked(replay: &Replay) -> Changes {
    let Replay { endpoint_id, count, scope, .. } = replay;
    Changes::between(
        None,
        Some(&json!({
            "endpoint_id": endpoint_id,
            "count": count,
            "only": scope.only,
            "since": scope.since.to_string(),
            "until": scope.until.map(|until| until.to_string()),
        })),
    )
}

async fn scope(gateway: &Gateway, live: &LiveEndpoint, input: &ReplayInput) -> Answer<ReplayScope> {
    let mut errors = Vec::new();
    let mut read = |pointer: &str, text: Option<&str>| match time(pointer, text) {
        Ok(time) => time,
        Err(problem) => {
            errors.extend(problem.errors);
            None
        }
    };
    let (since, until) = (read("since", Some(&input.since)), read("until", input.until.as_deref()));
    if since.zip(until).is_some_and(|(since, until)| until <= since) {
        errors.push(FieldProblem::new("/until", "must be later than `since`"));
    }
    if input.events.as_ref().is_some_and(Vec::is_empty) {
        errors.push(FieldProblem::new("/events", "must name something; leave it out for all events"));
    }
    let since = since.filter(|_| errors.is_empty()).ok_or_else(|| Problem::fields(errors))?;
    let (first, last) = gateway.store.log_between(since, until).await?.unwrap_or_default();
    let (after, mut up_to) = (first.0.saturating_sub(1), last.0);
    if input.only == ReplayOnly::Missing {
        // What the endpoint has not come to yet is not missing: it is still to be sent.
        up_to = up_to.min(gateway.store.delivery_load(live.endpoint.id).await?.low_water.0);
    }
    let mut kinds = live.kinds();
    if let Some(events) = &input.events {
        let rendered = |kind| rendered_kind(kind, live.endpoint.format);
        kinds.retain(|kind| events.iter().any(|pattern| pattern.matches(*kind, rendered(*kind))));
    }
    Ok(ReplayScope { kinds, only: input.only, since, until, after: Position(after.min(up_to)), up_to: Position(up_to) })
}

/// List the jobs
#[utoipa::path(
    get, path = "/jobs", operation_id = "list_jobs", tag = "endpoints", params(PageParams),
    responses((status = 200, description = "The newest first", body = List<JobView>)),
)]
pub(crate) async fn list(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Params(params): Params<PageParams>,
) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Read)?;
    let page = page("jobs", params.limit, params.cursor.as_deref())?;
    let listing = gateway.store.replay_list(caller.workspace_id, page).await?;
    json(StatusCode::OK, &listed("jobs", listing, |replay| JobView::of(&replay)))
}

/// Get a job
#[utoipa::path(
    get, path = "/jobs/{id}", operation_id = "get_job", tag = "endpoints",
    params(("id" = String, Path, description = "The job")),
    responses((status = 200, description = "How far it has come", body = JobView)),
)]
pub(crate) async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Read)?;
    let found = gateway.store.replay_get(caller.workspace_id, id.of("job")?).await?;
    json(StatusCode::OK, &JobView::of(&found.ok_or_else(|| Problem::not_found("job"))?))
}

/// Cancel a job
///
/// What it has handed over already is sent.
#[utoipa::path(
    post, path = "/jobs/{id}/cancel", operation_id = "cancel_job", tag = "endpoints",
    params(("id" = String, Path, description = "The job")),
    responses((status = 200, description = "It is cancelled", body = JobView)),
)]
pub(crate) async fn cancel(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Write)?;
    let now = gateway.clock.now();
    let job: JobId = id.of("job")?;
    let act = caller.act(&gateway, Action::ReplayCancelled, job, Changes::default());
    let found = gateway.store.replay_cancel(caller.workspace_id, job, now, act).await?;
    let replay = found.ok_or_else(|| Problem::not_found("job"))?;
    if replay.status == JobStatus::Done {
        return Err(Problem::new(Code::Conflict, "the job has come to its end already"));
    }
    gateway.dispatcher.replay_changed(replay.endpoint_id).await;
    json(StatusCode::OK, &JobView::of(&replay))
}
