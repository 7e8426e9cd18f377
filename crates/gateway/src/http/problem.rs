//! Errors as callers of the API see them: RFC 9457 problem details with a stable code. What went wrong inside never
//! gets out; it is logged here, once.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tidings_domain::decide::Refusal;
use tidings_net::AddressRefused;
use tidings_store::StoreError;
use utoipa::ToSchema;

/// What handlers answer with.
pub(crate) type Answer<T> = Result<T, Problem>;

macro_rules! codes {
    ($($variant:ident = $name:literal, $status:ident, $title:literal;)+) => {
        /// The stable words for what can go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code { $($variant,)+ }

        impl Code {
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

codes! {
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY, "The request is not valid";
    AddressNotAllowed = "address_not_allowed", UNPROCESSABLE_ENTITY, "The address is not allowed";
    IdempotencyConflict = "idempotency_conflict", UNPROCESSABLE_ENTITY, "The idempotency key was used before";
    UnsupportedContent = "unsupported_content", UNPROCESSABLE_ENTITY, "The channel cannot send that";
    WindowClosed = "window_closed", UNPROCESSABLE_ENTITY, "The contact has not written lately";
    OptedOut = "opted_out", UNPROCESSABLE_ENTITY, "The contact does not want that";
    TemplateInvalid = "template_invalid", UNPROCESSABLE_ENTITY, "The template cannot be sent so";
    NotAvailable = "not_available", UNPROCESSABLE_ENTITY, "This version cannot do that yet";
    NotFound = "not_found", NOT_FOUND, "There is no such thing";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    Conflict = "conflict", CONFLICT, "It contradicts what is there";
    AlreadySending = "already_sending", CONFLICT, "The message is being sent";
    NotEditable = "not_editable", CONFLICT, "The message cannot be changed so";
    LinkExpired = "link_expired", GONE, "The link has expired";
    MediaUnavailable = "media_unavailable", GONE, "The file is not there";
    Erased = "erased", GONE, "It was erased";
    CursorExpired = "cursor_expired", GONE, "The cursor has expired";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "It is not proven who asks";
    Forbidden = "forbidden", FORBIDDEN, "That is not allowed";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    Timeout = "timeout", REQUEST_TIMEOUT, "The body took too long";
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Too much to do at the moment";
    VendorFailed = "vendor_failed", BAD_GATEWAY, "The vendor did not do it";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong here";
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Which field, as a JSON pointer.
    pub(crate) pointer: String,
    /// What is wrong with it.
    pub(crate) detail: String,
}

impl FieldProblem {
    pub(crate) fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// What goes over the wire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument<'a> {
    /// Names the kind of problem, as a URN that ends in its code.
    r#type: String,
    /// The kind of problem in a few words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// This problem, in words.
    detail: &'a str,
    /// The kind of problem as a stable word.
    code: &'a str,
    /// What is wrong with each field.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldProblem],
    /// With `cursor_expired`: the oldest event that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<&'a str>,
}

/// An error on its way to the caller.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    pub(crate) detail: String,
    pub(crate) errors: Vec<FieldProblem>,
    retry_after: Option<u64>,
    oldest: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None, oldest: None }
    }

    /// These fields are not valid.
    pub(crate) fn fields(errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..Self::new(Code::ValidationFailed, "some fields are not valid") }
    }

    /// This one field is not valid.
    pub(crate) fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldProblem::new(pointer, detail)])
    }

    /// The same, with what is wrong with these fields.
    #[must_use]
    pub(crate) fn with(self, errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..self }
    }

    /// There is no such thing, or it is another tenant's.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    /// Something that a later version does; `field` says which part of the request asks for it.
    pub(crate) fn not_available(what: &str, field: Option<&str>) -> Self {
        let detail = format!("not in this version: {what}");
        let errors = field.map(|pointer| FieldProblem::new(pointer, &detail)).into_iter().collect();
        Self { errors, ..Self::new(Code::NotAvailable, detail) }
    }

    /// An address that the policy does not let pass, or that is none.
    pub(crate) fn address(pointer: impl Into<String>, refused: &AddressRefused) -> Self {
        let detail = refused.to_string();
        if matches!(refused, AddressRefused::Unreadable { .. } | AddressRefused::Unsendable { .. }) {
            return Self::field(pointer, detail);
        }
        Self { errors: vec![FieldProblem::new(pointer, &detail)], ..Self::new(Code::AddressNotAllowed, detail) }
    }

    /// The cursor points at nothing that is there.
    pub(crate) fn cursor_expired(oldest: Option<String>) -> Self {
        let detail = "the event that the cursor names is not in the log (any more)";
        Self { oldest, ..Self::new(Code::CursorExpired, detail) }
    }

    /// Something went wrong that the caller cannot help. Logged, never told.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(Code::Internal, "the failure is in the log of the server")
    }

    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(what) => Self::new(Code::Conflict, format!("{what} exists already")),
            StoreError::NotFound(what) => Self::new(Code::NotFound, format!("{what} is not there")),
            StoreError::Refused(refusal) => refusal.into(),
            StoreError::SpentToday { .. } => Self::new(Code::RateLimited, error.to_string()),
            StoreError::NoRoom { .. } => Self::new(Code::Forbidden, format!("{error}; its operator can change that")),
            StoreError::Expired { oldest } => {
                Self { oldest: oldest.map(|id| id.to_string()), ..Self::new(Code::CursorExpired, error.to_string()) }
            }
            StoreError::ForeignMark => Self::field(
                "/cursor",
                "expected the `next_cursor` of the same list in the same order: filters decide that",
            ),
            StoreError::IdempotencyConflict => Self::new(Code::IdempotencyConflict, error.to_string()),
            StoreError::Overloaded => Self::new(Code::Overloaded, error.to_string()).retry_after(1),
            StoreError::DiskFull => {
                tracing::error!("the disk is full: nothing is taken in until there is room");
                Self::new(Code::Overloaded, "nothing can be stored at the moment").retry_after(10)
            }
            StoreError::Stopped => Self::new(Code::Overloaded, "the server is stopping").retry_after(5),
            StoreError::StaleLease(_) | StoreError::Corrupt { .. } | StoreError::Backend(_) => Self::internal(&error),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoSuchConversation => Self::not_found("conversation"),
            Refusal::NoSuchMessage => Self::not_found("message"),
            Refusal::NoSuchContact => Self::not_found("contact"),
            Refusal::IdentityTaken { .. } => {
                Self::new(Code::Conflict, format!("{refusal}; change that contact, or merge the two"))
            }
            Refusal::Contradicts(_) => Self::new(Code::Conflict, refusal.to_string()),
            Refusal::CustomFieldsTooLong => Self::field("/custom_fields", refusal.to_string()),
            Refusal::MetadataTooLong => Self::field("/metadata", refusal.to_string()),
            Refusal::OptedOut(_) => Self::new(Code::OptedOut, refusal.to_string()),
            Refusal::NobodyToWriteTo => Self::new(Code::ValidationFailed, refusal.to_string()),
            Refusal::Target(problem) => Self::field("/reply_to", problem.to_string()),
            Refusal::WindowClosed { closed_at } => {
                let when = closed_at.map_or_else(
                    || "the contact has never written on this channel".to_owned(),
                    |at| format!("the channel's window for this contact closed at {at}"),
                );
                Self::new(Code::WindowClosed, format!("{when}; send a template"))
            }
            Refusal::AlreadySending => Self::new(Code::AlreadySending, refusal.to_string()),
            Refusal::NotPossible(_) => Self::new(Code::NotEditable, refusal.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let document = ProblemDocument {
            r#type: format!("urn:tidings:problem:{}", self.code.name()),
            title: self.code.title(),
            status: status.as_u16(),
            detail: &self.detail,
            code: self.code.name(),
            errors: &self.errors,
            oldest: self.oldest.as_deref(),
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == Code::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};

    use super::*;

    async fn document(problem: Problem) -> (StatusCode, Value) {
        let response = problem.into_response();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_field_is_named() {
        let (status, body) = document(Problem::field("/url", "is missing")).await;
        assert_eq!(status, 422);
        assert_eq!(
            body,
            json!({
                "type": "urn:tidings:problem:validation_failed", "title": "The request is not valid", "status": 422,
                "detail": "some fields are not valid", "code": "validation_failed",
                "errors": [{"pointer": "/url", "detail": "is missing"}],
            })
        );
    }

    #[tokio::test]
    async fn what_is_inside_stays_inside() {
        let (status, body) = document(StoreError::Backend("table secrets".to_owned()).into()).await;
        assert_eq!(status, 500);
        assert!(!body.to_string().contains("secrets"));
    }

    #[test]
    fn who_is_to_wait_is_told_how_long() {
        for error in [StoreError::Overloaded, StoreError::DiskFull, StoreError::Stopped] {
            let response = Problem::from(error).into_response();
            assert_eq!(response.status(), 503);
            assert!(response.headers().contains_key("retry-after"));
        }
    }
}
