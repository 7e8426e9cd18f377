//! Whether the server answers, can work, and has the right time.

use http::header::DATE;
use tidings_domain::Timestamp;
use tidings_gateway::clock::{Clock as _, SystemClock};

use super::finding::Finding;
use crate::client::{Answer, Client};

/// From how many seconds on clocks are said to differ, and from how many on signatures are in danger: receivers refuse
/// those that are five minutes old.
const DIFFERS: u64 = 10;
const ENDANGERS: u64 = 120;

/// Looks; answers whether there is a server to ask further.
pub(super) async fn look(client: &Client, findings: &mut Vec<Finding>) -> bool {
    match client.get("/healthz").await {
        Ok(answer) => {
            findings.push(Finding::ok("server", format!("{} answers", client.server())));
            findings.extend(clock(&answer));
        }
        Err(failure) => {
            let advice = "start it with `tidings serve`, or name it with --server";
            findings.push(Finding::fail("server", failure.first_line(), advice));
            return false;
        }
    }
    findings.push(match client.get("/readyz").await {
        Ok(_) => Finding::ok("store", "takes work"),
        Err(failure) => Finding::fail("store", failure.to_string(), "look into the server's log, and at its disk"),
    });
    true
}

/// Compares this machine's clock with the server's. The answer was on its way, but not for seconds.
fn clock(answer: &Answer) -> Option<Finding> {
    let date = answer.headers.get(DATE)?.to_str().ok()?;
    let theirs = httpdate(date)?;
    Some(judge(SystemClock.now().as_seconds().abs_diff(theirs.as_seconds())))
}

fn judge(apart: u64) -> Finding {
    let advice = "let both machines take their time from the network (NTP)";
    match apart {
        0..DIFFERS => Finding::ok("clock", "this machine's and the server's agree"),
        DIFFERS..ENDANGERS => {
            Finding::warn("clock", format!("the server's is {apart} seconds off this machine's"), advice)
        }
        _ => Finding::fail(
            "clock",
            format!("the server's is {apart} seconds off this machine's: receivers refuse signatures that are too old"),
            advice,
        ),
    }
}

/// `Thu, 26 Nov 2026 19:55:10 GMT`
fn httpdate(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<_> = text.split(' ').collect();
    let [_, day, month, year, time, "GMT"] = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    Timestamp::parse(&format!("{year}-{month:02}-{day}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn a_date_of_http_is_read() {
        let read = httpdate("Thu, 26 Nov 2026 19:55:10 GMT").map(Timestamp::rfc3339_seconds);
        assert_eq!(read.as_deref(), Some("2026-11-26T19:55:10Z"));
        for wrong in ["", "now", "Thu, 26 Foo 2026 19:55:10 GMT", "Thu, 99 Nov 2026 19:55:10 GMT"] {
            assert_eq!(httpdate(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn clocks_may_differ_a_little() {
        for (apart, state) in [(0, State::Ok), (9, State::Ok), (10, State::Warn), (120, State::Fail)] {
            assert_eq!(judge(apart).state, state, "{apart}");
        }
    }
}
