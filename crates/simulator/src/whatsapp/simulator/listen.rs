//! Leads each request to the page, to the control API or to the Graph API, and writes down what the last was asked.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{answer::Answer, control::control, guard::Guard, page::page};
use crate::whatsapp::{
    graph::{Reset, Shared, receive, whole},
    world::{Outcome, World},
};

/// What all requests share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) shared: Arc<Shared>,
    pub(super) world: Arc<World>,
    /// The token that it began with, which is the one that comes back after it was revoked.
    pub(super) access_token: String,
    pub(super) guard: Guard,
}

impl Desk {
    pub(super) async fn receive(&self, request: Request<Incoming>) -> Result<Response<Answer>, Reset> {
        let request = whole(request).await?;
        if let Some(page) = page(request.method(), request.uri().path()) {
            return Ok(page);
        }
        let path = request.uri().path();
        if path == "/simulator" || path.starts_with("/simulator/") {
            return Ok(control(self, &request).await);
        }
        self.call(request).await
    }

    /// The Graph API.
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Answer>, Reset> {
        let title = format!("{} {}", request.method(), request.uri().path());
        let mut open = OpenEntry {
            id: self.world.journal.called(title, shown(request.body())),
            desk: self,
            start: Instant::now(),
            answer: Some(Err("the caller went away without an answer".to_owned())),
        };
        let answer = receive(&self.shared, request).await;
        open.answer = Some(match &answer {
            Ok(response) => Ok(Outcome { status: response.status().as_u16(), body: shown(response.body().left()) }),
            Err(reset) => Err(reset.to_string()),
        });
        drop(open);
        Ok(answer?.map(Answer::Graph))
    }
}

/// An entry whose answer is still to come. However a call ends, the entry is closed.
struct OpenEntry<'a> {
    id: u64,
    desk: &'a Desk,
    start: Instant,
    answer: Option<Result<Outcome, String>>,
}

impl Drop for OpenEntry<'_> {
    fn drop(&mut self) {
        if let Some(answer) = self.answer.take() {
            self.desk.world.journal.answered(self.id, answer, self.start.elapsed());
        }
    }
}

/// JSON as it is; of everything else, how large it is.
fn shown(body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| json!({ "bytes": body.len() }))
}
