//! What waits for the writer: a line for each tenant, served in turns.
//!
//! One tenant's flood fills its own line and is refused there; everybody else's next verb is in the next commit. The
//! whole is bounded as well. What nobody waits for stands beside the lines: it has its turn, alone, when there is nothing
//! else to do, and at last also when there always is.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tidings_store::StoreError;
use tokio::time::Instant;
use uuid::Uuid;

/// How many verbs may wait in all.
const ALL: usize = 8192;
/// How many verbs of one tenant may wait.
const OF_ONE: usize = 4096;
/// How many verbs share a commit at most.
const BATCH: usize = 512;
/// How many are not worth dividing between two commits.
const FEW: usize = 16;
/// How long what can wait waits for a commit to share.
const PATIENCE: Duration = Duration::from_millis(5);
/// How long what nobody waits for lets everybody pass.
const LONG_PATIENCE: Duration = Duration::from_millis(100);

/// Whether a verb's caller waits for it, or it may wait for a commit to share, or for everybody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    Now,
    Soon,
    Idle,
}

/// Whose turn a verb takes: a workspace's or an endpoint's bits; nil for the operator's.
pub(crate) type Tenant = Uuid;

/// The lines.
pub(crate) struct Queue<V> {
    lines: Mutex<Lines<V>>,
    changed: Condvar,
}

struct Lines<V> {
    of: HashMap<Tenant, VecDeque<V>>,
    /// Tenants with a line, in the order of their turns.
    turns: VecDeque<Tenant>,
    waiting: usize,
    /// How many of those waiting cannot wait.
    urgent: usize,
    /// What nobody waits for, and since when it is there.
    idle: VecDeque<(Instant, V)>,
    open: bool,
}

/// A verb that knows whether it can wait.
pub(crate) trait Urgent {
    fn urgency(&self) -> Urgency;
}

impl<V: Urgent> Queue<V> {
    pub(crate) fn new() -> Self {
        let lines = Lines {
            of: HashMap::new(),
            turns: VecDeque::new(),
            waiting: 0,
            urgent: 0,
            idle: VecDeque::new(),
            open: true,
        };
        Self { lines: Mutex::new(lines), changed: Condvar::new() }
    }

    fn lines(&self) -> MutexGuard<'_, Lines<V>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a verb at the end of its tenant's line.
    pub(crate) fn push(&self, tenant: Tenant, verb: V) -> Result<(), StoreError> {
        let mut lines = self.lines();
        if !lines.open {
            return Err(StoreError::Stopped);
        }
        if verb.urgency() == Urgency::Idle {
            lines.idle.push_back((Instant::now(), verb));
            drop(lines);
            self.changed.notify_one();
            return Ok(());
        }
        if lines.waiting >= ALL || lines.of.get(&tenant).is_some_and(|line| line.len() >= OF_ONE) {
            return Err(StoreError::Overloaded);
        }
        lines.waiting += 1;
        let urgent = verb.urgency() == Urgency::Now;
        lines.urgent += usize::from(urgent);
        if let Some(line) = lines.of.get_mut(&tenant) {
            line.push_back(verb);
        } else {
            lines.of.insert(tenant, VecDeque::from([verb]));
            lines.turns.push_back(tenant);
        }
        // The writer sleeps for as long as nothing is urgent; it needs to be woken by the first verb of a kind only.
        let worth_waking = lines.waiting == 1 || (urgent && lines.urgent == 1);
        drop(lines);
        if worth_waking {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// Waits for verbs and takes half of what is there, one of each tenant in turn. Answers false when there will be no
    /// more.
    ///
    /// Were all of it taken, everybody would wait for the same commit, and the writer then for everybody. So those of
    /// one half are answered, and come again, while the other half is written.
    pub(crate) fn take(&self, batch: &mut Vec<V>) -> bool {
        let mut lines = self.lines();
        let mut patience_ends = None;
        if let Some(idle) = lines.next_idle(LONG_PATIENCE) {
            batch.push(idle);
            return true;
        }
        while lines.open && (lines.waiting == 0 || lines.urgent == 0) {
            if lines.waiting == 0 {
                if let Some(idle) = lines.next_idle(Duration::ZERO) {
                    batch.push(idle);
                    return true;
                }
                lines = self.changed.wait(lines).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let end = *patience_ends.get_or_insert_with(|| Instant::now() + PATIENCE);
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || lines.waiting >= BATCH {
                break;
            }
            lines = self.changed.wait_timeout(lines, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let most = lines.waiting.div_ceil(2).clamp(FEW, BATCH);
        while batch.len() < most
            && let Some(verb) = lines.next()
        {
            batch.push(verb);
        }
        if batch.is_empty() {
            batch.extend(lines.next_idle(Duration::ZERO));
        }
        !batch.is_empty()
    }

    /// Takes no more verbs; what waits is still taken.
    pub(crate) fn close(&self) {
        self.lines().open = false;
        self.changed.notify_all();
    }
}

impl<V: Urgent> Lines<V> {
    /// What nobody waits for, if it has waited for so long.
    fn next_idle(&mut self, patience: Duration) -> Option<V> {
        self.idle.pop_front_if(|(since, _)| since.elapsed() >= patience).map(|(_, verb)| verb)
    }

    fn next(&mut self) -> Option<V> {
        let tenant = self.turns.pop_front()?;
        let line = self.of.get_mut(&tenant)?;
        let verb = line.pop_front()?;
        if line.is_empty() {
            self.of.remove(&tenant);
        } else {
            self.turns.push_back(tenant);
        }
        self.waiting -= 1;
        self.urgent -= usize::from(verb.urgency() == Urgency::Now);
        Some(verb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Urgent for (u128, Urgency) {
        fn urgency(&self) -> Urgency {
            self.1
        }
    }

    fn push(queue: &Queue<(u128, Urgency)>, tenant: u128, urgency: Urgency) -> Result<(), StoreError> {
        queue.push(Uuid::from_u128(tenant), (tenant, urgency))
    }

    fn take(queue: &Queue<(u128, Urgency)>) -> Vec<u128> {
        let mut batch = Vec::new();
        queue.take(&mut batch);
        batch.into_iter().map(|(tenant, _)| tenant).collect()
    }

    #[test]
    fn tenants_take_turns() {
        let queue = Queue::new();
        for tenant in [1, 1, 1, 2, 3, 3] {
            push(&queue, tenant, Urgency::Now).unwrap();
        }
        assert_eq!(take(&queue), [1, 2, 3, 1, 3, 1]);
    }

    #[test]
    fn a_flood_fills_its_own_line_alone() {
        let queue = Queue::new();
        while push(&queue, 1, Urgency::Now).is_ok() {}
        assert_eq!(push(&queue, 1, Urgency::Now), Err(StoreError::Overloaded));
        push(&queue, 2, Urgency::Now).unwrap();
        assert_eq!(take(&queue)[..3], [1, 2, 1]);
        push(&queue, 1, Urgency::Now).unwrap();
    }

    #[test]
    fn of_many_half_are_taken() {
        let queue = Queue::new();
        for tenant in 0..50 {
            push(&queue, tenant, Urgency::Now).unwrap();
        }
        let taken: Vec<usize> = std::iter::repeat_with(|| take(&queue).len()).take(3).collect();
        assert_eq!(taken, [25, 16, 9]);
    }

    #[test]
    fn what_can_wait_waits_for_company_but_not_for_ever() {
        let queue = Queue::new();
        push(&queue, 1, Urgency::Soon).unwrap();
        assert_eq!(take(&queue), [1]);
        push(&queue, 1, Urgency::Soon).unwrap();
        push(&queue, 2, Urgency::Now).unwrap();
        assert_eq!(take(&queue), [1, 2]);
    }

    #[test]
    fn what_nobody_waits_for_has_its_turn_alone_when_nothing_else_waits() {
        let queue = Queue::new();
        push(&queue, 9, Urgency::Idle).unwrap();
        push(&queue, 1, Urgency::Now).unwrap();
        assert_eq!(take(&queue), [1]);
        push(&queue, 9, Urgency::Idle).unwrap();
        assert_eq!((take(&queue), take(&queue)), (vec![9], vec![9]));
    }

    #[test]
    fn what_nobody_waits_for_is_not_put_off_for_ever() {
        let queue = Queue::new();
        let begun = Instant::now();
        push(&queue, 9, Urgency::Idle).unwrap();
        let mut turns = 0;
        loop {
            push(&queue, 1, Urgency::Now).unwrap();
            if take(&queue) == [9] {
                break;
            }
            turns += 1;
        }
        assert!(turns > 0 && begun.elapsed() >= LONG_PATIENCE);
    }

    #[test]
    fn a_closed_queue_is_emptied_and_takes_nothing() {
        let queue = Queue::new();
        push(&queue, 1, Urgency::Now).unwrap();
        push(&queue, 2, Urgency::Idle).unwrap();
        queue.close();
        assert_eq!(push(&queue, 1, Urgency::Now), Err(StoreError::Stopped));
        assert_eq!((take(&queue), take(&queue)), (vec![1], vec![2]));
        assert!(!queue.take(&mut Vec::new()));
    }
}
