//! A JSON client for the public API, as small as it can be.

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::Full;
use serde_json::Value;
use tidings_simulator::Connection;

/// Calls one server with one key.
#[derive(Debug)]
pub struct Api {
    base: String,
    key: String,
    connection: Connection,
}

/// What a call was answered with.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The raw body.
    pub body: Bytes,
    /// The body as JSON, or null where it is none.
    pub json: Value,
}

impl Answer {
    /// The JSON of an answer that is a success, or the whole answer as an error.
    pub fn ok(self) -> Result<Value> {
        anyhow::ensure!(self.status.is_success(), "{}: {}", self.status, String::from_utf8_lossy(&self.body));
        Ok(self.json)
    }
}

impl Api {
    /// A client for the server at this address (`http://host:port`), with this bearer key.
    pub fn new(base: &str, key: &str) -> Result<Api> {
        Ok(Api { base: base.to_owned(), key: key.to_owned(), connection: Connection::to(base)? })
    }

    /// GET.
    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.call(Method::GET, path, None, &[]).await
    }

    /// POST.
    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Answer> {
        self.call(Method::POST, path, Some(body), &[]).await
    }

    /// PATCH.
    pub async fn patch(&mut self, path: &str, body: &Value) -> Result<Answer> {
        self.call(Method::PATCH, path, Some(body), &[]).await
    }

    /// DELETE.
    pub async fn delete(&mut self, path: &str) -> Result<Answer> {
        self.call(Method::DELETE, path, None, &[]).await
    }

    /// Uploads a file.
    pub async fn upload(&mut self, filename: &str, content_type: &str, bytes: &[u8]) -> Result<Answer> {
        let boundary = "--------between-the-parts";
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\
             Content-Type: {content_type}\r\n\r\n"
        )
        .into_bytes();
        body.extend(bytes);
        body.extend(format!("\r\n--{boundary}--\r\n").into_bytes());
        let form = format!("multipart/form-data; boundary={boundary}");
        self.send(Method::POST, "/v1/media", body.into(), &[("content-type", &form)]).await
    }

    /// Any call, with headers of its own.
    pub async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer> {
        let mut all = headers.to_vec();
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send(method, path, body.into(), &all).await
    }

    async fn send(&mut self, method: Method, path: &str, body: Bytes, headers: &[(&str, &str)]) -> Result<Answer> {
        let mut request = Request::builder()
            .method(&method)
            .uri(format!("{}{path}", self.base))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body))?;
        let answer = self.connection.send(request).await.with_context(|| format!("{method} {path}"))?;
        let (head, body) = answer.into_parts();
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Ok(Answer { status: head.status, headers: head.headers, body, json })
    }
}
