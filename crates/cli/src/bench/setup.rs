//! Prepares a fresh server through its public API: one `WhatsApp` channel, and the endpoints.

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use serde_json::{Value, json};
use tidings_simulator::{Connection, whatsapp::Account};

use super::child::{ADMIN_KEY, Server};

/// The business that the messages are written to.
pub(super) fn account() -> Account {
    Account {
        phone_number_id: "106540352242922".into(),
        business_account_id: "102290129340398".into(),
        display_phone_number: "15550783881".into(),
        app_secret: "secret-of-the-benchmark".into(),
    }
}

/// Creates the channel and the endpoints, and answers the address that the vendor posts to.
pub(super) async fn prepare(server: &Server, endpoints: &[String]) -> Result<String> {
    let base = format!("http://{}", server.address);
    let mut connection = Connection::to(&base)?;
    let account = account();
    let channel = json!({
        "type": "whatsapp",
        "name": "Benchmark",
        "credentials": { "access_token": "none", "app_secret": account.app_secret },
        "settings": {
            "phone_number_id": account.phone_number_id,
            "business_account_id": account.business_account_id,
        },
    });
    let channel = create(&mut connection, &base, "channels", &channel).await?;
    let id = channel["id"].as_str().context("the new channel has no id")?;
    for url in endpoints {
        let endpoint = json!({ "url": url, "format": "lifecycle", "events": ["message.*"] });
        create(&mut connection, &base, "endpoints", &endpoint).await?;
    }
    Ok(format!("{base}/in/{id}"))
}

async fn create(connection: &mut Connection, base: &str, kind: &str, what: &Value) -> Result<Value> {
    let request = Request::post(format!("{base}/v1/{kind}"))
        .header(header::AUTHORIZATION, format!("Bearer {ADMIN_KEY}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(what.to_string())))?;
    let response = connection.send(request).await?;
    let (status, body) = (response.status(), String::from_utf8_lossy(response.body()));
    anyhow::ensure!(status.is_success(), "POST /v1/{kind} answered {status}: {body}");
    Ok(serde_json::from_str(&body)?)
}
