//! The HTTP surface over a real store in a temporary folder, asked in process: no port, no network.

mod access;
mod attempts;
mod audit;
mod channels;
mod deliveries;
mod endpoints;
mod events;
mod files;
mod idempotency;
mod inbound;
mod keys;
mod media;
mod quotas;
mod retention;
mod serving;

use std::{sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_domain::{Timestamp, id::OrderedIds};
use tidings_store_sqlite::{Options, SqliteStore};
use tower::ServiceExt as _;

use super::router::router;
use crate::{
    Environment, Gateway, Settings,
    clock::{ManualClock, Random, SystemRandom},
    seal::SealKey,
};

pub(super) const ADMIN: &str = "tid_admin_of_the_tests";
/// However busy the machine is with other tests.
const PATIENCE: Duration = Duration::from_secs(30);
pub(super) const APP_SECRET: &str = "app-secret-of-the-tests";

/// A gateway that listens to nobody.
pub(super) struct Server {
    pub(super) gateway: Arc<Gateway>,
    pub(super) clock: Arc<ManualClock>,
    router: Router,
    folder: TempDir,
}

/// What a call was answered with.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Reply {
    pub(super) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub(super) fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no {field} in {}", self.body)).to_owned()
    }

    pub(super) fn pointers(&self) -> Vec<&str> {
        self.body["errors"].as_array().into_iter().flatten().filter_map(|error| error["pointer"].as_str()).collect()
    }
}

/// A call that is to be made.
pub(super) struct Call {
    request: http::request::Builder,
    body: Body,
}

impl Call {
    pub(super) fn new(method: &str, path: &str) -> Self {
        let method: Method = method.parse().unwrap();
        Self { request: Request::builder().method(method).uri(path), body: Body::empty() }
    }

    pub(super) fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(super) fn json(self, body: &Value) -> Self {
        self.bytes(body.to_string())
    }

    pub(super) fn bytes(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(super) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), Arc::new(SystemRandom), change).await
    }

    /// One whose randomness is this.
    pub(super) async fn start_with_random(random: impl Random + 'static) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), Arc::new(random), |_| {}).await
    }

    async fn start_in(folder: TempDir, random: Arc<dyn Random>, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::parse("2026-04-19T14:30:00Z").unwrap()));
        let mut settings = Settings::new(SealKey([9; 32]), folder.path().join("media"));
        settings.admin_key = Some(ADMIN.to_owned());
        settings.public_url = "https://tidings.example".to_owned();
        settings.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
        change(&mut settings);
        let ids = Box::new(OrderedIds::new(|bytes: &mut [u8]| SystemRandom.fill(bytes)));
        let database = folder.path().join("tidings.db");
        let store = Arc::new(SqliteStore::open(Options { database, ids }).unwrap());
        let environment = Environment { clock: clock.clone(), random };
        let gateway = Gateway::start(settings, store, environment).await.unwrap();
        Self { router: router(&gateway), gateway, clock, folder }
    }

    /// The same data, started again.
    pub(super) async fn restart(self) -> Self {
        let Self { gateway, router, folder, .. } = self;
        gateway.stop().await;
        drop((gateway, router));
        Self::start_in(folder, Arc::new(SystemRandom), |_| {}).await
    }

    pub(super) async fn send(&self, call: Call) -> http::Response<Body> {
        let request = call.request.body(call.body).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(super) async fn call(&self, call: Call) -> Reply {
        let (parts, body) = self.send(call).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.call(Call::new("GET", path).key(ADMIN)).await
    }

    /// Asks until the answer is so.
    pub(super) async fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let asking = async {
            let mut pause = tokio::time::interval(Duration::from_millis(5));
            loop {
                pause.tick().await;
                let reply = self.get(path).await;
                assert_eq!(reply.status, 200, "{}", reply.body);
                if is_so(&reply.body) {
                    return reply.body;
                }
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("{path} does not become so"))
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.call(Call::new("POST", path).key(ADMIN).json(body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.call(Call::new("PATCH", path).key(ADMIN).json(body)).await
    }

    /// A key of the default workspace with these scopes.
    pub(super) async fn key(&self, scopes: &[&str]) -> String {
        let reply = self.post("/v1/keys", &json!({"name": "test", "scopes": scopes})).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.text("secret")
    }

    /// A WhatsApp channel; answers its id.
    pub(super) async fn channel(&self, phone_number_id: &str) -> String {
        let reply = self.post("/v1/channels", &whatsapp(phone_number_id)).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.text("id")
    }

    /// An endpoint where nobody listens; answers its id.
    pub(super) async fn endpoint(&self) -> String {
        let reply = self.post("/v1/endpoints", &json!({"url": "http://127.0.0.1:9/hook"})).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.text("id")
    }

    /// Posts a vendor's webhook with the right signature.
    pub(super) async fn deliver(&self, channel: &str, body: &str) -> Reply {
        let call = Call::new("POST", &format!("/in/{channel}"));
        self.call(call.header("x-hub-signature-256", &signature(body)).bytes(body.to_owned())).await
    }
}

/// What makes a WhatsApp channel, whose vendor is not there.
pub(super) fn whatsapp(phone_number_id: &str) -> Value {
    json!({
        "type": "whatsapp",
        "name": "Shop",
        "credentials": {"access_token": "token", "app_secret": APP_SECRET},
        "settings": {"phone_number_id": phone_number_id, "api_base": "https://graph.invalid"},
    })
}

/// Meta's signature of a body.
pub(super) fn signature(body: &str) -> String {
    use std::fmt::Write as _;
    let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    tag.as_ref().iter().fold("sha256=".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A customer's text as WhatsApp posts it.
pub(super) fn text_message(phone_number_id: &str, number: u32, text: &str) -> String {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "1000", "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": phone_number_id},
            "contacts": [{"profile": {"name": "Ana Lima"}, "wa_id": "5511900000001"}],
            "messages": [{
                "from": "5511900000001", "id": format!("wamid.{number}"), "timestamp": "1776609000",
                "type": "text", "text": {"body": text},
            }],
        }}]}],
    })
    .to_string()
}
