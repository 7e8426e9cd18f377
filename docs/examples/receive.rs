//! Takes webhooks of Tidings: verified, once each, answered before the work is done. With `axum` and the standard's own
//! library, `standardwebhooks`.

#![expect(clippy::print_stdout, reason = "it shows what it takes")]

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::{net::TcpListener, sync::mpsc};

struct Receiver {
    /// One for each secret: two while one replaces the other.
    verifiers: Vec<Webhook>,
    /// In a real program: a unique column in the database that the work is done in.
    seen: Mutex<HashSet<String>>,
    work: mpsc::UnboundedSender<Value>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let secrets = std::env::var("WEBHOOK_SECRET")?;
    let (work, mut events) = mpsc::unbounded_channel();
    let receiver = Receiver {
        verifiers: secrets.split(' ').map(Webhook::new).collect::<Result<_, _>>()?,
        seen: Mutex::default(),
        work,
    };
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            println!("{} {}", event["event"].as_str().unwrap_or("?"), event["data"]["content"].as_str().unwrap_or(""));
        }
    });
    let port = std::env::var("PORT").unwrap_or_else(|_| "0".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().fallback_service(post(take).with_state(Arc::new(receiver)))).await?;
    Ok(())
}

async fn take(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    // The signature is over the bytes as they came: they are parsed afterwards. Old timestamps are refused, too.
    if !receiver.verifiers.iter().any(|verifier| verifier.verify(&body, &headers).is_ok()) {
        return StatusCode::UNAUTHORIZED;
    }
    let identity = headers.get("webhook-id").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let is_new = receiver.seen.lock().is_ok_and(|mut seen| seen.insert(identity));
    if is_new
        && let Ok(event) = serde_json::from_slice(&body)
        && receiver.work.send(event).is_err()
    {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::NO_CONTENT
}
