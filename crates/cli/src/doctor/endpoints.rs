//! How endpoints are doing: their status, how far behind they are, and what was given up.

use serde_json::Value;

use super::finding::Finding;
use crate::{
    client::{Client, path},
    verb::text,
};

/// How many seconds an endpoint may be behind.
const BEHIND: u64 = 300;

/// Looks at all of them.
pub(super) async fn look(client: &Client, findings: &mut Vec<Finding>) {
    let endpoints = match client.all("/v1/endpoints").await {
        Ok(endpoints) => endpoints,
        Err(failure) => {
            findings.push(Finding::warn("endpoints", failure.first_line(), "use a key that may read them"));
            return;
        }
    };
    if endpoints.is_empty() {
        let advice = "register one: tidings endpoints add --url https://…";
        findings.push(Finding::warn("endpoints", "nobody is told what happens", advice));
    }
    for known in &endpoints {
        let stats = client.get(&path(&["endpoints", &text(known, "/id"), "stats"])).await;
        let stats = stats.map(|answer| answer.json).unwrap_or_default();
        findings.push(endpoint(known, &stats));
        findings.extend(given_up(known, &stats));
    }
}

fn endpoint(known: &Value, told: &Value) -> Finding {
    let (id, url, status) = (text(known, "/id"), text(known, "/url"), text(known, "/status"));
    let behind = told["oldest_undelivered_seconds"].as_u64().unwrap_or(0);
    let backlog = told["backlog"].as_u64().unwrap_or(0);
    let mut detail = format!("{id} {url} is {status}");
    if backlog > 0 {
        detail = format!("{detail}, {backlog} events and {behind} seconds behind");
    }
    match &*status {
        "healthy" if behind > BEHIND => Finding::warn(
            "endpoint",
            detail,
            format!(
                "it takes events more slowly than they come: tidings endpoints stats {id}; let it answer sooner, or raise \
                 its rate limit and concurrency"
            ),
        ),
        "healthy" => Finding::ok("endpoint", detail),
        "paused" => Finding::warn(
            "endpoint",
            detail,
            format!("when it may go on: tidings endpoints update {id} --enabled true"),
        ),
        "disabled" => Finding::fail(
            "endpoint",
            detail,
            format!(
                "mend the receiver, then tidings endpoints update {id} --enabled true, which delivers what it missed"
            ),
        ),
        _ => Finding::fail("endpoint", detail, format!("tidings endpoints attempts {id} tells what it answers")),
    }
}

fn given_up(known: &Value, stats: &Value) -> Option<Finding> {
    let id = text(known, "/id");
    let dead = stats["dead"].as_u64().filter(|dead| *dead > 0)?;
    Some(Finding::warn(
        "dead letters",
        format!("{dead} events for {id} were given up"),
        format!(
            "tidings endpoints dead-letters {id} tells why; tidings endpoints replay {id} --only failed --since … sends them again"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn what_does_not_work_is_a_failure() {
        for (status, state) in
            [("healthy", State::Ok), ("paused", State::Warn), ("down", State::Fail), ("disabled", State::Fail)]
        {
            assert_eq!(endpoint(&json!({ "id": "ep_1", "status": status }), &Value::Null).state, state);
        }
    }

    #[test]
    fn one_that_falls_behind_is_told_before_it_fails() {
        let known = json!({ "id": "ep_1", "status": "healthy" });
        for (seconds, state) in [(300, State::Ok), (301, State::Warn)] {
            let stats = json!({ "backlog": 7, "oldest_undelivered_seconds": seconds, "dead": 0 });
            assert_eq!(endpoint(&known, &stats).state, state);
            assert_eq!(given_up(&known, &stats), None);
        }
        assert!(given_up(&known, &json!({ "dead": 2 })).is_some());
    }
}
