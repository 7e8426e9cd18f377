//! The server over real sockets, as a caller and a callback see it.

mod account;
mod behaviours;
mod load;
mod statuses;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{Graph, GraphOptions};
use crate::{Connection, receiver::Receiver, whatsapp::Account};

const TOKEN: &str = "EAAG-token";
const SECRET: &str = "app secret";

fn options() -> GraphOptions {
    let account = Account {
        phone_number_id: "106540352242922".into(),
        business_account_id: "102290129340398".into(),
        display_phone_number: "15550783881".into(),
        app_secret: SECRET.into(),
    };
    GraphOptions { seed: 7, ..GraphOptions::new(account, TOKEN) }
}

/// A server, a callback that it posts to, and a connection to call it over.
struct Scene {
    graph: Graph,
    callback: Receiver,
    connection: Connection,
}

impl Scene {
    async fn start() -> Scene {
        let callback = Receiver::start().await.unwrap();
        let graph = Graph::start(GraphOptions { callback: Some(callback.url("/in")), ..options() }).await.unwrap();
        let connection = Connection::to(&graph.base()).unwrap();
        Scene { graph, callback, connection }
    }

    /// A request with the good token.
    async fn call(&mut self, method: &str, path: &str, body: impl Into<Bytes>) -> Response<Bytes> {
        self.call_with(TOKEN, method, path, body).await
    }

    async fn call_with(&mut self, token: &str, method: &str, path: &str, body: impl Into<Bytes>) -> Response<Bytes> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.graph.base()))
            .header("authorization", format!("Bearer {token}"))
            .body(Full::new(body.into()))
            .unwrap();
        self.connection.send(request).await.unwrap()
    }

    async fn get(&mut self, path: &str) -> Value {
        body(&self.call("GET", path, "").await)
    }

    /// Sends a message, which must be answered.
    async fn send(&mut self, message: &Value) -> Response<Bytes> {
        self.call("POST", MESSAGES, message.to_string()).await
    }

    /// Sends a message over a connection of its own, which may break.
    async fn try_send(&self, message: &Value) -> Result<Response<Bytes>, crate::ClientError> {
        Connection::to(&self.graph.base())?.send(message_request(message)).await
    }
}

const MESSAGES: &str = "/v26.0/106540352242922/messages";

fn message_request(message: &Value) -> Request<Full<Bytes>> {
    Request::post(MESSAGES)
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(Full::from(message.to_string()))
        .unwrap()
}

fn body(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

fn text(to: &str, tracker: &str) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "text",
        "text": { "body": "Olá" },
        "biz_opaque_callback_data": tracker,
    })
}

/// The statuses that arrived at the callback: names and trackers, webhook by webhook, each of them signed.
fn told(callback: &mut Receiver) -> Vec<Vec<String>> {
    let webhook = |arrival: crate::Arrival| {
        let signature = crate::whatsapp::sign(SECRET, &arrival.body);
        assert_eq!(arrival.header("x-hub-signature-256"), Some(signature.as_str()));
        let webhook: Value = serde_json::from_slice(&arrival.body).unwrap();
        let status = |entry: &Value| {
            let item = &entry["changes"][0]["value"]["statuses"][0];
            let tracker = item["biz_opaque_callback_data"].as_str().unwrap_or("-");
            format!("{} {tracker}", item["status"].as_str().unwrap())
        };
        webhook["entry"].as_array().unwrap().iter().map(status).collect()
    };
    callback.arrived().into_iter().map(webhook).collect()
}
