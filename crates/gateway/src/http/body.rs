//! Bodies, ids and parameters of requests. Whatever cannot be read is told field by field, by JSON pointer.

use std::{str::FromStr, sync::Arc, time::Duration};

use axum::{
    RequestPartsExt as _,
    extract::{FromRequest, FromRequestParts, Path, Request},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use http_body_util::{BodyDataStream, BodyExt as _};
use hyper::body::Body as _;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;
use url::form_urlencoded;

use super::{
    idempotency, nul,
    problem::{Answer, Code, FieldProblem, Problem},
    strict::Strict,
};
use crate::Gateway;

/// The longest body of a request to the API.
pub(crate) const LONGEST: usize = 1 << 20;
/// The first part of each body is held without counting it: there are no more of them than connections.
const UNCOUNTED: usize = 64 << 10;
/// How much of a body that is too long is read all the same, and for how long.
pub(crate) const MOST_DISCARDED: usize = 32 << 20;
const LONGEST_DISCARDING: Duration = Duration::from_secs(2);
/// How many bad fields of one request are told at most.
const MOST_ERRORS: usize = 20;

/// A body that was read, with the memory that is reserved for it.
pub(crate) struct Collected {
    pub(crate) bytes: Bytes,
    _reserved: Option<OwnedSemaphorePermit>,
}

/// Reads a body up to a length, within the time that the operator allows. What is longer than most waits for memory.
pub(crate) async fn collect(
    gateway: &Gateway,
    headers: &HeaderMap,
    mut body: axum::body::Body,
    longest: usize,
) -> Answer<Collected> {
    let announced = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > longest) {
        // A client that asks first has sent nothing yet, and reading would tell it to go on.
        if !headers.contains_key(header::EXPECT) {
            discard(BodyDataStream::new(body)).await;
        }
        return Err(too_large(longest));
    }
    let mut reading = Reading::new(gateway, announced.unwrap_or(longest), longest);
    match tokio::time::timeout(gateway.settings.body_timeout, reading.whole(&mut body)).await {
        Ok(Ok(())) => Ok(Collected { bytes: reading.bytes.freeze(), _reserved: reading.reserved }),
        Ok(Err(problem)) => Err(problem),
        Err(_) if reading.waits => {
            Err(Problem::new(Code::Overloaded, "there is no memory for the body at the moment").retry_after(1))
        }
        Err(_) => Err(Problem::new(Code::Timeout, "the body did not come in time")),
    }
}

fn too_large(longest: usize) -> Problem {
    Problem::new(Code::TooLarge, format!("a body may have {longest} bytes"))
}

/// A body as far as it has come. Memory is reserved for what came, not for what was announced: who sends nothing keeps
/// nobody waiting.
struct Reading<'a> {
    gateway: &'a Gateway,
    /// How long the body can get, and how long it may get.
    expected: usize,
    longest: usize,
    bytes: BytesMut,
    reserved: Option<OwnedSemaphorePermit>,
    /// Whether it is memory that the body waits for.
    waits: bool,
}

impl<'a> Reading<'a> {
    fn new(gateway: &'a Gateway, expected: usize, longest: usize) -> Self {
        Self { gateway, expected, longest, bytes: BytesMut::new(), reserved: None, waits: false }
    }

    async fn whole(&mut self, body: &mut axum::body::Body) -> Answer<()> {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Problem::new(Code::ValidationFailed, "the body broke off"))?;
            let Ok(data) = frame.into_data() else { continue };
            let length = self.bytes.len() + data.len();
            if length > self.longest {
                (self.bytes, self.reserved) = (BytesMut::new(), None);
                discard(BodyDataStream::new(body)).await;
                return Err(too_large(self.longest));
            }
            self.make_room(length).await?;
            self.bytes.extend_from_slice(&data);
        }
        Ok(())
    }

    /// Reserves memory if this length needs more than there is: as much again each time. While it waits, it holds what
    /// it has; should several bodies wait for one another, the deadline ends that.
    async fn make_room(&mut self, length: usize) -> Answer<()> {
        let held = self.reserved.as_ref().map_or(0, OwnedSemaphorePermit::num_permits) << 10;
        if length <= UNCOUNTED.max(held) {
            return Ok(());
        }
        let wanted = length.max((2 * held).min(self.expected));
        // A body that is longer than all of the memory takes all of it.
        let most = self.gateway.settings.body_memory >> 10;
        let missing = wanted.div_ceil(1 << 10).min(most).saturating_sub(held >> 10);
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        self.waits = true;
        let more = self.gateway.body_memory.clone().acquire_many_owned(missing).await;
        self.waits = false;
        let more = more.map_err(|error| Problem::internal(&error))?;
        match &mut self.reserved {
            Some(reserved) => reserved.merge(more),
            None => self.reserved = Some(more),
        }
        self.bytes.reserve(wanted - self.bytes.len());
        Ok(())
    }
}

/// Reads on for a while without keeping anything. A client that is still sending when the connection closes would not
/// see its answer.
pub(crate) async fn discard<E>(mut pieces: impl Stream<Item = Result<Bytes, E>> + Unpin) {
    let reading = async {
        let mut left = MOST_DISCARDED;
        while let Some(Ok(piece)) = pieces.next().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                return;
            }
        }
    };
    // Either way the answer goes out now.
    let _ = tokio::time::timeout(LONGEST_DISCARDING, reading).await;
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
            body: collect(gateway, &parts.headers, body, LONGEST).await?,
            idempotency_key: parts.headers.get(idempotency::HEADER).cloned(),
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
            Ok(Value::Object(object)) => {
                nul::refuse(&self.body.bytes, &object)?;
                Ok(object)
            }
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

/// A body in which nothing is to be said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoFields {}

impl FromRequest<Arc<Gateway>> for NoFields {
    type Rejection = Problem;

    async fn from_request(request: Request, gateway: &Arc<Gateway>) -> Answer<Self> {
        RawRequest::from_request(request, gateway).await?.json()
    }
}

/// Reads an object; every field that is wrong is told, not only the first.
pub(crate) fn parse<T: DeserializeOwned>(object: Map<String, Value>) -> Answer<T> {
    let mut value = Value::Object(object);
    let mut errors: Vec<FieldProblem> = Vec::new();
    let mut stood_in = false;
    loop {
        let error = match serde_path_to_error::deserialize::<_, T>(Strict(&value)) {
            Ok(parsed) if errors.is_empty() => return Ok(parsed),
            Ok(_) => return Err(Problem::fields(errors)),
            Err(error) => error,
        };
        let (pointer, detail) = (pointer(error.path()), error.inner().to_string());
        if let Some(field) = missing_field(&detail) {
            // A required field that was taken out below for being wrong is not missing.
            let missing = format!("{pointer}/{field}");
            if !errors.iter().any(|known| known.pointer == missing) {
                errors.push(FieldProblem { pointer: missing, detail: "is missing".to_owned() });
            }
            stood_in = true;
            if errors.len() >= MOST_ERRORS || !stand_in::<T>(&mut value, &pointer, field) {
                return Err(Problem::fields(errors));
            }
            continue;
        }
        if stood_in && pointer.is_empty() {
            // It may speak of what stands in for a missing field.
            return Err(Problem::fields(errors));
        }
        let removed = remove(&mut value, &pointer);
        errors.push(FieldProblem { pointer, detail: in_words(&detail) });
        if !removed || errors.len() == MOST_ERRORS {
            return Err(Problem::fields(errors));
        }
    }
}

/// The fields of a merge patch that are null, taken out of it. What is none of these fields stays, and is refused by name
/// where the rest is read.
pub(crate) fn cleared(patch: &mut Map<String, Value>, fields: &[&str]) -> Vec<String> {
    let is_cleared = |field: &str| patch.get(field).is_some_and(Value::is_null);
    let cleared: Vec<String> =
        fields.iter().filter(|field| is_cleared(field)).map(|field| (*field).to_owned()).collect();
    patch.retain(|field, _| !cleared.contains(field));
    cleared
}

/// What was expected, in words that are not those of the code.
fn in_words(detail: &str) -> String {
    let Some((found, expected)) = detail.split_once(", expected ") else { return detail.to_owned() };
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        "a string" | "string or map" => "a text",
        other if other.starts_with("struct ") || other.contains(" enum ") => "an object",
        _ => return detail.to_owned(),
    };
    let found =
        ["invalid type: ", "invalid value: "].iter().find_map(|start| found.strip_prefix(start)).unwrap_or(found);
    format!("expected {expected}, not {found}")
}

/// Puts something that reads in the place of a missing field, so that the next one can be told; says whether it could.
fn stand_in<T: DeserializeOwned>(value: &mut Value, parent: &str, field: &str) -> bool {
    let place = format!("{parent}/{field}");
    let mut candidates = vec![Value::from(0), Value::Bool(false), Value::Array(Vec::new()), Value::Object(Map::new())];
    // The last one comes first: words are the most common, and an enum answers one by those that it knows.
    candidates.push(Value::String(String::new()));
    while let Some(candidate) = candidates.pop() {
        let Some(Value::Object(object)) = value.pointer_mut(parent) else { return false };
        object.insert(field.to_owned(), candidate);
        match serde_path_to_error::deserialize::<_, T>(Strict(value)) {
            Err(error) if pointer(error.path()) == place => {
                candidates.extend(known_variant(&error.inner().to_string()));
            }
            _ => return true,
        }
    }
    false
}

/// The first word that an enum would have taken instead of the empty one.
fn known_variant(detail: &str) -> Option<Value> {
    let expected = detail.strip_prefix("unknown variant ``, expected ")?;
    expected.split('`').nth(1).map(Value::from)
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

/// The parameters of a request, each of them a text; unknown ones are refused by name.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Gateway>> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Gateway>) -> Answer<Self> {
        let mut object = Map::new();
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            if object.insert(name.clone().into_owned(), Value::from(value)).is_some() {
                return Err(Problem::field(format!("/{}", escape(&name)), "is given twice"));
            }
        }
        parse(object).map(Self)
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

    #[derive(Debug, Deserialize)]
    enum Colour {
        #[serde(rename = "red")]
        Red,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading is tried")]
    struct Several {
        colour: Colour,
        name: String,
        size: u8,
        inner: Sample,
        last: Vec<u8>,
    }

    #[test]
    fn everything_that_is_missing_is_told() {
        let told = |body: Value| -> Vec<String> {
            let problem = parse::<Several>(body.as_object().unwrap().clone()).unwrap_err();
            problem.errors.into_iter().map(|error| error.pointer).collect()
        };
        assert_eq!(told(json!({"inner": {"url": "x"}})), ["/colour", "/name", "/size", "/last"]);
        assert_eq!(
            told(json!({"colour": "blue", "size": 1, "inner": {}, "last": []})),
            ["/colour", "/inner/url", "/name"]
        );
        assert_eq!(told(json!({"name": 1, "size": 1, "inner": {"url": "x"}, "last": []})), ["/name", "/colour"]);
    }

    #[test]
    fn pointers_are_escaped() {
        assert_eq!(errors(&json!({"url": "x", "a/b~c": 1}))[0].0, "/a~1b~0c");
    }

    #[test]
    fn what_was_expected_is_told_in_words() {
        for (detail, words) in [
            ("invalid value: integer `-1`, expected u32", "expected a whole number from 0, not integer `-1`"),
            ("invalid type: string \"5\", expected f64", "expected a number, not string \"5\""),
            (
                "invalid type: string \"x\", expected internally tagged enum AuthInput",
                "expected an object, not string \"x\"",
            ),
            ("invalid type: string \"x\", expected struct LegacySignature", "expected an object, not string \"x\""),
            ("invalid type: integer `5`, expected string or map", "expected a text, not integer `5`"),
            ("unknown variant `x`, expected `a` or `b`", "unknown variant `x`, expected `a` or `b`"),
            ("something else", "something else"),
        ] {
            assert_eq!(in_words(detail), words);
        }
    }
}
