//! What every verb that speaks to a running server has in common: where it is, by which key, and what its answers mean.
//!
//! A request is sent once and never again by itself. Each has a connection of its own, because a verb makes few; only
//! [`EventStream`] stays. How a failure is told, and which exit code it leads to, is told in [`Failure`].

mod address;
mod answer;
mod arguments;
mod download;
mod events;
mod failure;
mod query;
mod wire;

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::timeout;

pub(crate) use self::{
    address::ServerAddress,
    answer::Answer,
    arguments::{ServerArguments, VARIABLES},
    download::Download,
    events::{EventStream, Streamed},
    failure::Failure,
    query::{path, query},
};

/// Some answers wait for a vendor or a subscriber.
const DEADLINE: Duration = Duration::from_mins(2);

/// A client of one server's API.
#[derive(Debug)]
pub(crate) struct Client {
    server: ServerAddress,
    authorization: Option<HeaderValue>,
    workspace: Option<HeaderValue>,
}

impl Client {
    /// For the server that the arguments name.
    pub(crate) fn new(arguments: &ServerArguments) -> Result<Self, Failure> {
        let key = arguments.key().map(|key| header("--key", format!("Bearer {key}"))).transpose()?;
        let workspace = arguments.workspace().map(|id| header("--workspace", id)).transpose()?;
        Ok(Self { server: arguments.server().parse()?, authorization: key, workspace })
    }

    /// The same one, acting in this workspace, or in the one that the key acts in by itself.
    pub(crate) fn in_workspace(self, id: Option<String>) -> Result<Self, Failure> {
        Ok(Self { workspace: id.map(|id| header("--workspace", id)).transpose()?, ..self })
    }

    /// For whatever is at an address, which is told no key.
    pub(crate) fn without_key(server: &str) -> Result<Self, Failure> {
        Ok(Self { server: server.parse()?, authorization: None, workspace: None })
    }

    /// The server's address as it is told to people.
    pub(crate) fn server(&self) -> &ServerAddress {
        &self.server
    }

    /// GET.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.call(Method::GET, path, None).await
    }

    /// Everything that a list has.
    pub(crate) async fn all(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let (mut items, mut cursor) = (Vec::new(), None);
        loop {
            let parameters = [("limit", Some("200".to_owned())), ("cursor", cursor.take())];
            let answer = self.get(&query(path, &parameters)).await?;
            items.extend_from_slice(answer.items());
            match answer.next_cursor() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(items),
            }
        }
    }

    /// POST; without a document an empty body is sent.
    pub(crate) async fn post(&self, path: &str, document: Option<&Value>) -> Result<Answer, Failure> {
        self.call(Method::POST, path, document).await
    }

    /// PATCH.
    pub(crate) async fn patch(&self, path: &str, document: &Value) -> Result<Answer, Failure> {
        self.call(Method::PATCH, path, Some(document)).await
    }

    /// DELETE.
    pub(crate) async fn delete(&self, path: &str) -> Result<Answer, Failure> {
        self.call(Method::DELETE, path, None).await
    }

    /// Any call; what is no success is a failure.
    pub(crate) async fn call(&self, method: Method, path: &str, document: Option<&Value>) -> Result<Answer, Failure> {
        self.call_with(method, path, document, &[]).await
    }

    /// The same with further headers.
    pub(crate) async fn call_with(
        &self,
        method: Method,
        path: &str,
        document: Option<&Value>,
        headers: &[(&'static str, &str)],
    ) -> Result<Answer, Failure> {
        let answering = async {
            let response = self.send(method, path, document, headers).await?;
            self.read(response).await
        };
        let answer = timeout(DEADLINE, answering).await.unwrap_or_else(|_| Err(self.silent()))?;
        if answer.status.is_success() { Ok(answer) } else { Err(Failure::refused(&answer)) }
    }

    /// Opens a stream of events, which goes on after the event of this id.
    pub(crate) async fn stream(&self, path: &str, last_event_id: Option<&str>) -> Result<EventStream, Failure> {
        let headers: Vec<_> = last_event_id.map(|id| ("last-event-id", id)).into_iter().collect();
        let opening = async {
            let response = self.send(Method::GET, path, None, &headers).await?;
            if response.status().is_success() {
                return Ok(EventStream::new(response.into_body()));
            }
            Err(Failure::refused(&self.read(response).await?))
        };
        timeout(DEADLINE, opening).await.unwrap_or_else(|_| Err(self.silent()))
    }

    /// GET of what may be long.
    pub(crate) async fn download(&self, path: &str) -> Result<Download, Failure> {
        let opening = async {
            let response = self.send(Method::GET, path, None, &[]).await?;
            if response.status().is_success() {
                return Ok(Download::new(self.server.clone(), response.into_body()));
            }
            Err(Failure::refused(&self.read(response).await?))
        };
        timeout(DEADLINE, opening).await.unwrap_or_else(|_| Err(self.silent()))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        document: Option<&Value>,
        headers: &[(&'static str, &str)],
    ) -> Result<Response<Incoming>, Failure> {
        // It would be another path, and of something else.
        if path.split('?').next().is_some_and(|path| path.ends_with('/') || path.contains("//")) {
            return Err(Failure::Usage("an id is empty; give one, such as chan_… or evt_…".to_owned()));
        }
        let mut request = Request::builder()
            .method(method)
            .header(USER_AGENT, concat!("tidings-cli/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "*/*");
        if document.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(workspace) = &self.workspace {
            request = request.header("tidings-workspace", workspace);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = document.map(Value::to_string).unwrap_or_default();
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| Failure::Usage(format!("the request cannot be sent: {error}")))?;
        wire::send(&self.server, path, request).await
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Answer, Failure> {
        let (head, body) = response.into_parts();
        let body = body.collect().await;
        let body = body.map_err(|error| self.server.unreachable(format!("the answer broke off: {error}")))?.to_bytes();
        Ok(Answer::new(head.status, head.headers, body))
    }

    fn silent(&self) -> Failure {
        self.server.unreachable(format!("no answer within {} seconds", DEADLINE.as_secs()))
    }
}

/// What was typed as the value of a header.
fn header(option: &str, value: String) -> Result<HeaderValue, Failure> {
    let value = HeaderValue::try_from(value);
    value.map_err(|_| Failure::Usage(format!("{option}: it has characters that cannot be sent")))
}
