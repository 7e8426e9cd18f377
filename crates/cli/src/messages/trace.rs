//! `tidings messages trace`: a message's story, told line by line.

use serde_json::Value;

use crate::{
    client::path,
    output::{Paint, Tone, clean},
    verb::{Desk, text},
};

/// Tells it.
pub(super) async fn trace(desk: &Desk, id: &str) -> anyhow::Result<()> {
    let answer = desk.client.get(&path(&["messages", id, "trace"])).await?;
    desk.output.answer(&answer, |answer| story(desk.output.paint, &answer.json))
}

fn story(paint: Paint, trace: &Value) -> String {
    let field = |value: &Value, pointer: &str| clean(&text(value, pointer));
    let message = &trace["message"];
    let words = [field(message, "/direction"), field(message, "/type"), field(message, "/text")].join(" ");
    let mut lines = vec![format!(
        "{}  {}  {}",
        paint.on(Tone::Bold, &field(message, "/id")),
        field(message, "/status"),
        words.trim_end()
    )];
    if !message["error"].is_null() {
        let error = format!("{} {}", field(message, "/error/code"), field(message, "/error/message"));
        lines.push(paint.on(Tone::Bad, &format!("failed: {error}")));
    }
    for event in trace["events"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let name = paint.on(Tone::Bold, &format!("{:<18}", field(event, "/event")));
        let id = paint.on(Tone::Dim, &field(event, "/event_id"));
        lines.push(format!("\n{}  {name}  {id}", field(event, "/timestamp")));
        if let Some(size) = event["webhook"]["size"].as_u64() {
            let received = field(event, "/webhook/received_at");
            lines.push(format!("  ← the vendor's webhook of {received}, {size} bytes"));
        }
        let attempts = event["attempts"].as_array().map(Vec::as_slice).unwrap_or_default();
        lines.extend(attempts.iter().map(|attempt| {
            let tone = if attempt["outcome"] == "delivered" { Tone::Good } else { Tone::Bad };
            let outcome = paint.on(tone, &field(attempt, "/outcome"));
            let (status, error) = (field(attempt, "/status_code"), field(attempt, "/error"));
            let (at, endpoint) = (field(attempt, "/at"), field(attempt, "/endpoint_id"));
            let number = field(attempt, "/attempt");
            let line = format!("  → {at}  {endpoint}  attempt {number}  {outcome}  {status}  {error}");
            line.trim_end().to_owned()
        }));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_story_has_the_vendor_s_side_and_the_endpoints() {
        let trace = json!({
            "message": { "id": "msg_1", "status": "failed", "direction": "outbound", "type": "text", "text": "Hi",
                "error": { "code": "131026", "message": "undeliverable" } },
            "events": [{
                "event": "message.failed", "event_id": "evt_1", "timestamp": "T1",
                "webhook": { "received_at": "T2", "size": 40 },
                "attempts": [{ "at": "T3", "endpoint_id": "ep_1", "attempt": 2, "outcome": "delivered",
                    "status_code": 200, "error": null }],
            }],
        });
        assert_eq!(
            story(Paint::NONE, &trace),
            "msg_1  failed  outbound text Hi\n\
             failed: 131026 undeliverable\n\
             \n\
             T1  message.failed      evt_1\n  \
             ← the vendor's webhook of T2, 40 bytes\n  \
             → T3  ep_1  attempt 2  delivered  200"
        );
    }
}
