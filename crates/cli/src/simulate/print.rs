//! What the simulator prints.

use serde_json::{Value, json};
use tidings_gateway::clock::{Clock as _, SystemClock};
use tidings_simulator::whatsapp::simulator::Simulator;

use super::SimulateArguments;

pub(super) fn introduction(simulator: &Simulator, arguments: &SimulateArguments) -> anyhow::Result<()> {
    let base = simulator.base();
    let channel = json!({
        "type": "whatsapp",
        "name": "Simulated number",
        "credentials": { "access_token": arguments.access_token, "app_secret": arguments.app_secret },
        "settings": {
            "phone_number_id": arguments.phone_number_id,
            "business_account_id": arguments.business_account_id,
            "api_base": base,
        },
    });
    crate::print(&format!(
        "WhatsApp's Graph API, simulated, for the number +{phone}: listening on {base}\n\n\
         The page to write from      {base}/\n\
         The state, and how to steer {base}/simulator\n\
         What a client calls         {base}/v26.0/{number}/messages\n\
         The access token            {token}\n\
         The app secret              {secret}\n\n\
         Tidings calls this address only if it may:\n\n    \
         TIDINGS_ALLOW_NETWORKS=127.0.0.0/8 tidings serve\n\n\
         Connect a channel, with the operator's key in KEY. It answers an id and a verify_token:\n\n    \
         curl http://127.0.0.1:7777/v1/channels -H \"authorization: Bearer $KEY\" -H 'content-type: application/json' \
         -d '{channel}'\n\n\
         Then tell where webhooks go, with that id and that token:\n\n    \
         curl -X PUT {base}/simulator/callback -H 'content-type: application/json' \
         -d '{{\"url\": \"http://127.0.0.1:7777/in/CHANNEL_ID\", \"verify_token\": \"VERIFY_TOKEN\"}}'\n\n\
         A customer writes:\n\n    \
         curl {base}/simulator/customers -H 'content-type: application/json' -d '{{\"name\": \"Ana\", \"phone\": \"+15550100001\"}}'\n    \
         curl {base}/simulator/messages -H 'content-type: application/json' -d '{{\"customer\": \"+15550100001\", \"text\": \"Hello?\"}}'\n",
        phone = arguments.phone,
        number = arguments.phone_number_id,
        token = arguments.access_token,
        secret = arguments.app_secret,
        // Within the single quotes of a shell.
        channel = channel.to_string().replace('\'', "'\\''"),
    ))
}

pub(super) fn handshake(url: &str, outcome: anyhow::Result<()>) -> anyhow::Result<()> {
    match outcome {
        Ok(()) => crate::print(&format!("{url} knows the token: webhooks go there")),
        Err(error) => crate::print(&format!("webhooks go nowhere yet: {error:#}")),
    }
}

/// `<time> call POST /v26.0/1/messages 200 12ms text to 15550100001`
pub(super) fn entry(entry: &Value) -> anyhow::Result<()> {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    let outcome = match entry["answer"]["status"].as_u64() {
        Some(status) => status.to_string(),
        None => format!("({})", text("error")),
    };
    let code =
        entry["answer"]["body"]["error"]["code"].as_u64().map(|code| format!(" code {code}")).unwrap_or_default();
    let attempt = entry["attempt"].as_u64().filter(|attempt| *attempt > 1);
    let attempt = attempt.map(|attempt| format!(" attempt {attempt}")).unwrap_or_default();
    let line = format!(
        "{} {} {} {outcome}{code}{attempt} {}ms {}",
        &SystemClock.now().rfc3339_millis()[11..23],
        text("kind"),
        text("title"),
        entry["duration_ms"],
        text("summary"),
    );
    crate::print(line.trim_end())
}
