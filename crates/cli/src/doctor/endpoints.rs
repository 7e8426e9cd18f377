//! How channels and endpoints are doing, as the server says.

use serde_json::Value;

use super::finding::Finding;
use crate::{
    client::{Client, Failure, query},
    verb::text,
};

/// Looks; answers the channels, if they could be asked for.
pub(super) async fn look(client: &Client, findings: &mut Vec<Finding>) -> Option<Vec<Value>> {
    let channels = match all(client, "/v1/channels").await {
        Ok(channels) => channels,
        Err(failure) => {
            let advice = "give the operator's key with TIDINGS_ADMIN_KEY, or one that may read channels and endpoints";
            let told = failure.to_string();
            findings.push(Finding::warn("API key", told.lines().next().unwrap_or_default(), advice));
            return None;
        }
    };
    findings.push(Finding::ok("API key", "is taken"));
    if channels.is_empty() {
        findings.push(Finding::warn("channels", "there are none", "connect one: tidings channels add whatsapp"));
    }
    findings.extend(channels.iter().map(channel));
    match all(client, "/v1/endpoints").await {
        Ok(endpoints) if endpoints.is_empty() => {
            let advice = "register one: tidings endpoints add --url https://…";
            findings.push(Finding::warn("endpoints", "nobody is told what happens", advice));
        }
        Ok(endpoints) => findings.extend(endpoints.iter().map(endpoint)),
        Err(failure) => {
            findings.push(Finding::warn("endpoints", failure.to_string(), "use a key that may read them"));
        }
    }
    Some(channels)
}

/// Everything that a list has.
async fn all(client: &Client, path: &str) -> Result<Vec<Value>, Failure> {
    let (mut items, mut cursor) = (Vec::new(), None);
    loop {
        let parameters = [("limit", Some("200".to_owned())), ("cursor", cursor.take())];
        let answer = client.get(&query(path, &parameters)).await?;
        items.extend_from_slice(answer.items());
        match answer.next_cursor() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(items),
        }
    }
}

fn channel(channel: &Value) -> Finding {
    let (id, name, status) = (text(channel, "/id"), text(channel, "/name"), text(channel, "/status"));
    let detail = format!("{id} “{name}” is {status}");
    match &*status {
        "connected" => Finding::ok("channel", detail),
        "pending" => {
            Finding::warn("channel", detail, format!("nothing was heard of it yet: tidings channels check {id}"))
        }
        _ => Finding::fail(
            "channel",
            detail,
            format!(
                "tidings channels check {id} tells why; a new token: tidings channels update {id} --credential access_token=…"
            ),
        ),
    }
}

fn endpoint(endpoint: &Value) -> Finding {
    let (id, url, status) = (text(endpoint, "/id"), text(endpoint, "/url"), text(endpoint, "/status"));
    let detail = format!("{id} {url} is {status}");
    match &*status {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn what_does_not_work_is_a_failure() {
        for (status, state) in [("connected", State::Ok), ("pending", State::Warn), ("disconnected", State::Fail)] {
            assert_eq!(channel(&json!({ "id": "chan_1", "status": status })).state, state);
        }
        for (status, state) in
            [("healthy", State::Ok), ("paused", State::Warn), ("down", State::Fail), ("disabled", State::Fail)]
        {
            assert_eq!(endpoint(&json!({ "id": "ep_1", "status": status })).state, state);
        }
    }
}
