//! How the vendor treats one call that would send a message: well, or in one of the ways in which a call can leave its
//! caller in doubt. What counts is kept apart on purpose: whether the vendor took the message, and what the caller is told.

use http::StatusCode;

use super::Ladder;

/// What happens to one call of `POST /{phone_number_id}/messages` whose content is in order. Calls that Meta would refuse
/// for their token, their rate or their content are refused before, and use up no behaviour.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// Accepted and answered; the statuses follow the answer.
    Accept {
        /// The statuses that follow.
        ladder: Ladder,
    },
    /// Accepted for another person than was dialled: numbers of Brazil, Mexico and Argentina have two spellings.
    AcceptAs {
        /// The `wa_id` of the answer and of the statuses.
        wa_id: String,
        /// The business-scoped user id beside it.
        user_id: Option<String>,
        /// The statuses that follow.
        ladder: Ladder,
    },
    /// Accepted, and the connection is reset before a byte of the answer.
    LoseAnswer {
        /// The statuses that follow.
        ladder: Ladder,
    },
    /// Accepted, and the connection is reset in the middle of the answer.
    BreakAnswer {
        /// The statuses that follow.
        ladder: Ladder,
    },
    /// The request is read and not accepted; the connection is reset.
    ResetUnread,
    /// The connection stays open without an answer until the caller gives up.
    Hang {
        /// Whether the message was accepted.
        accepted: bool,
        /// The statuses, which do not wait for anything; only of an accepted message.
        ladder: Ladder,
    },
    /// Accepted, and the answer comes one byte at a time.
    SlowDrip {
        /// The statuses, which do not wait for the end of the answer.
        ladder: Ladder,
        /// The pause between two bytes, in milliseconds.
        millis_per_byte: u64,
    },
    /// An error of Meta's servers or of what stands in front of them.
    ServerError {
        /// Usually 500, 502 or 503.
        status: StatusCode,
        /// Whether the message was accepted all the same.
        accepted: bool,
        /// The statuses that follow; only of an accepted message.
        ladder: Ladder,
        /// With an error object of the Graph API (code 2, transient), or with a page of a proxy.
        with_object: bool,
    },
    /// Refused with an error object of the Graph API.
    Refuse {
        /// The HTTP status, often 400.
        http_status: StatusCode,
        /// `error.code`.
        code: u32,
        /// `error.error_subcode`.
        subcode: Option<u32>,
        /// `error.error_data.details`.
        details: String,
        /// `error.is_transient`, which is left out when false.
        transient: bool,
        /// The header `Retry-After`, in seconds.
        retry_after: Option<u64>,
    },
    /// Refused with an error object of the Graph API that comes one byte at a time.
    RefuseSlowly {
        /// The HTTP status.
        http_status: StatusCode,
        /// `error.code`.
        code: u32,
        /// The pause between two bytes, in milliseconds.
        millis_per_byte: u64,
    },
    /// 200 with a page of HTML, as of a proxy in between.
    Garbage {
        /// Whether the message was accepted.
        accepted: bool,
        /// The statuses that follow; only of an accepted message.
        ladder: Ladder,
    },
    /// Accepted; the statuses are posted, and taken or given up, before the answer is written.
    StatusesFirst {
        /// The statuses that come first.
        ladder: Ladder,
    },
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour::accept()
    }
}

impl Behaviour {
    /// Accepts, and no status ever comes.
    pub fn accept() -> Behaviour {
        Behaviour::Accept { ladder: Ladder::none() }
    }

    /// Refuses with this code and nothing special about it.
    pub fn refuse(http_status: StatusCode, code: u32) -> Behaviour {
        Behaviour::Refuse {
            http_status,
            code,
            subcode: None,
            details: format!("Refused with {code}."),
            transient: false,
            retry_after: None,
        }
    }
}
