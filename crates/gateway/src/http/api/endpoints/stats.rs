//! `GET /v1/endpoints/{id}/stats`: how an endpoint is doing.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Serialize;
use tidings_domain::{
    Timestamp,
    delivery::Outcome,
    endpoint::EndpointStatus,
    key::{Access, Area},
};
use utoipa::ToSchema;

use super::find;
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{Id, json},
        problem::Answer,
    },
};

/// Up to how many events are counted.
pub(crate) const COUNTED: u64 = 1_000_000;
/// Of how many attempts rate and latency are told.
const NEWEST: usize = 1_000;

/// How an endpoint is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndpointStats {
    /// `healthy`, `down`, `disabled` or `paused`.
    #[schema(value_type = String, example = "healthy")]
    status: EndpointStatus,
    /// How many events it has still to be sent, at most (what its filter and channels say of them is not counted); no
    /// further than to a million.
    backlog: u64,
    /// How many of them are to be tried again.
    retries: u64,
    /// How many events were given up and have not been delivered since.
    dead: u64,
    /// When the oldest event that it has still to be sent was recorded.
    oldest_undelivered_at: Option<String>,
    /// How many seconds ago that was.
    oldest_undelivered_seconds: Option<u64>,
    /// What came of its newest attempts.
    attempts: AttemptStats,
    /// What is known of its trouble.
    health: HealthView,
}

/// What came of the newest attempts: 1,000 of them, if there were as many.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptStats {
    /// How many they are.
    count: usize,
    /// How many of them were taken.
    delivered: usize,
    /// Which part of them was taken, from 0 to 1; null if there were none.
    success_rate: Option<f64>,
    /// How many milliseconds half of them took at most.
    p50_ms: Option<u64>,
    /// How many 95 of 100 took at most.
    p95_ms: Option<u64>,
}

/// What is known of an endpoint's trouble.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthView {
    /// Failures since it took something last.
    consecutive_failures: u32,
    /// When the first of them was.
    failing_since: Option<String>,
    /// When it took something last.
    last_success_at: Option<String>,
    /// Since when it counts as down.
    down_since: Option<String>,
    /// When it is probed next.
    next_probe_at: Option<String>,
}

impl AttemptStats {
    fn of(newest: &[(Outcome, u64)]) -> Self {
        let delivered = newest.iter().filter(|(outcome, _)| *outcome == Outcome::Delivered).count();
        let mut took: Vec<u64> = newest.iter().map(|(_, duration)| *duration).collect();
        took.sort_unstable();
        let percentile =
            |hundredths: usize| took.get((took.len() * hundredths).div_ceil(100).saturating_sub(1)).copied();
        let share = |part: usize, whole: usize| {
            let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
            (whole > 0).then(|| number(part) / number(whole))
        };
        Self {
            count: newest.len(),
            delivered,
            success_rate: share(delivered, newest.len()),
            p50_ms: percentile(50),
            p95_ms: percentile(95),
        }
    }
}

/// Get an endpoint's statistics
#[utoipa::path(
    get, path = "/endpoints/{id}/stats", operation_id = "get_endpoint_stats", tag = "endpoints",
    params(("id" = String, Path, description = "The endpoint")),
    responses((status = 200, description = "How it is doing", body = EndpointStats)),
)]
pub(crate) async fn stats(State(gateway): State<Arc<Gateway>>, caller: Caller, id: Id) -> Answer<Response> {
    caller.may(Area::Endpoints, Access::Read)?;
    let live = find(&gateway, &caller, &id)?;
    let id = live.endpoint.id;
    let backlog = gateway.store.delivery_backlog(id, live.kinds(), COUNTED).await?;
    let newest = gateway.store.attempt_newest(id, NEWEST).await?;
    let health = gateway.store.delivery_load(id).await?.health;
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let stats = EndpointStats {
        status: live.status,
        backlog: backlog.events,
        retries: backlog.retries,
        dead: gateway.store.dead_count(id).await?,
        oldest_undelivered_at: text(backlog.oldest),
        oldest_undelivered_seconds: backlog.oldest.map(|oldest| gateway.clock.now().since(oldest).as_secs()),
        attempts: AttemptStats::of(&newest),
        health: HealthView {
            consecutive_failures: health.consecutive_failures,
            failing_since: text(health.failing_since),
            last_success_at: text(health.last_success_at),
            down_since: text(health.down_since),
            next_probe_at: text(health.next_probe_at),
        },
    };
    json(StatusCode::OK, &stats)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let all: Vec<(Outcome, u64)> = (1..=20).map(|number| (Outcome::Delivered, number)).collect();
        let stats = AttemptStats::of(&all);
        assert_eq!((stats.p50_ms, stats.p95_ms, stats.success_rate), (Some(10), Some(19), Some(1.0)));
        let stats = AttemptStats::of(&[(Outcome::Failed, 7), (Outcome::Delivered, 3)]);
        assert_eq!((stats.p50_ms, stats.p95_ms, stats.success_rate), (Some(3), Some(7), Some(0.5)));
        let none = AttemptStats::of(&[]);
        assert_eq!((none.p50_ms, none.success_rate), (None, None));
    }
}
