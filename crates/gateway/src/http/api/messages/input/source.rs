//! On whose behalf a message is sent.

use serde::Deserialize;
use tidings_domain::{
    key::{Access, Area},
    message::Source,
};
use utoipa::ToSchema;

use super::LONGEST_ID;
use crate::http::{
    auth::Caller,
    problem::{Answer, Code, Problem},
    wrong::Wrong,
};

/// The kinds of source that a caller can name.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SourceKind {
    Api,
    Inbox,
    Automation,
    Campaign,
    AiAgent,
}

/// On whose behalf a message is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceInput {
    /// `api`, `inbox`, `automation`, `campaign` or `ai_agent`.
    #[schema(value_type = String)]
    r#type: SourceKind,
    /// Who: an id of your making, at most 128 characters. Not with `api`.
    #[serde(default)]
    id: Option<String>,
}

impl SourceInput {
    /// Who a message comes from.
    pub(super) fn read(&self, caller: &Caller, wrong: &mut Wrong) -> Answer<Source> {
        let api = || Source::Api { id: caller.name() };
        let of = match self.r#type {
            SourceKind::Api => {
                wrong.needless("/source/id", self.id.is_some(), "another type than `api`, whose id is the key's");
                return Ok(api());
            }
            SourceKind::Inbox => |id| Source::Inbox { id },
            SourceKind::Automation => |id| Source::Automation { id },
            SourceKind::Campaign => |id| Source::Campaign { id },
            SourceKind::AiAgent => |id| Source::AiAgent { id },
        };
        caller.may(Area::Conversations, Access::Write).map_err(|problem| {
            let told = format!("{}, which it takes to send as somebody else", problem.detail);
            Problem::new(Code::Forbidden, told)
        })?;
        let Some(id) = wrong.required("/source/id", self.id.clone()) else { return Ok(api()) };
        if !(1..=LONGEST_ID).contains(&id.chars().count()) {
            wrong.tell("/source/id", format!("takes 1 to {LONGEST_ID} characters"));
        }
        Ok(of(id))
    }
}
