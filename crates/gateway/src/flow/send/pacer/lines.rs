//! The recipients and the heads of their lines: which of them could go out now if the channel let them. This module
//! knows nothing of the channel.
//!
//! A recipient has two lines, one of each priority. Of a line it is known whether its head is held or under way. What
//! is held is **ready**, or **resting**: its line or recipient is paused, or the recipient is out of tokens. What rests
//! stands in no one's way.
//! A recipient with nothing held and nothing under way is kept until its tokens are all back, and then forgotten.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem,
};

use tidings_domain::{HandleId, MessageId, Timestamp, outgoing::Priority};
use tidings_store::Waiting;

use super::bucket::{Bucket, Rate};

/// How many messages of each priority are held at most.
pub(super) const HELD: usize = 512;

const PRIORITIES: [Priority; 2] = [Priority::Interactive, Priority::Bulk];

/// One thing for each priority.
#[derive(Debug, Default, Clone, Copy)]
struct Each<T> {
    interactive: T,
    bulk: T,
}

impl<T> Each<T> {
    fn of(&self, priority: Priority) -> &T {
        match priority {
            Priority::Interactive => &self.interactive,
            Priority::Bulk => &self.bulk,
        }
    }

    fn of_mut(&mut self, priority: Priority) -> &mut T {
        match priority {
            Priority::Interactive => &mut self.interactive,
            Priority::Bulk => &mut self.bulk,
        }
    }
}

/// What is known of a line.
#[derive(Debug, Default, Clone, Copy)]
struct Line {
    head: Head,
    paused_until: u64,
}

/// What is known of the head of a line.
#[derive(Debug, Default, Clone, Copy)]
enum Head {
    #[default]
    Empty,
    Held(Waiting),
    UnderWay,
}

/// Until when a call that has come to its end lets others wait, if it does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pauses {
    pub(super) line: Option<u64>,
    pub(super) recipient: Option<u64>,
}

#[derive(Debug)]
struct Recipient {
    bucket: Bucket,
    paused_until: u64,
    lines: Each<Line>,
    /// When it is to be looked at again, if it stands among those that rest or fill.
    look_at: u64,
}

/// Where messages of one priority stand in the order of sending: the longest waiting first.
type Place = (Timestamp, MessageId);

fn place(waiting: &Waiting) -> Place {
    (waiting.queued_at, waiting.message_id)
}

/// All lines of a channel.
#[derive(Debug)]
pub(super) struct Lines {
    rate: Rate,
    recipients: HashMap<HandleId, Recipient>,
    /// In whose lines the messages stand that are held or under way.
    standing: HashMap<MessageId, (HandleId, Priority)>,
    held: Each<usize>,
    ready: Each<BTreeMap<Place, Waiting>>,
    /// Recipients with something held of which nothing that rests can go out before this time.
    resting: BTreeSet<(u64, HandleId)>,
    /// Recipients that are only kept until this time, when they have all their tokens again.
    filling: BTreeSet<(u64, HandleId)>,
}

impl Lines {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            rate,
            recipients: HashMap::new(),
            standing: HashMap::new(),
            held: Each::default(),
            ready: Each::default(),
            resting: BTreeSet::new(),
            filling: BTreeSet::new(),
        }
    }

    /// Recipients get tokens at another rate from now on.
    pub(super) fn set_rate(&mut self, rate: Rate, now: u64) {
        for recipient in self.recipients.values_mut() {
            recipient.bucket.settle(self.rate, now);
        }
        self.rate = rate;
        let recipients: Vec<HandleId> = self.recipients.keys().copied().collect();
        for recipient in recipients {
            self.sort_in(recipient, now);
        }
    }

    /// How many messages of a priority are held.
    pub(super) fn held(&self, priority: Priority) -> usize {
        *self.held.of(priority)
    }

    fn head(&self, waiting: &Waiting) -> Head {
        let recipient = self.recipients.get(&waiting.recipient);
        recipient.map_or(Head::Empty, |recipient| recipient.lines.of(waiting.priority).head)
    }

    /// Whether it takes the head of a line: if there is room and nothing of the line is under way. One that has waited
    /// longer takes the place of the one that was the head so far.
    pub(super) fn takes(&self, waiting: &Waiting) -> bool {
        match self.head(waiting) {
            _ if self.standing.contains_key(&waiting.message_id) => false,
            Head::UnderWay => false,
            Head::Held(head) => place(waiting) < place(&head),
            Head::Empty => self.held(waiting.priority) < HELD,
        }
    }

    /// Takes the head of a line, if it [`Self::takes`] it.
    pub(super) fn offer(&mut self, waiting: Waiting, now: u64) {
        if !self.takes(&waiting) {
            return;
        }
        if let Head::Held(head) = self.head(&waiting) {
            self.forget(head.message_id, now);
        }
        let priority = waiting.priority;
        let fresh =
            || Recipient { bucket: Bucket::full(self.rate, now), paused_until: 0, lines: Each::default(), look_at: 0 };
        let recipient = self.recipients.entry(waiting.recipient).or_insert_with(fresh);
        recipient.lines.of_mut(priority).head = Head::Held(waiting);
        *self.held.of_mut(priority) += 1;
        self.standing.insert(waiting.message_id, (waiting.recipient, priority));
        self.sort_in(waiting.recipient, now);
    }

    /// Lets time pass.
    pub(super) fn wake(&mut self, now: u64) {
        while let Some(&(at, recipient)) = self.resting.first()
            && at <= now
        {
            self.sort_in(recipient, now);
        }
        while let Some(&(at, recipient)) = self.filling.first()
            && at <= now
        {
            self.sort_in(recipient, now);
        }
    }

    /// When the first of those that rest may be ready.
    pub(super) fn wakes_at(&self) -> Option<u64> {
        self.resting.first().map(|(at, _)| *at)
    }

    /// Whether something of a priority is ready.
    pub(super) fn is_ready(&self, priority: Priority) -> bool {
        !self.ready.of(priority).is_empty()
    }

    /// Takes the longest waiting of what is ready: it is under way now.
    pub(super) fn start(&mut self, priority: Priority, now: u64) -> Option<Waiting> {
        let (_, waiting) = self.ready.of_mut(priority).pop_first()?;
        *self.held.of_mut(priority) -= 1;
        if let Some(recipient) = self.recipients.get_mut(&waiting.recipient) {
            recipient.lines.of_mut(priority).head = Head::UnderWay;
            recipient.bucket.take(self.rate, now);
        }
        self.sort_in(waiting.recipient, now);
        Some(waiting)
    }

    /// A message is no longer under way. False if it was not.
    pub(super) fn finish(&mut self, message: MessageId, pauses: Pauses, now: u64) -> bool {
        let Some(&(id, priority)) = self.standing.get(&message) else { return false };
        let Some(recipient) = self.recipients.get_mut(&id) else { return false };
        let line = recipient.lines.of_mut(priority);
        if !matches!(line.head, Head::UnderWay) {
            return false;
        }
        let line_paused_until = line.paused_until.max(pauses.line.unwrap_or_default());
        *line = Line { head: Head::Empty, paused_until: line_paused_until };
        recipient.paused_until = recipient.paused_until.max(pauses.recipient.unwrap_or_default());
        self.standing.remove(&message);
        self.sort_in(id, now);
        true
    }

    /// What was just started does not go out, and is not held any more. False if it was not under way.
    pub(super) fn put_back(&mut self, message: MessageId, now: u64) -> bool {
        let recipient = self.standing.get(&message).map(|(recipient, _)| *recipient);
        if !self.finish(message, Pauses { line: None, recipient: None }, now) {
            return false;
        }
        if let Some((id, recipient)) = recipient.and_then(|id| Some((id, self.recipients.get_mut(&id)?))) {
            recipient.bucket.give_back(self.rate, now);
            self.sort_in(id, now);
        }
        true
    }

    /// A message that is held is held no longer.
    pub(super) fn forget(&mut self, message: MessageId, now: u64) {
        let Some(&(id, priority)) = self.standing.get(&message) else { return };
        let Some(recipient) = self.recipients.get_mut(&id) else { return };
        let line = recipient.lines.of_mut(priority);
        if let Head::Held(waiting) = line.head {
            line.head = Head::Empty;
            *self.held.of_mut(priority) -= 1;
            self.ready.of_mut(priority).remove(&place(&waiting));
            self.standing.remove(&message);
            self.sort_in(id, now);
        }
    }

    /// Puts a recipient where it belongs after something has changed: what it holds among what is ready, or itself
    /// among those that rest or fill, or nowhere.
    fn sort_in(&mut self, id: HandleId, now: u64) {
        let Some(recipient) = self.recipients.get_mut(&id) else { return };
        let before = (mem::take(&mut recipient.look_at), id);
        self.resting.remove(&before);
        self.filling.remove(&before);
        let free_at = recipient.bucket.holds_at(self.rate, 1).max(recipient.paused_until);
        let mut rests_until: Option<u64> = None;
        let mut kept_until = recipient.bucket.full_at(self.rate).max(recipient.paused_until);
        let mut is_idle = true;
        for priority in PRIORITIES {
            let line = recipient.lines.of(priority);
            kept_until = kept_until.max(line.paused_until);
            match &line.head {
                Head::Empty => {}
                Head::UnderWay => is_idle = false,
                Head::Held(waiting) => {
                    is_idle = false;
                    let free_at = free_at.max(line.paused_until);
                    if free_at <= now {
                        self.ready.of_mut(priority).insert(place(waiting), *waiting);
                    } else {
                        self.ready.of_mut(priority).remove(&place(waiting));
                        rests_until = Some(rests_until.map_or(free_at, |at| at.min(free_at)));
                    }
                }
            }
        }
        if let Some(rests_until) = rests_until {
            recipient.look_at = rests_until;
            self.resting.insert((rests_until, id));
        } else if is_idle && kept_until > now {
            recipient.look_at = kept_until;
            self.filling.insert((kept_until, id));
        } else if is_idle {
            self.recipients.remove(&id);
        }
    }

    /// What is held.
    #[cfg(test)]
    pub(super) fn held_messages(&self) -> impl Iterator<Item = MessageId> {
        let lines =
            self.recipients.values().flat_map(|recipient| PRIORITIES.map(|priority| *recipient.lines.of(priority)));
        lines.filter_map(|line| if let Head::Held(waiting) = line.head { Some(waiting.message_id) } else { None })
    }

    /// How many recipients are remembered.
    #[cfg(test)]
    pub(super) fn recipients(&self) -> usize {
        self.recipients.len()
    }
}
