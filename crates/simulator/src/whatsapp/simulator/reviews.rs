//! `POST /simulator/templates`: what Meta decides about a template, which the callback is told.

use serde::Deserialize;
use serde_json::Value;

use super::{control::ControlError, document::DocumentError, listen::Desk};

/// A decision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    name: String,
    /// The language of the template; without it, the first of this name is meant.
    language: Option<String>,
    status: Status,
    /// Why it is rejected; `INVALID_FORMAT` unless told otherwise.
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Approved,
    Rejected,
    Pending,
    Paused,
    Disabled,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Status::Approved => "APPROVED",
            Status::Rejected => "REJECTED",
            Status::Pending => "PENDING",
            Status::Paused => "PAUSED",
            Status::Disabled => "DISABLED",
        }
    }
}

/// Answers the template as it is from now on.
pub(super) fn decide(desk: &Desk, decision: &Decision) -> Result<Value, ControlError> {
    let Decision { name, language, status, reason } = decision;
    let rejected = *status == Status::Rejected;
    if reason.is_some() && !rejected {
        return Err(DocumentError::new("reason", "only a rejection has a reason").into());
    }
    let reason = rejected.then(|| reason.as_deref().unwrap_or("INVALID_FORMAT"));
    let is_meant = |template: &Value| {
        template["name"] == name.as_str()
            && language.as_ref().is_none_or(|language| template["language"] == language.as_str())
    };
    let decided = desk.shared.decide(is_meant, status.name(), reason);
    decided.ok_or_else(|| ControlError::NotFound(format!("template {name}")))
}
