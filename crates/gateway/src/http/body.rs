//! Bodies, ids and parameters of requests. Whatever cannot be read is told field by field, by JSON pointer.

use std::{str::FromStr, sync::Arc, time::Duration};

use axum::{
    RequestPartsExt as _,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;

use super::problem::{Answer, Code, FieldProblem, Problem};
use crate::Gateway;

/// The longest body of a request to the API.
pub(crate) const LONGEST: usize = 1 << 20;
/// Bodies up to this length are held without counting them: there are no more of them than connections.
const UNCOUNTED: usize = 64 << 10;
/// How much of a body that is too long is read all the same, and for how long.
const MOST_DISCARDED: usize = 32 << 20;
const LONGEST_DISCARDING: Duration = Duration::from_secs(2);
/// How many bad fields of one request are told at most.
const MOST_ERRORS: usize = 20;

/// A body that was read, with the memory that is reserved for it.
pub(crate) struct Collected {
    pub(crate) bytes: Bytes,
    _reserved: Option<OwnedSemaphorePermit>,
}

/// Reads a body up to a length, within the time that the operator allows. What is longer than most waits for memory.
pub(crate) async fn collect(gateway: &Gateway, mut body: axum::body::Body, longest: usize) -> Answer<Collected> {
    let too_large = || Problem::new(Code::TooLarge, format!("a body may have {longest} bytes"));
    let announced = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > longest) {
        discard(&mut body).await;
        return Err(too_large());
    }
    let reading = async {
        let reserved = match announced.unwrap_or(longest) {
            0..=UNCOUNTED => None,
            length => Some(reserve(gateway, length).await?),
        };
        match Limited::new(&mut body, longest).collect().await {
            Ok(body) => Ok(Collected { bytes: body.to_bytes(), _reserved: reserved }),
            Err(error) if error.is::<LengthLimitError>() => {
                drop(reserved);
                discard(&mut body).await;
                Err(too_large())
            }
            Err(_) => Err(Problem::new(Code::ValidationFailed, "the body broke off")),
        }
    };
    tokio::time::timeout(gateway.settings.body_timeout, reading)
        .await
        .unwrap_or_else(|_| Err(Problem::new(Code::Timeout, "the body did not come in time")))
}

/// Reads on for a while without keeping anything. A client that is still sending when the connection closes would not
/// see its answer.
async fn discard(body: &mut axum::body::Body) {
    let reading = async {
        let mut left = MOST_DISCARDED;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    // Either way the answer goes out now.
    let _ = tokio::time::timeout(LONGEST_DISCARDING, reading).await;
}

/// Memory for a long body, once there is enough of it. One that is longer than all of it takes all of it.
async fn reserve(gateway: &Gateway, length: usize) -> Answer<OwnedSemaphorePermit> {
    let kibibytes = length.div_ceil(1 << 10).min(gateway.settings.body_memory >> 10);
    let kibibytes = u32::try_from(kibibytes).unwrap_or(u32::MAX);
    let reserved = gateway.body_memory.clone().acquire_many_owned(kibibytes).await;
    reserved.map_err(|error| Problem::internal(&error))
}

/// A request's body as it came, with what an idempotency key's fingerprint is made of.
pub(crate) struct RawRequest {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) idempotency_key: Option<HeaderValue>,
    pub(crate) body: Collected,
}

impl FromRequest<Arc<Gateway>> for RawRequest {
    type Rejection = Problem;

    async fn from_request(request: Request, gateway: &Arc<Gateway>) -> Answer<Self> {
        let (parts, body) = request.into_parts();
        Ok(Self {
            body: collect(gateway, body, LONGEST).await?,
            idempotency_key: parts.headers.get("idempotency-key").cloned(),
            path: parts.uri.path().to_owned(),
            method: parts.method,
        })
    }
}

impl RawRequest {
    /// The body as an object; an empty one if there is none.
    pub(crate) fn object(&self) -> Answer<Map<String, Value>> {
        if self.body.bytes.is_empty() {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body.bytes) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Problem::field("", "expected a JSON object")),
            Err(error) => Err(Problem::field("", format!("not valid JSON: {error}"))),
        }
    }

    /// The body of a POST, in which null means the same as absent.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Answer<T> {
        let mut object = self.object()?;
        object.retain(|_, value| !value.is_null());
        parse(object)
    }
}

/// Reads an object; every field that is wrong is told, not only the first.
pub(crate) fn parse<T: DeserializeOwned>(object: Map<String, Value>) -> Answer<T> {
    let mut value = Value::Object(object);
    let mut errors = Vec::new();
    loop {
        let error = match serde_path_to_error::deserialize::<_, T>(&value) {
            Ok(parsed) if errors.is_empty() => return Ok(parsed),
            Ok(_) => return Err(Problem::fields(errors)),
            Err(error) => error,
        };
        let (pointer, detail) = (pointer(error.path()), error.inner().to_string());
        if let Some(field) = missing_field(&detail) {
            // A required field that was taken out below for being wrong is not missing.
            let pointer = format!("{pointer}/{field}");
            if !errors.iter().any(|known: &FieldProblem| known.pointer == pointer) {
                errors.push(FieldProblem { pointer, detail: "is missing".to_owned() });
            }
            return Err(Problem::fields(errors));
        }
        let removed = remove(&mut value, &pointer);
        errors.push(FieldProblem { pointer, detail });
        if !removed || errors.len() == MOST_ERRORS {
            return Err(Problem::fields(errors));
        }
    }
}

fn missing_field(detail: &str) -> Option<&str> {
    detail.strip_prefix("missing field `")?.strip_suffix('`')
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer = format!("{pointer}/{index}"),
            Segment::Map { key } => pointer = format!("{pointer}/{}", escape(key)),
            // Variants of enums are no places in the document.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// A key as a part of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Takes out the outermost field that the pointer leads through, so that reading can go on.
fn remove(value: &mut Value, pointer: &str) -> bool {
    let Some(first) = pointer.strip_prefix('/').and_then(|rest| rest.split('/').next()) else { return false };
    let key = first.replace("~1", "/").replace("~0", "~");
    value.as_object_mut().is_some_and(|object| object.remove(&key).is_some())
}

/// The `{id}` of a path.
pub(crate) struct Id(String);

impl FromRequestParts<Arc<Gateway>> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Gateway>) -> Answer<Self> {
        let Path(id) = parts.extract::<Path<String>>().await.map_err(|_| Problem::not_found("thing"))?;
        Ok(Self(id))
    }
}

impl Id {
    /// As it stands in the path.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The id, if it can be one; there is no such `what` otherwise.
    pub(crate) fn of<T: FromStr>(&self, what: &str) -> Answer<T> {
        self.0.parse().map_err(|_| Problem::not_found(what))
    }
}

/// The parameters of a request; unknown ones are refused by name.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Gateway>> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Gateway>) -> Answer<Self> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => {
                let detail = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                Err(Problem::new(Code::ValidationFailed, format!("the parameters cannot be read: {detail}")))
            }
        }
    }
}

/// A JSON answer.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Answer<Response> {
    let body = serde_json::to_vec(value).map_err(|error| Problem::internal(&error))?;
    Ok(json_bytes(status, body))
}

/// An answer that is JSON already.
pub(crate) fn json_bytes(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body).into_response()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading is tried")]
    struct Sample {
        url: String,
        #[serde(default)]
        count: Option<u8>,
        #[serde(default)]
        list: Vec<u8>,
    }

    fn errors(body: &Value) -> Vec<(String, String)> {
        let problem = parse::<Sample>(body.as_object().unwrap().clone()).unwrap_err();
        assert_eq!(problem.code, Code::ValidationFailed);
        problem.errors.into_iter().map(|error| (error.pointer, error.detail)).collect()
    }

    #[test]
    fn every_bad_field_is_told() {
        let found = errors(&json!({"url": 5, "cuont": 1, "list": [1, "two"]}));
        let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        for expected in ["/url", "/cuont", "/list/1"] {
            assert!(pointers.contains(&expected), "{expected} is not in {found:?}");
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        assert_eq!(errors(&json!({})), [("/url".to_owned(), "is missing".to_owned())]);
    }

    #[test]
    fn pointers_are_escaped() {
        assert_eq!(errors(&json!({"url": "x", "a/b~c": 1}))[0].0, "/a~1b~0c");
    }
}
