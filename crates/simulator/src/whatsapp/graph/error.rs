//! Errors as the Graph API words them. Sources: "Graph API › Handle errors" and "Error codes" of the Cloud API.

use http::StatusCode;
use serde_json::{Value, json};

use crate::whatsapp::codes::title;

/// One error object and the HTTP status it comes with.
#[derive(Debug, Clone)]
pub(super) struct GraphError {
    pub(super) status: StatusCode,
    pub(super) code: u32,
    pub(super) subcode: Option<u32>,
    pub(super) kind: &'static str,
    pub(super) message: String,
    pub(super) details: Option<String>,
    pub(super) transient: bool,
    /// Seconds of the header `Retry-After`, which is not part of the object.
    pub(super) retry_after: Option<u64>,
}

impl GraphError {
    fn new(status: StatusCode, code: u32, message: String) -> GraphError {
        GraphError {
            status,
            code,
            subcode: None,
            kind: "OAuthException",
            message,
            details: None,
            transient: false,
            retry_after: None,
        }
    }

    /// By a code of the Cloud API, whose message is the code and its title.
    pub(super) fn coded(status: StatusCode, code: u32, details: impl Into<String>) -> GraphError {
        let message = format!("(#{code}) {}", title(code));
        GraphError { details: Some(details.into()), ..GraphError::new(status, code, message) }
    }

    /// A parameter is wrong, in the words of the Graph API itself.
    pub(super) fn parameter(message: &str) -> GraphError {
        GraphError::new(StatusCode::BAD_REQUEST, 100, format!("(#100) {message}"))
    }

    /// A parameter that the type of the message needs is not there.
    pub(super) fn missing(details: impl Into<String>) -> GraphError {
        GraphError::coded(StatusCode::BAD_REQUEST, 131_008, details)
    }

    /// A parameter has a value that cannot be.
    pub(super) fn invalid(details: impl Into<String>) -> GraphError {
        GraphError::coded(StatusCode::BAD_REQUEST, 131_009, details)
    }

    /// The token is missing, wrong or no longer good.
    pub(super) fn token() -> GraphError {
        GraphError::new(
            StatusCode::UNAUTHORIZED,
            190,
            "Error validating access token: The session has been invalidated.".to_owned(),
        )
    }

    /// More calls than the number's throughput.
    pub(super) fn throughput() -> GraphError {
        let details = "Message failed to send because there were too many messages sent in a short period of time.";
        GraphError::coded(StatusCode::TOO_MANY_REQUESTS, 130_429, details)
    }

    /// Nothing has this id, or it does not do what was asked.
    pub(super) fn unknown_object(method: &str, id: &str) -> GraphError {
        let message = format!(
            "Unsupported {} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or \
             does not support this operation. Please read the Graph API documentation at \
             https://developers.facebook.com/docs/graph-api",
            method.to_ascii_lowercase()
        );
        GraphError {
            kind: "GraphMethodException",
            subcode: Some(33),
            ..GraphError::new(StatusCode::BAD_REQUEST, 100, message)
        }
    }

    /// The path is none of the API's.
    pub(super) fn unknown_path(path: &str) -> GraphError {
        GraphError::new(StatusCode::BAD_REQUEST, 2500, format!("Unknown path components: {path}"))
    }

    /// A failure of the server that says so itself.
    pub(super) fn server(status: StatusCode) -> GraphError {
        let message = "An unexpected error has occurred. Please retry your request later.".to_owned();
        GraphError { transient: true, ..GraphError::new(status, 2, message) }
    }

    /// The body of the answer. The trace id is what Meta's support asks for.
    pub(super) fn body(&self, trace: &str) -> Value {
        let mut error = json!({
            "message": self.message,
            "type": self.kind,
            "code": self.code,
            "fbtrace_id": trace,
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if self.transient {
            error["is_transient"] = json!(true);
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        json!({ "error": error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_shape_of_the_documentation() {
        let missing = GraphError::missing("Parameter 'text.body' is missing.");
        assert_eq!(
            missing.body("Az8"),
            json!({ "error": {
                "message": "(#131008) Required parameter is missing",
                "type": "OAuthException",
                "code": 131_008,
                "error_data": { "messaging_product": "whatsapp", "details": "Parameter 'text.body' is missing." },
                "fbtrace_id": "Az8",
            } })
        );
        let unknown = GraphError::unknown_object("GET", "454545").body("Az8");
        assert_eq!(unknown["error"]["error_subcode"], 33);
        assert!(unknown["error"].get("error_data").is_none());
    }
}
