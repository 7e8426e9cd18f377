//! The simulated store, vendor and clock.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    time::Duration,
};

use tidings_channels::Pace;
use tidings_domain::{HandleId, MessageId, Timestamp, outgoing::Priority, sending::Scope};
use tidings_store::Waiting;
use uuid::Uuid;

use super::model::Model;
use crate::flow::send::pacer::{HELD, Pacer, READ};

pub(super) const PRIORITIES: [Priority; 2] = [Priority::Interactive, Priority::Bulk];

pub(super) fn pace(per_second: u32, recipient_burst: u32, interval_ms: u64) -> Pace {
    Pace { per_second, recipient_burst, recipient_interval: Duration::from_millis(interval_ms) }
}

pub(super) struct World {
    pub(super) pacer: Pacer,
    pub(super) pace: Pace,
    concurrency: usize,
    /// What the clock shows.
    pub(super) clock: Timestamp,
    /// What has really passed.
    pub(super) passed: u64,
    lines: BTreeMap<(HandleId, bool), VecDeque<Waiting>>,
    appended: u128,
    pub(super) under_way: Vec<Waiting>,
    pub(super) model: Model,
    /// Whether the simple model is asked at each step.
    pub(super) is_checked: bool,
}

impl World {
    pub(super) fn new(pace: Pace, concurrency: usize) -> Self {
        let clock = Timestamp::from_seconds(1_700_000_000);
        let mut pacer = Pacer::new(pace, concurrency);
        assert_eq!(pacer.next(clock), None);
        Self {
            pacer,
            pace,
            concurrency,
            clock,
            passed: 0,
            lines: BTreeMap::new(),
            appended: 0,
            under_way: Vec::new(),
            model: Model::default(),
            is_checked: false,
        }
    }

    /// Somebody wants to send a message.
    pub(super) fn append(&mut self, recipient: u128, priority: Priority) -> MessageId {
        self.appended += 1;
        let waiting = Waiting {
            message_id: MessageId::from_uuid(Uuid::from_u128(self.appended)),
            recipient: HandleId::from_uuid(Uuid::from_u128(recipient)),
            priority,
            queued_at: Timestamp::from_millis(i64::try_from(self.appended).unwrap()),
            expires_at: None,
            media: None,
        };
        let line = self.lines.entry((waiting.recipient, priority == Priority::Bulk)).or_default();
        line.push_back(waiting);
        waiting.message_id
    }

    /// Reads the heads of the lines from the store and offers them, as the driver does after each end and each message.
    pub(super) fn read(&mut self) {
        let mut heads: Vec<Waiting> = self
            .lines
            .values()
            .filter_map(VecDeque::front)
            .filter(|head| !self.under_way.contains(head))
            .copied()
            .collect();
        heads.sort_by_key(|head| (head.priority == Priority::Bulk, head.queued_at));
        heads.truncate(READ);
        for head in heads {
            self.pacer.offer(head);
        }
        assert!(PRIORITIES.into_iter().all(|priority| self.pacer.lines.held(priority) <= HELD), "memory is bounded");
    }

    /// Sends the next one, if one may be sent.
    pub(super) fn send_one(&mut self) -> Option<Waiting> {
        let Some(waiting) = self.pacer.next(self.clock) else {
            assert!(self.pacer.wakes_at(self.clock).is_none_or(|at| at > self.clock), "no wake leads to nothing");
            return None;
        };
        let line = &self.lines[&(waiting.recipient, waiting.priority == Priority::Bulk)];
        assert_eq!(line.front(), Some(&waiting), "first in, first out");
        if self.is_checked {
            assert!(self.allows(&waiting), "{waiting:?} must wait");
        }
        self.model.start(waiting, self.passed);
        self.under_way.push(waiting);
        Some(waiting)
    }

    fn allows(&self, waiting: &Waiting) -> bool {
        self.model.allows(waiting, self.pace, self.concurrency, self.passed)
    }

    /// Sends everything that may be sent now.
    pub(super) fn send_all(&mut self) -> Vec<Waiting> {
        let sent = std::iter::from_fn(|| self.send_one()).collect();
        if self.is_checked {
            let heads = self.lines.values().filter_map(VecDeque::front).filter(|head| !self.under_way.contains(head));
            let offered: HashSet<MessageId> = self.pacer.lines.held_messages().collect();
            for head in heads.filter(|head| offered.contains(&head.message_id)) {
                assert!(!self.allows(head), "{head:?} could go");
            }
        }
        sent
    }

    /// The vendor takes a message.
    pub(super) fn accept(&mut self, index: usize) -> Waiting {
        let waiting = self.under_way.remove(index);
        let line = self.lines.get_mut(&(waiting.recipient, waiting.priority == Priority::Bulk)).unwrap();
        assert_eq!(line.pop_front(), Some(waiting));
        self.model.finish(waiting);
        self.pacer.finished(waiting.message_id, None, self.clock);
        waiting
    }

    /// The vendor does not take a message now: it stays the head of its line.
    pub(super) fn put_off(&mut self, index: usize, scope: Scope, pause_ms: u64) -> Waiting {
        let waiting = self.under_way.remove(index);
        self.model.finish(waiting);
        match scope {
            Scope::Channel => self.model.pause_channel(self.passed + pause_ms),
            Scope::Line => self.model.pause_line(waiting, self.passed + pause_ms),
            Scope::Recipient => self.model.pause_recipient(waiting.recipient, self.passed + pause_ms),
        }
        self.pacer.finished(waiting.message_id, Some((scope, Duration::from_millis(pause_ms))), self.clock);
        waiting
    }

    pub(super) fn resume(&mut self) {
        self.model.resume(self.passed);
        self.pacer.resume(self.clock);
    }

    /// A message that is not under way is cancelled.
    pub(super) fn cancel(&mut self, choice: usize) {
        let choices: Vec<Waiting> =
            self.lines.values().flatten().filter(|waiting| !self.under_way.contains(waiting)).copied().collect();
        if let Some(waiting) = choices.get(choice % choices.len().max(1)) {
            for line in self.lines.values_mut() {
                line.retain(|other| other != waiting);
            }
            self.pacer.forget(waiting.message_id);
        }
    }

    pub(super) fn pass(&mut self, millis: u64) {
        self.passed += millis;
        self.clock = self.clock.plus(Duration::from_millis(millis));
    }

    /// The clock is set back, which the pacer sees at once. What passed before counts.
    pub(super) fn set_back(&mut self, millis: u64) {
        self.send_all();
        self.clock = self.clock.minus(Duration::from_millis(millis));
        self.send_all();
    }

    /// How long until the pacer wants to be asked again.
    pub(super) fn until_wake(&self) -> Option<u64> {
        let at = self.pacer.wakes_at(self.clock)?;
        Some(u64::try_from(at.since(self.clock).as_millis()).unwrap())
    }

    /// Lets a vendor that takes everything at once work for so long.
    pub(super) fn work_for(&mut self, millis: u64) {
        let end = self.passed + millis;
        loop {
            self.read();
            self.send_all();
            if !self.under_way.is_empty() {
                while !self.under_way.is_empty() {
                    self.accept(0);
                }
            } else if let Some(wait) = self.until_wake().filter(|wait| self.passed + wait <= end) {
                self.pass(wait);
            } else {
                self.pass(end - self.passed);
                return;
            }
        }
    }

    /// Works until nothing is left, which must come about without anything from outside.
    pub(super) fn drain(&mut self) {
        while self.lines.values().any(|line| !line.is_empty()) {
            self.read();
            self.send_all();
            if self.under_way.is_empty() {
                let wait = self.until_wake().expect("something is left, so it wakes");
                self.pass(wait);
            }
            while !self.under_way.is_empty() {
                self.accept(0);
            }
        }
    }
}
