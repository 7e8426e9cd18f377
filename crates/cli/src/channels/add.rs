//! Makes a channel, asks the vendor whether it works, and says what is left to be done in the vendor's console.

use serde_json::{Value, json};

use super::found;
use crate::{
    client::path,
    output::{Paint, Tone, note},
    verb::{Desk, text},
};

/// The fields of a Meta app's webhook that we make something of.
const FIELDS: [&str; 11] = [
    "messages",
    "smb_message_echoes",
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "account_update",
    "user_id_update",
    "user_preferences",
];

/// Makes it. With `--json` the channel is printed as it was answered, and nothing else.
pub(super) async fn add(desk: &Desk, channel: Value) -> anyhow::Result<()> {
    let answer = desk.client.post(&path(&["channels"]), Some(&channel)).await?;
    let id = text(&answer.json, "/id");
    if desk.output.json {
        return desk.output.answer(&answer, |_| String::new());
    }
    crate::print(&format!("{id} is saved."))?;
    note("Asking the vendor…");
    let check = desk.client.post(&path(&["channels", &id, "check"]), Some(&json!({}))).await;
    let works = match &check {
        Ok(check) => {
            crate::print(&found(desk, check))?;
            check.json["ok"] == true
        }
        Err(failure) => {
            crate::print(&format!("It cannot be asked: {failure}"))?;
            false
        }
    };
    crate::print(&console(desk.output.paint, &answer.json))?;
    let mend = format!("tidings channels update {id} --credential access_token=…");
    anyhow::ensure!(works, "the channel is saved, but does not work yet; mend it with `{mend}`, or delete it");
    Ok(())
}

/// What is to be entered in Meta's console.
fn console(paint: Paint, channel: &Value) -> String {
    let value = |pointer: &str| paint.on(Tone::Bold, &text(channel, pointer));
    let url = text(channel, "/webhook_url");
    // Below one another, as they stand in the console.
    let fields = FIELDS.join("\n                ");
    let warning = if is_reachable(&url) {
        String::new()
    } else {
        let warning = "Meta takes only https addresses that it can reach: put a proxy with a certificate before the server, \
                       start it with --public-url https://…, and see `tidings channels get`.";
        format!("\n{}\n", paint.on(Tone::Warn, warning))
    };
    format!(
        "\nEnter this at https://developers.facebook.com/apps, your app › WhatsApp › Configuration › Webhook:\n\n  \
         Callback URL  {}\n  \
         Verify token  {}\n  \
         Subscribe to  {fields}\n{warning}",
        value("/webhook_url"),
        value("/verify_token"),
    )
}

/// Whether the vendor may reach an address, by how it looks.
fn is_reachable(url: &str) -> bool {
    let local = ["://127.", "://localhost", "://0.0.0.0", "://[::"];
    url.starts_with("https://") && !local.iter().any(|local| url.contains(local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_enter_is_told_whole() {
        let mut channel = json!({ "webhook_url": "https://chat.example.com/in/chan_1", "verify_token": "vt" });
        let told = console(Paint::NONE, &channel);
        for word in ["https://chat.example.com/in/chan_1\n", "Verify token  vt\n", "Subscribe to  messages\n"] {
            assert!(told.contains(word), "{told}");
        }
        assert!(!told.contains("--public-url"), "{told}");
        for field in FIELDS {
            assert!(told.contains(field), "{told}");
            let guide = include_str!("../../../../docs/connect-whatsapp.md");
            assert!(guide.contains(&format!("`{field}`")), "the guide does not name {field}");
        }
        channel["webhook_url"] = json!("http://127.0.0.1:7777/in/chan_1");
        assert!(console(Paint::NONE, &channel).contains("--public-url"));
    }
}
