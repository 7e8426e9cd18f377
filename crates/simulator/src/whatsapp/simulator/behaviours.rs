//! `POST /simulator/behaviours`: how calls that send are treated, beyond what the customers make of them.

use std::num::NonZeroU32;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{document::DocumentError, listen::Desk};
use crate::whatsapp::graph::{self, Order};

/// What is told. Everything that is named is done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Behaviours {
    /// All that was told before is forgotten.
    #[serde(default)]
    reset: bool,
    /// The recipient of `next` and `always`.
    recipient: Option<String>,
    /// For the next call: to the recipient where one is named, else to anybody. A list is for the calls after it, too.
    #[serde(default)]
    next: Vec<Behaviour>,
    /// For every call to the recipient.
    always: Option<Behaviour>,
    /// By chance; an empty list ends it.
    mix: Option<Vec<Weighted>>,
    /// For every call that nothing else is said about.
    default: Option<Behaviour>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weighted {
    weight: NonZeroU32,
    behaviour: Behaviour,
}

/// [`graph::Behaviour`] as it is written.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Behaviour {
    Accept {
        statuses: Option<Ladder>,
    },
    AcceptAs {
        wa_id: String,
        user_id: Option<String>,
        statuses: Option<Ladder>,
    },
    LoseAnswer {
        statuses: Option<Ladder>,
    },
    BreakAnswer {
        statuses: Option<Ladder>,
    },
    ResetUnread {},
    Hang {
        accepted: bool,
        statuses: Option<Ladder>,
    },
    SlowDrip {
        millis_per_byte: u64,
        statuses: Option<Ladder>,
    },
    ServerError {
        status: u16,
        #[serde(default)]
        accepted: bool,
        #[serde(default)]
        with_object: bool,
        statuses: Option<Ladder>,
    },
    Refuse {
        http_status: u16,
        code: u32,
        subcode: Option<u32>,
        details: Option<String>,
        #[serde(default)]
        transient: bool,
        retry_after: Option<u64>,
    },
    Garbage {
        #[serde(default)]
        accepted: bool,
        statuses: Option<Ladder>,
    },
    StatusesFirst {
        statuses: Option<Ladder>,
    },
}

/// [`graph::Ladder`] as it is written. Without one: sent, delivered, read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ladder {
    steps: Vec<Step>,
    order: LadderOrder,
    repeats: u32,
    batched: bool,
    delay_millis: u64,
    pause_millis: u64,
    offset_seconds: i64,
    spacing_seconds: i64,
    carry_tracker: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Sent,
    Delivered,
    Read,
    Played,
    Deleted,
    Failed(u32),
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LadderOrder {
    #[default]
    InOrder,
    Reversed,
    Shuffled,
}

impl Default for Ladder {
    fn default() -> Ladder {
        Ladder {
            steps: vec![Step::Sent, Step::Delivered, Step::Read],
            order: LadderOrder::InOrder,
            repeats: 1,
            batched: false,
            delay_millis: 0,
            pause_millis: 0,
            offset_seconds: 0,
            spacing_seconds: 0,
            carry_tracker: true,
        }
    }
}

impl From<Ladder> for graph::Ladder {
    fn from(ladder: Ladder) -> graph::Ladder {
        let step = |step| match step {
            Step::Sent => graph::Step::Sent,
            Step::Delivered => graph::Step::Delivered,
            Step::Read => graph::Step::Read,
            Step::Played => graph::Step::Played,
            Step::Deleted => graph::Step::Deleted,
            Step::Failed(code) => graph::Step::Failed(code),
        };
        graph::Ladder {
            order: match ladder.order {
                LadderOrder::InOrder => Order::InOrder,
                LadderOrder::Reversed => Order::Reversed,
                LadderOrder::Shuffled => Order::Shuffled,
            },
            repeats: ladder.repeats,
            batched: ladder.batched,
            delay_millis: ladder.delay_millis,
            pause_millis: ladder.pause_millis,
            offset_seconds: ladder.offset_seconds,
            spacing_seconds: ladder.spacing_seconds,
            carry_tracker: ladder.carry_tracker,
            ..graph::Ladder::of(ladder.steps.into_iter().map(step))
        }
    }
}

impl Behaviour {
    fn meant(self) -> Result<graph::Behaviour, DocumentError> {
        let ladder = |statuses: Option<Ladder>| statuses.unwrap_or_default().into();
        let status = |at: &str, number: u16| {
            let wrong = || DocumentError::new(at, format!("{number} is no HTTP status of an error"));
            StatusCode::from_u16(number).ok().filter(|status| status.as_u16() >= 400).ok_or_else(wrong)
        };
        Ok(match self {
            Behaviour::Accept { statuses } => graph::Behaviour::Accept { ladder: ladder(statuses) },
            Behaviour::AcceptAs { wa_id, user_id, statuses } => {
                graph::Behaviour::AcceptAs { wa_id, user_id, ladder: ladder(statuses) }
            }
            Behaviour::LoseAnswer { statuses } => graph::Behaviour::LoseAnswer { ladder: ladder(statuses) },
            Behaviour::BreakAnswer { statuses } => graph::Behaviour::BreakAnswer { ladder: ladder(statuses) },
            Behaviour::ResetUnread {} => graph::Behaviour::ResetUnread,
            Behaviour::Hang { accepted, statuses } => graph::Behaviour::Hang { accepted, ladder: ladder(statuses) },
            Behaviour::SlowDrip { millis_per_byte, statuses } => {
                graph::Behaviour::SlowDrip { ladder: ladder(statuses), millis_per_byte }
            }
            Behaviour::ServerError { status: number, accepted, with_object, statuses } => {
                graph::Behaviour::ServerError {
                    status: status("status", number)?,
                    accepted,
                    ladder: ladder(statuses),
                    with_object,
                }
            }
            Behaviour::Refuse { http_status, code, subcode, details, transient, retry_after } => {
                let details = details.unwrap_or_else(|| format!("Refused with {code}."));
                let http_status = status("http_status", http_status)?;
                graph::Behaviour::Refuse { http_status, code, subcode, details, transient, retry_after }
            }
            Behaviour::Garbage { accepted, statuses } => {
                graph::Behaviour::Garbage { accepted, ladder: ladder(statuses) }
            }
            Behaviour::StatusesFirst { statuses } => graph::Behaviour::StatusesFirst { ladder: ladder(statuses) },
        })
    }
}

/// Everything or nothing of it is done.
pub(super) fn tell(desk: &Desk, told: Behaviours) -> Result<Value, DocumentError> {
    let Behaviours { reset, recipient, next, always, mix, default } = told;
    let next: Vec<graph::Behaviour> = next.into_iter().map(Behaviour::meant).collect::<Result<_, _>>()?;
    let always = always.map(Behaviour::meant).transpose()?;
    let default = default.map(Behaviour::meant).transpose()?;
    let weighted = |one: Weighted| Ok((one.weight.get(), one.behaviour.meant()?));
    let mix: Option<Vec<(u32, graph::Behaviour)>> =
        mix.map(|mix| mix.into_iter().map(weighted).collect::<Result<_, DocumentError>>()).transpose()?;
    if always.is_some() && recipient.is_none() {
        return Err(DocumentError::new(
            "recipient",
            "`always` is for one recipient; for all of them there is `default`",
        ));
    }
    if recipient.is_some() && next.is_empty() && always.is_none() {
        return Err(DocumentError::new("recipient", "only `next` and `always` are for one recipient"));
    }
    desk.shared.choose(|choice| {
        if reset || default.is_some() {
            choice.reset(default);
        }
        for behaviour in next {
            match &recipient {
                Some(recipient) => choice.next_for(recipient, behaviour),
                None => choice.next(behaviour),
            }
        }
        if let (Some(recipient), Some(always)) = (&recipient, always) {
            choice.always_for(recipient, always);
        }
        if let Some(mix) = mix {
            choice.mix(mix);
        }
    });
    Ok(json!({ "told": true }))
}
