//! How channels are doing: what their vendors say, when something came in last, and whether templates could be read.

use serde_json::Value;

use super::finding::Finding;
use crate::{
    client::{Client, Failure, path, query},
    verb::text,
};

/// Looks at all of them; answers them, if they could be asked for. `asks`: the vendors, too.
pub(super) async fn look(client: &Client, asks: bool, findings: &mut Vec<Finding>) -> Option<Vec<Value>> {
    let channels = match client.all("/v1/channels").await {
        Ok(channels) => channels,
        Err(failure) => {
            let advice = "give the operator's key with TIDINGS_ADMIN_KEY, or one that may read channels and endpoints";
            findings.push(Finding::fail("API key", failure.first_line(), advice));
            return None;
        }
    };
    findings.push(Finding::ok("API key", "is taken"));
    if channels.is_empty() {
        findings.push(Finding::warn("channels", "there are none", "connect one: tidings channels add whatsapp"));
    }
    for known in &channels {
        let checked = if asks { check(client, known).await } else { None };
        findings.push(channel(known, checked.as_ref()));
        findings.extend(checked.as_ref().and_then(|checked| templates(known, checked)));
        findings.extend(checked.as_ref().and_then(|checked| webhook(known, checked)));
        // A key that may not read messages has nothing to say of them.
        if let Ok(last) = last_inbound(client, known).await {
            findings.push(inbound(known, last.as_deref()));
        }
    }
    Some(channels)
}

/// What the vendor says; `None` if the key may not ask it, or it could not be asked.
async fn check(client: &Client, channel: &Value) -> Option<Value> {
    let id = text(channel, "/id");
    client.post(&path(&["channels", &id, "check"]), None).await.ok().map(|answer| answer.json)
}

/// When a message came in last.
async fn last_inbound(client: &Client, channel: &Value) -> Result<Option<String>, Failure> {
    let asked = [
        ("channel_id", Some(text(channel, "/id"))),
        ("direction", Some("inbound".to_owned())),
        ("limit", Some("1".to_owned())),
    ];
    let answer = client.get(&query("/v1/messages", &asked)).await?;
    Ok(answer.items().first().map(|message| text(message, "/created_at")))
}

fn channel(channel: &Value, checked: Option<&Value>) -> Finding {
    let status = text(checked.unwrap_or(channel), "/status");
    let (id, name) = (text(channel, "/id"), text(channel, "/name"));
    let detail = format!("{id} “{name}” is {status}");
    if let Some(checked) = checked.filter(|checked| checked["ok"] != true) {
        let (message, code) = (text(checked, "/error/message"), text(checked, "/error/code"));
        return Finding::fail("channel", format!("{detail}; the vendor: {message} ({code})"), advice_for(checked, &id));
    }
    match &*status {
        "connected" if checked.is_some() => Finding::ok("channel", format!("{detail}, and its vendor answers")),
        "connected" => Finding::ok("channel", detail),
        "pending" => {
            Finding::warn("channel", detail, format!("nothing was heard of it yet: tidings channels check {id}"))
        }
        _ => Finding::fail("channel", detail, format!("tidings channels check {id} tells why")),
    }
}

/// What to do about what a vendor does not like.
fn advice_for(checked: &Value, id: &str) -> String {
    match &*text(checked, "/error/category") {
        "auth_error" => format!("give it a new token: tidings channels update {id} --credential access_token=…"),
        "rate_limit" => "the vendor asks for patience; look again later".to_owned(),
        "network_error" => "see that this machine reaches the vendor: name resolution, firewall, proxy".to_owned(),
        _ => format!("look at the account in the vendor's console, then: tidings channels check {id}"),
    }
}

fn templates(channel: &Value, checked: &Value) -> Option<Finding> {
    let id = text(channel, "/id");
    (checked["ok"] == true && checked["templates"].is_null()).then(|| {
        Finding::warn(
            "templates",
            format!("those of {id} could not be read"),
            format!(
                "is its business_account_id set, and may its token read them? tidings channels templates {id} --sync"
            ),
        )
    })
}

/// Where the vendor posts to, if it tells.
fn webhook(channel: &Value, checked: &Value) -> Option<Finding> {
    let (id, address) = (text(channel, "/id"), text(channel, "/webhook_url"));
    let posts_to = checked["posts_to"].as_str()?;
    Some(if posts_to == address {
        Finding::ok("webhook", format!("the vendor posts what comes in by {id} to {address}"))
    } else {
        Finding::warn(
            "webhook",
            format!("the vendor posts what comes in by {id} to {posts_to}, and not to {address}"),
            format!("unless that leads to it, enter {address} at the vendor: tidings channels get {id}"),
        )
    })
}

fn inbound(channel: &Value, last: Option<&str>) -> Finding {
    let (id, address) = (text(channel, "/id"), text(channel, "/webhook_url"));
    match last {
        Some(last) => Finding::ok("inbound", format!("{id} took a message in last at {last}")),
        None => Finding::warn(
            "inbound",
            format!("{id} has taken no message in yet"),
            format!(
                "enter {address} and the verify token at the vendor, and subscribe to the field `messages`: tidings channels get {id}"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn without_a_check_the_status_counts() {
        for (status, state) in [("connected", State::Ok), ("pending", State::Warn), ("disconnected", State::Fail)] {
            assert_eq!(channel(&json!({ "id": "chan_1", "status": status }), None).state, state);
        }
    }

    #[test]
    fn what_the_vendor_says_counts_more() {
        let known = json!({ "id": "chan_1", "status": "connected" });
        let fine = json!({ "ok": true, "status": "connected", "templates": null });
        assert_eq!(channel(&known, Some(&fine)).state, State::Ok);
        assert!(templates(&known, &fine).is_some());
        for (posts_to, state) in [("https://a/in/1", Some(State::Ok)), ("https://b", Some(State::Warn)), ("", None)] {
            let known = json!({ "id": "chan_1", "webhook_url": "https://a/in/1" });
            let told = if posts_to.is_empty() { Value::Null } else { json!(posts_to) };
            let found = webhook(&known, &json!({ "posts_to": told })).map(|finding| finding.state);
            assert_eq!(found, state, "{posts_to}");
        }
        let wrong = json!({ "ok": false, "status": "connected", "error": { "category": "auth_error" } });
        assert_eq!(channel(&known, Some(&wrong)).state, State::Fail);
        assert!(templates(&known, &wrong).is_none());
        assert!(advice_for(&wrong, "chan_1").contains("access_token"));
    }
}
