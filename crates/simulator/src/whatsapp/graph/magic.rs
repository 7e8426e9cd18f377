//! Numbers that ask for a behaviour by themselves: their last four digits choose how a message to them is treated, so that
//! a developer can meet every trouble of the vendor without telling the server anything.

use http::StatusCode;

use super::{Behaviour, Ladder, Order, Step};

/// A number's ending and what it does.
#[derive(Debug)]
pub struct Magic {
    /// The last four digits.
    pub ending: &'static str,
    /// What happens, in a few words.
    pub does: &'static str,
    behaviour: fn() -> Behaviour,
}

impl Magic {
    /// How a call is treated.
    pub(crate) fn behaviour(&self) -> Behaviour {
        (self.behaviour)()
    }
}

/// All endings. Those from 9001 on are about statuses, from 9011 on failures that are told afterwards, from 9020 on
/// refusals, from 9031 on errors of servers, from 9041 on answers that do not come as they should,
/// and 9051 about media.
pub const MAGIC: &[Magic] = &[
    magic_of("9001", "every status comes three times", || taken(Ladder { repeats: 3, ..Ladder::full() })),
    magic_of("9002", "the statuses come in reverse", || taken(Ladder { order: Order::Reversed, ..Ladder::full() })),
    magic_of("9003", "the statuses come twice and in any order", || {
        taken(Ladder { order: Order::Shuffled, repeats: 2, ..Ladder::full() })
    }),
    magic_of("9004", "the statuses come ten seconds late", || taken(Ladder { delay_millis: 10_000, ..Ladder::full() })),
    magic_of("9005", "all statuses come in one webhook", || taken(Ladder { batched: true, ..Ladder::full() })),
    magic_of("9006", "no status ever comes", || taken(Ladder::none())),
    magic_of("9007", "the statuses come before the answer", || Behaviour::StatusesFirst { ladder: Ladder::full() }),
    magic_of("9008", "the statuses carry no biz_opaque_callback_data", || {
        taken(Ladder { carry_tracker: false, ..Ladder::full() })
    }),
    magic_of("9009", "delivered without sent before it", || taken(Ladder::of([Step::Delivered, Step::Read]))),
    magic_of("9010", "999 updates in one webhook: every status comes 333 times", || {
        taken(Ladder { batched: true, repeats: 333, ..Ladder::full() })
    }),
    magic_of("9011", "fails afterwards: 131026, undeliverable", || taken(Ladder::failed(131_026))),
    magic_of("9012", "fails afterwards: 131047, the window is closed", || taken(Ladder::failed(131_047))),
    magic_of("9013", "fails afterwards: 131049, not delivered for a healthy ecosystem", || {
        taken(Ladder::failed(131_049))
    }),
    magic_of("9014", "fails afterwards: 131053, the media could not be fetched", || taken(Ladder::failed(131_053))),
    magic_of("9015", "is sent and fails then: 131026", || taken(Ladder::of([Step::Sent, Step::Failed(131_026)]))),
    magic_of("9020", "refused: 400 with 4, too many calls of the app", || refuse(StatusCode::BAD_REQUEST, 4)),
    magic_of("9021", "refused: 429 with 130429, the number's throughput", || {
        limited(130_429, "Too many messages in a short period of time.", None)
    }),
    magic_of("9022", "refused: 429 with 131056 and Retry-After: 6, too many to one recipient", || {
        limited(131_056, "Too many messages to this recipient.", Some(6))
    }),
    magic_of("9023", "refused: 401 with 190, the token has expired", || refuse(StatusCode::UNAUTHORIZED, 190)),
    magic_of("9024", "refused: 400 with 131026, undeliverable", || refuse(StatusCode::BAD_REQUEST, 131_026)),
    magic_of("9025", "refused: 400 with 131047, the window is closed", || refuse(StatusCode::BAD_REQUEST, 131_047)),
    magic_of("9026", "refused: 403 with 368, blocked for violations of policy", || refuse(StatusCode::FORBIDDEN, 368)),
    magic_of("9027", "refused: 403 with 131031, the account is locked", || refuse(StatusCode::FORBIDDEN, 131_031)),
    magic_of("9028", "refused: 400 with 131048, the number's spam limit", || refuse(StatusCode::BAD_REQUEST, 131_048)),
    magic_of("9029", "refused: 400 with 80007, too many calls of the account", || {
        refuse(StatusCode::BAD_REQUEST, 80_007)
    }),
    magic_of("9031", "500 with code 2, not taken", || server_error(500, false, true)),
    magic_of("9032", "503 with a proxy's page, not taken", || server_error(503, false, false)),
    magic_of("9033", "500 with code 2, and yet taken", || server_error(500, true, true)),
    magic_of("9034", "200 with a page of HTML, and taken", || Behaviour::Garbage {
        accepted: true,
        ladder: Ladder::full(),
    }),
    magic_of("9041", "taken, and the connection is reset before the answer", || Behaviour::LoseAnswer {
        ladder: Ladder::full(),
    }),
    magic_of("9042", "taken, and the connection is reset in the middle of the answer", || Behaviour::BreakAnswer {
        ladder: Ladder::full(),
    }),
    magic_of("9043", "the connection is reset, not taken", || Behaviour::ResetUnread),
    magic_of("9044", "taken, and never answered", || Behaviour::Hang { accepted: true, ladder: Ladder::full() }),
    magic_of("9045", "never answered, not taken", || Behaviour::Hang { accepted: false, ladder: Ladder::none() }),
    magic_of("9046", "taken, and answered at five bytes a second", || Behaviour::SlowDrip {
        ladder: Ladder::full(),
        millis_per_byte: 200,
    }),
    magic_of(DEAD_LINKS, "links to the media that it sends lead nowhere", || taken(Ladder::full())),
];

/// The only ending that is about what a customer sends.
const DEAD_LINKS: &str = "9051";

/// Whether the links to the media of this number lead nowhere.
pub(crate) fn has_dead_links(phone: &str) -> bool {
    phone.ends_with(DEAD_LINKS)
}

/// How a message to this number is treated, if its ending is one of [`MAGIC`].
pub(super) fn magic(phone: &str) -> Option<Behaviour> {
    MAGIC.iter().find(|magic| phone.ends_with(magic.ending)).map(Magic::behaviour)
}

const fn magic_of(ending: &'static str, does: &'static str, behaviour: fn() -> Behaviour) -> Magic {
    Magic { ending, does, behaviour }
}

fn taken(ladder: Ladder) -> Behaviour {
    Behaviour::Accept { ladder }
}

fn refuse(http_status: StatusCode, code: u32) -> Behaviour {
    Behaviour::refuse(http_status, code)
}

fn limited(code: u32, details: &str, retry_after: Option<u64>) -> Behaviour {
    Behaviour::Refuse {
        http_status: StatusCode::TOO_MANY_REQUESTS,
        code,
        subcode: None,
        details: details.to_owned(),
        transient: false,
        retry_after,
    }
}

fn server_error(status: u16, accepted: bool, with_object: bool) -> Behaviour {
    Behaviour::ServerError {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        accepted,
        ladder: Ladder::full(),
        with_object,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_ending_is_one_of_its_own() {
        let endings: HashSet<&str> = MAGIC.iter().map(|magic| magic.ending).collect();
        assert_eq!(endings.len(), MAGIC.len());
        assert!(matches!(magic("15550109043"), Some(Behaviour::ResetUnread)));
        assert!(magic("15550101234").is_none() && magic("").is_none());
    }
}
