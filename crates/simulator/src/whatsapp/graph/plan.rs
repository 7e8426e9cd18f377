//! A behaviour in three parts that are carried out apart: whether the vendor takes the message, when the statuses begin,
//! and what the caller is told.

use std::time::Duration;

use http::StatusCode;

use super::{Behaviour, Ladder, error::GraphError};

#[derive(Debug)]
pub(super) struct Plan {
    /// The statuses of the message, if the vendor takes it.
    pub(super) accepted: Option<Ladder>,
    /// Another `wa_id` and user id than the recipient's.
    pub(super) person: Option<(String, Option<String>)>,
    pub(super) start: Start,
    pub(super) answer: Answer,
}

/// When the statuses begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// When the answer is out, or when it is certain that none comes.
    AfterAnswer,
    /// When the message is taken.
    AtOnce,
    /// When the message is taken, and the answer waits for their end.
    BeforeAnswer,
}

#[derive(Debug)]
pub(super) enum Answer {
    Success,
    HalfSuccess,
    SlowSuccess(Duration),
    Error(GraphError),
    SlowError(GraphError, Duration),
    Page(StatusCode),
    Reset,
    Never,
}

impl Plan {
    pub(super) fn of(behaviour: Behaviour) -> Plan {
        match behaviour {
            Behaviour::Accept { ladder } => Plan::taken(ladder, Answer::Success),
            Behaviour::AcceptAs { wa_id, user_id, ladder } => {
                Plan { person: Some((wa_id, user_id)), ..Plan::taken(ladder, Answer::Success) }
            }
            Behaviour::LoseAnswer { ladder } => Plan::taken(ladder, Answer::Reset),
            Behaviour::BreakAnswer { ladder } => Plan::taken(ladder, Answer::HalfSuccess),
            Behaviour::ResetUnread => Plan::when(false, Ladder::none(), Answer::Reset),
            Behaviour::Hang { accepted, ladder } => {
                Plan { start: Start::AtOnce, ..Plan::when(accepted, ladder, Answer::Never) }
            }
            Behaviour::SlowDrip { ladder, millis_per_byte } => Plan {
                start: Start::AtOnce,
                ..Plan::taken(ladder, Answer::SlowSuccess(Duration::from_millis(millis_per_byte)))
            },
            Behaviour::ServerError { status, accepted, ladder, with_object } => {
                let answer = if with_object { Answer::Error(GraphError::server(status)) } else { Answer::Page(status) };
                Plan::when(accepted, ladder, answer)
            }
            Behaviour::Refuse { http_status, code, subcode, details, transient, retry_after } => {
                let error =
                    GraphError { subcode, transient, retry_after, ..GraphError::coded(http_status, code, details) };
                Plan::when(false, Ladder::none(), Answer::Error(error))
            }
            Behaviour::RefuseSlowly { http_status, code, millis_per_byte } => {
                let error = GraphError::coded(http_status, code, format!("Refused with {code}."));
                let pause = Duration::from_millis(millis_per_byte);
                Plan::when(false, Ladder::none(), Answer::SlowError(error, pause))
            }
            Behaviour::Garbage { accepted, ladder } => Plan::when(accepted, ladder, Answer::Page(StatusCode::OK)),
            Behaviour::StatusesFirst { ladder } => {
                Plan { start: Start::BeforeAnswer, ..Plan::taken(ladder, Answer::Success) }
            }
        }
    }

    fn taken(ladder: Ladder, answer: Answer) -> Plan {
        Plan::when(true, ladder, answer)
    }

    fn when(accepted: bool, ladder: Ladder, answer: Answer) -> Plan {
        Plan { accepted: accepted.then_some(ladder), person: None, start: Start::AfterAnswer, answer }
    }
}
