//! When a failed attempt is repeated. Never looks at a clock: it answers with durations.

use std::time::Duration;

use tidings_domain::Timestamp;

/// The waits after the first, second … failure at an endpoint that is up: about three days in all.
const WAITS: [Duration; 11] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(3),
    Duration::from_hours(6),
    Duration::from_hours(12),
    Duration::from_hours(24),
    Duration::from_hours(24),
];

/// How far a wait may move to either side, so that a crowd of failures does not come back as a crowd.
const SPREAD: f64 = 0.2;

const FIRST_PROBE: Duration = Duration::from_secs(5);
/// The longest wait between two probes of an endpoint that is down.
pub(crate) const LONGEST_PROBE: Duration = Duration::from_mins(5);

/// The longest wait that a receiver may ask for.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(24);

/// How long to wait after the failure of this number (from 1) at an endpoint that was up; `None` when the schedule is
/// used up. `jitter` is a random number from 0 (20 % sooner) up to 1 (20 % later). Where the receiver asked for a
/// longer wait (see [`retry_after`]), the caller takes that one.
pub fn retry_delay(failures: u32, jitter: f64) -> Option<Duration> {
    let wait = WAITS.get(usize::try_from(failures.checked_sub(1)?).ok()?)?;
    Some(wait.mul_f64(1.0 - SPREAD + 2.0 * SPREAD * jitter.clamp(0.0, 1.0)))
}

/// How long to wait before the next probe of an endpoint that is down, after so many failed probes: 5, 10, 20 … 300 s.
pub fn probe_delay(failed_probes: u32) -> Duration {
    FIRST_PROBE.saturating_mul(2_u32.saturating_pow(failed_probes)).min(LONGEST_PROBE)
}

/// The wait that a `Retry-After` asks for, at most 24 hours: seconds, or a date as HTTP spells it (RFC 9110, 10.2.3).
/// A date that has passed asks for no wait. `None` for what is neither.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let moment = jiff::fmt::rfc2822::parse(text).ok()?;
        Timestamp::from_millis(moment.timestamp().as_millisecond()).since(now)
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_the_published_one() {
        let waits: Vec<u128> = (1..)
            .map_while(|failures| retry_delay(failures, 0.5))
            .map(|wait| wait.as_millis().div_ceil(1000))
            .collect();
        assert_eq!(waits, [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 86_400]);
        assert_eq!(retry_delay(0, 0.5), None);
        assert_eq!(retry_delay(u32::MAX, 0.5), None);
    }

    #[test]
    fn jitter_moves_a_wait_by_a_fifth_to_either_side() {
        assert_eq!(retry_delay(1, 0.0), Some(Duration::from_secs(4)));
        assert_eq!(retry_delay(1, 1.0), Some(Duration::from_secs(6)));
        assert_eq!(retry_delay(1, 17.0), Some(Duration::from_secs(6)));
    }

    #[test]
    fn probes_come_less_and_less_often() {
        let waits: Vec<u64> = (0..9).map(|failed| probe_delay(failed).as_secs()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(probe_delay(u32::MAX), LONGEST_PROBE);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::parse("2026-04-19T14:30:00Z").unwrap();
        for (text, seconds) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("86401", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            ("Sun, 19 Apr 2026 14:31:30 GMT", Some(90)),
            ("Sun, 19 Apr 2026 14:00:00 GMT", Some(0)),
            ("Wed, 22 Apr 2026 14:30:00 GMT", Some(86_400)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
