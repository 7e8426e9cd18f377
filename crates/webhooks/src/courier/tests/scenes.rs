//! What the stories begin with.

use tidings_domain::endpoint::Ordering;

use super::world::{World, endpoint};
use crate::{
    Verdict,
    courier::{Limits, Standing},
};

pub(super) const FAILED: Verdict = Verdict::Failed { retry_after: None };
/// How long a failed event holds up the others of its key, in seconds.
pub(super) const HOLD: u64 = 900;

pub(super) fn limits(in_flight: usize) -> Limits {
    Limits { in_flight, ..Limits::default() }
}

pub(super) fn ordered() -> World {
    World::new(endpoint(Ordering::Conversation, Some(HOLD)), limits(8))
}

pub(super) fn under_way(world: &World) -> Vec<u64> {
    world.flights.iter().map(|send| send.position.0).collect()
}

pub(super) fn answer_reads(world: &mut World) {
    while world.reads() > 0 {
        world.answer_read(0, false);
    }
}

/// Five attempts fail, each of another key.
pub(super) fn take_down(world: &mut World) {
    for number in 10..15 {
        world.append(number, true);
    }
    world.proceed();
    for failed in 1..=5 {
        let standing = world.finish_as(0, FAILED);
        assert_eq!(standing, if failed == 5 { Standing::WentDown } else { Standing::Unchanged });
    }
}
