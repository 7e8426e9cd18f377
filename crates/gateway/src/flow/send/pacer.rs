//! Which waiting message of one channel may be sent next, as a state machine without I/O or clock.
//!
//! Whoever drives it reads the heads of the recipients' lines from the store and offers them ([`Pacer::offer`]), asks
//! what to send ([`Pacer::next`]) and tells when a call has come to its end ([`Pacer::finished`]). In between nothing
//! changes until [`Pacer::wakes_at`].
//!
//! - What a person waits for goes before bulk, and of one priority the longest waiting goes first.
//! - Of a line, that is a recipient's messages of one priority, one is under way at a time. What comes behind it is not
//!   taken while it is: if it is refused for the time being, it is the head again. So the store is read anew after each
//!   end, and nothing that was read before an end is offered after it.
//! - The channel has a bucket of tokens, and each recipient has one. A recipient that is out of tokens, or paused,
//!   stands in nobody's way; nor does a line that is paused, not even in that of its recipient's other line.
//! - Bulk leaves a quarter of the channel's tokens and a quarter of its calls alone, so that a person's reply finds
//!   one.
//! - After a pause the channel's bucket is empty: a vendor that was asked for too much is not answered with a burst.
//! - A vendor that is unwell is called less and less ([`brake`]).

mod brake;
mod bucket;
mod elapsed;
mod lines;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tidings_channels::Pace;
use tidings_domain::{MessageId, Timestamp, outgoing::Priority, sending::Scope};
use tidings_store::Waiting;

use brake::Brake;
use bucket::{Bucket, Rate};
use elapsed::{Elapsed, millis};
use lines::{HELD, Lines, Pauses};

/// How many heads to read from the store at once. What is held stands among them, so it is as many as can be held.
pub(crate) const READ: usize = 2 * HELD;

/// How a vendor seemed when it was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It took the message, or had something against it.
    Well,
    /// It had a problem of its own, or nobody can tell what became of the message.
    Unwell,
}

/// One channel's pace.
#[derive(Debug)]
pub(crate) struct Pacer {
    pace: Pace,
    /// How many calls may be under way at once.
    concurrency: usize,
    under_way: usize,
    bucket: Bucket,
    paused_until: u64,
    brake: Brake,
    lines: Lines,
    elapsed: Elapsed,
}

/// How many messages a channel may send at once after it has been quiet: a quarter of a second's worth. That makes up
/// for a driver that is woken late, and keeps the worst second at a quarter above the pace; with a whole second's worth
/// it could be twice the pace.
fn burst(pace: Pace) -> u32 {
    (pace.per_second / 4).max(1)
}

fn channel_rate(pace: Pace) -> Rate {
    Rate::per_second(pace.per_second, burst(pace))
}

fn recipient_rate(pace: Pace) -> Rate {
    Rate::every(pace.recipient_interval, pace.recipient_burst)
}

impl Pacer {
    /// A pacer that holds nothing. `concurrency` is how many calls may be under way at once.
    pub(crate) fn new(pace: Pace, concurrency: usize) -> Self {
        Self {
            pace,
            concurrency: concurrency.max(1),
            under_way: 0,
            bucket: Bucket::full(channel_rate(pace), 0),
            paused_until: 0,
            brake: Brake::default(),
            lines: Lines::new(recipient_rate(pace)),
            elapsed: Elapsed::default(),
        }
    }

    /// The channel's settings changed.
    pub(crate) fn set_pace(&mut self, pace: Pace) {
        if pace == self.pace {
            return;
        }
        let now = self.elapsed.last();
        self.bucket.settle(channel_rate(self.pace), now);
        self.bucket.settle(channel_rate(pace), now);
        self.pace = pace;
        self.lines.set_rate(recipient_rate(pace), now);
    }

    /// Whether it would take the head of a line that it was offered: not what is held or under way already, nor what
    /// there is no room for.
    pub(crate) fn takes(&self, head: &Waiting) -> bool {
        self.lines.takes(head)
    }

    /// Offers the head of a line. A message whose place in its line has changed is to be forgotten first.
    pub(crate) fn offer(&mut self, head: Waiting) {
        self.lines.offer(head, self.elapsed.last());
    }

    /// Whether it holds so little of a priority that the store should be read, if it has more of that priority.
    pub(crate) fn is_low(&self, priority: Priority) -> bool {
        self.lines.held(priority) < HELD / 2
    }

    /// What to send now, if anything. Everything that it answers must be told of by [`Self::finished`].
    pub(crate) fn next(&mut self, now: Timestamp) -> Option<Waiting> {
        let now = self.elapsed.advance(now);
        self.lines.wake(now);
        let priority = [Priority::Interactive, Priority::Bulk]
            .into_iter()
            .find(|priority| self.lines.is_ready(*priority) && self.opens_at(*priority).is_some_and(|at| at <= now))?;
        let waiting = self.lines.start(priority, now)?;
        self.bucket.take(channel_rate(self.pace), now);
        self.under_way += 1;
        Some(waiting)
    }

    /// When [`Self::next`] may answer something though nothing was offered and nothing came to its end; `None` if it
    /// will not.
    pub(crate) fn wakes_at(&self, now: Timestamp) -> Option<Timestamp> {
        let ready = [Priority::Interactive, Priority::Bulk]
            .into_iter()
            .filter(|priority| self.lines.is_ready(*priority))
            .filter_map(|priority| self.opens_at(priority))
            .min();
        // A reply may be what is resting, so the channel is asked when it opens for one.
        let rested =
            self.lines.wakes_at().zip(self.opens_at(Priority::Interactive)).map(|(rested, opens)| rested.max(opens));
        let at = ready.into_iter().chain(rested).min()?;
        Some(now.plus(Duration::from_millis(at.saturating_sub(self.elapsed.at(now)))))
    }

    /// A call has come to its end. If the vendor wants it, the line, the recipient or the whole channel pauses for so
    /// long; of two pauses the one that ends later counts.
    pub(crate) fn finished(&mut self, message: MessageId, pause: Option<(Scope, Duration)>, now: Timestamp) {
        let now = self.elapsed.advance(now);
        let until = |scope| pause.filter(|pause| pause.0 == scope).map(|(_, pause)| now.saturating_add(millis(pause)));
        let pauses = Pauses { line: until(Scope::Line), recipient: until(Scope::Recipient) };
        if self.lines.finish(message, pauses, now) {
            self.under_way -= 1;
        }
        if let Some(until) = until(Scope::Channel)
            && until > self.paused_until
        {
            self.pause(until);
        }
    }

    /// What [`Self::next`] answered just now is not sent after all; it is not held any more.
    pub(crate) fn put_back(&mut self, message: MessageId, now: Timestamp) {
        let now = self.elapsed.advance(now);
        if self.lines.put_back(message, now) {
            self.under_way -= 1;
            self.bucket.give_back(channel_rate(self.pace), now);
        }
    }

    /// How the vendor seemed when a call came to its end.
    pub(crate) fn found(&mut self, vendor: Condition, now: Timestamp) {
        let now = self.elapsed.advance(now);
        match vendor {
            Condition::Well => self.brake = Brake::default(),
            Condition::Unwell => {
                if let Some(until) = self.brake.press(now).filter(|until| *until > self.paused_until) {
                    self.pause(until);
                }
            }
        }
    }

    /// The channel is well again, and does not pause any longer.
    pub(crate) fn resume(&mut self, now: Timestamp) {
        let now = self.elapsed.advance(now);
        self.brake = Brake::default();
        if self.paused_until > now {
            self.pause(now);
        }
    }

    /// A message that was offered is not to be sent, or not yet. One that is under way stays so.
    pub(crate) fn forget(&mut self, message: MessageId) {
        self.lines.forget(message, self.elapsed.last());
    }

    fn pause(&mut self, until: u64) {
        self.paused_until = until;
        self.bucket = Bucket::empty(until);
    }

    /// When the channel lets a message of this priority out; `None` if a call has to come to its end before.
    fn opens_at(&self, priority: Priority) -> Option<u64> {
        let concurrency = if self.brake.is_on() { 1 } else { self.concurrency };
        let (calls, tokens) = match priority {
            Priority::Interactive => (concurrency, 1),
            // With a single call, or a burst of one, there is nothing to leave to others.
            Priority::Bulk => ((concurrency * 3 / 4).max(1), 1 + burst(self.pace) / 4),
        };
        (self.under_way < calls).then(|| self.bucket.holds_at(channel_rate(self.pace), tokens).max(self.paused_until))
    }
}
