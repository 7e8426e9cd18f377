//! What may go out, worked out anew from everything that has: slow, and simple enough to be believed.

use std::collections::BTreeMap;

use tidings_channels::Pace;
use tidings_domain::{HandleId, outgoing::Priority};
use tidings_store::Waiting;

/// Everything that has gone out, with the time that had passed.
#[derive(Debug, Default)]
pub(super) struct Model {
    sent: Vec<(u64, Waiting)>,
    under_way: Vec<Waiting>,
    paused_until: u64,
    /// When the last pause of the channel ended or will.
    empty_at: Option<u64>,
    recipients_paused_until: BTreeMap<HandleId, u64>,
    lines_paused_until: BTreeMap<(HandleId, bool), u64>,
}

/// The tokens of a bucket, in fractions of which `whole` make one, after tokens were taken at these times.
fn tokens(mut level: u64, mut at: u64, taken: impl Iterator<Item = u64>, rate: (u64, u64, u64), now: u64) -> u64 {
    let (gain, whole, full) = rate;
    for time in taken.filter(|time| *time >= at).collect::<Vec<_>>() {
        level =
            (level + (time - at) * gain).min(full).checked_sub(whole).expect("more went out than there were tokens");
        at = time;
    }
    (level + now.saturating_sub(at) * gain).min(full)
}

fn line(waiting: &Waiting) -> (HandleId, bool) {
    (waiting.recipient, waiting.priority == Priority::Bulk)
}

impl Model {
    pub(super) fn start(&mut self, waiting: Waiting, now: u64) {
        let is_busy = self.under_way.iter().any(|other| line(other) == line(&waiting));
        assert!(!is_busy, "two of one line are under way");
        self.under_way.push(waiting);
        self.sent.push((now, waiting));
    }

    pub(super) fn finish(&mut self, waiting: Waiting) {
        self.under_way.retain(|other| *other != waiting);
    }

    pub(super) fn pause_channel(&mut self, until: u64) {
        if until > self.paused_until {
            (self.paused_until, self.empty_at) = (until, Some(until));
        }
    }

    pub(super) fn resume(&mut self, now: u64) {
        if self.paused_until > now {
            (self.paused_until, self.empty_at) = (now, Some(now));
        }
    }

    pub(super) fn pause_recipient(&mut self, recipient: HandleId, until: u64) {
        let known = self.recipients_paused_until.entry(recipient).or_default();
        *known = until.max(*known);
    }

    pub(super) fn pause_line(&mut self, waiting: Waiting, until: u64) {
        let known = self.lines_paused_until.entry(line(&waiting)).or_default();
        *known = until.max(*known);
    }

    /// Whether this may go out now.
    pub(super) fn allows(&self, waiting: &Waiting, pace: Pace, concurrency: usize, now: u64) -> bool {
        let burst = u64::from((pace.per_second / 4).max(1));
        let (calls, needed) = match waiting.priority {
            Priority::Interactive => (concurrency, 1000),
            Priority::Bulk => ((concurrency * 3 / 4).max(1), 1000 + 1000 * (burst / 4)),
        };
        let (level, since) = self.empty_at.map_or((burst * 1000, 0), |at| (0, at));
        let rate = (u64::from(pace.per_second), 1000, burst * 1000);
        // What goes out in the very millisecond in which a pause is told was sent before it.
        let all = self.sent.iter().map(|(time, _)| *time).filter(|time| self.empty_at.is_none_or(|at| *time > at));
        let channel = tokens(level, since, all, rate, now);
        let interval = u64::try_from(pace.recipient_interval.as_millis()).unwrap();
        let full = interval * u64::from(pace.recipient_burst);
        let to_it = self.sent.iter().filter(|(_, sent)| sent.recipient == waiting.recipient).map(|(time, _)| *time);
        let recipient = tokens(full, 0, to_it, (1, interval, full), now);
        let recipient_paused_until = self.recipients_paused_until.get(&waiting.recipient).copied().unwrap_or_default();
        let line_paused_until = self.lines_paused_until.get(&line(waiting)).copied().unwrap_or_default();
        let line_is_busy = self.under_way.iter().any(|other| line(other) == line(waiting));
        self.under_way.len() < calls
            && channel >= needed
            && recipient >= interval
            && now >= self.paused_until.max(recipient_paused_until).max(line_paused_until)
            && !line_is_busy
    }

    /// In no stretch of time did more go out than the channel and its recipients may take.
    pub(super) fn check_rates(&self, pace: Pace) {
        let burst = u64::from((pace.per_second / 4).max(1));
        let interval = u64::try_from(pace.recipient_interval.as_millis()).unwrap().max(1);
        for (first, (from, one)) in self.sent.iter().enumerate() {
            let mut to_it = 0;
            for (count, (until, other)) in (1_u64..).zip(&self.sent[first..]) {
                let passed = until - from;
                let allowed = burst + passed * u64::from(pace.per_second) / 1000;
                assert!(count <= allowed, "{count} in {passed} ms, of {allowed}");
                if other.recipient == one.recipient {
                    to_it += 1;
                    let allowed = u64::from(pace.recipient_burst) + passed / interval;
                    assert!(to_it <= allowed, "{to_it} to one recipient in {passed} ms, of {allowed}");
                }
            }
        }
    }

    pub(super) fn sent(&self) -> &[(u64, Waiting)] {
        &self.sent
    }
}
