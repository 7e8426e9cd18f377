//! The simulator over real sockets, as a business, a developer and a callback see it.

mod customers;
mod faults;
mod gaps;
mod reviews;
mod shapes;
mod steering;
mod watching;
mod windows;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::{Value, json};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Simulator, SimulatorOptions};
use crate::{Connection, receiver::Receiver, whatsapp::Account};

const TOKEN: &str = "EAAG-token";
const SECRET: &str = "app secret";
/// What the vendor's clock shows at first.
const NOW: i64 = 1_776_609_000;
const MESSAGES: &str = "/v26.0/106540352242922/messages";

/// A simulator, a callback that it posts to, and a connection to call it over.
struct Scene {
    simulator: Simulator,
    callback: Receiver,
    connection: Connection,
    clock: Arc<AtomicI64>,
}

impl Scene {
    async fn start() -> Scene {
        let callback = Receiver::start().await.unwrap();
        let clock = Arc::new(AtomicI64::new(NOW));
        let seconds = Arc::clone(&clock);
        let simulator = Simulator::start(SimulatorOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            public_url: None,
            account: Account {
                phone_number_id: "106540352242922".into(),
                business_account_id: "102290129340398".into(),
                display_phone_number: "15550783881".into(),
                app_secret: SECRET.into(),
            },
            access_token: TOKEN.into(),
            callback: Some(callback.url("/in")),
            seed: 7,
            now_seconds: Arc::new(move || seconds.load(Ordering::Relaxed)),
        })
        .await
        .unwrap();
        let connection = Connection::to(simulator.base()).unwrap();
        Scene { simulator, callback, connection, clock }
    }

    async fn call(&mut self, method: &str, path: &str, body: &Value) -> Response<Bytes> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/json")
            .body(Full::from(body))
            .unwrap();
        self.connection.send(request).await.unwrap()
    }

    /// A call that succeeds.
    async fn ask(&mut self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.call(method, path, &body).await;
        assert!(answer.status().is_success(), "{method} {path}: {}", String::from_utf8_lossy(answer.body()));
        serde_json::from_slice(answer.body()).unwrap()
    }

    /// The status and the document of a call that is refused.
    async fn refused(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let answer = self.call(method, path, &body).await;
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
    }

    /// What is answered to these bytes, to the end.
    async fn raw(&self, request: &str) -> String {
        let address = self.simulator.base().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// A customer at this number who loses no time, and has written lately.
    async fn customer(&mut self, phone: &str, more: Value) -> String {
        let mut customer = json!({ "name": "Ana", "phone": phone, "delay_ms": 0, "wrote_at": NOW });
        customer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.ask("POST", "/simulator/customers", customer).await["id"].as_str().unwrap().to_owned()
    }

    /// The business sends. Answers the message's id.
    async fn send(&mut self, to: &str, content: Value) -> String {
        let mut message = json!({ "messaging_product": "whatsapp", "to": to });
        message.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
        self.ask("POST", MESSAGES, message).await["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn chat(&mut self, customer: &str) -> Vec<Value> {
        let person = self.ask("GET", &format!("/simulator/customers/{customer}"), Value::Null).await;
        person["chat"].as_array().unwrap().clone()
    }

    /// What the callback was told until now, when nothing is under way any more: the items, each of them signed.
    async fn told(&mut self) -> Vec<Value> {
        self.simulator.idle().await;
        let mut items = Vec::new();
        for arrival in self.callback.arrived() {
            let signature = crate::whatsapp::sign(SECRET, &arrival.body);
            assert_eq!(arrival.header("x-hub-signature-256"), Some(signature.as_str()));
            let webhook: Value = serde_json::from_slice(&arrival.body).unwrap();
            for entry in webhook["entry"].as_array().unwrap() {
                let value = &entry["changes"][0]["value"];
                items.extend(value.get("event").map(|_| value.clone()));
                items.extend(["messages", "statuses"].iter().filter_map(|list| value[list].get(0).cloned()));
            }
        }
        items
    }

    /// The same in words: a status's name, what is decided about a template, or a message's type.
    async fn words(&mut self) -> Vec<String> {
        let word = |item: &Value| {
            item.get("status").or(item.get("event")).or(item.get("type")).and_then(Value::as_str).unwrap().to_owned()
        };
        self.told().await.iter().map(word).collect()
    }
}

fn text(body: &str) -> Value {
    json!({ "type": "text", "text": { "body": body } })
}

fn buttons() -> Value {
    let button = |id: &str, title: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
    let action = json!({ "buttons": [button("y", "Yes"), button("n", "No")] });
    json!({ "type": "interactive", "interactive": { "type": "button", "body": { "text": "Well?" }, "action": action } })
}
