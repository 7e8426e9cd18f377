//! What somebody asks for once more.

use std::time::Duration;

use tidings_domain::{delivery::Trigger, endpoint::Ordering, event::Position};

use super::{
    scenes::{FAILED, HOLD, limits, ordered, under_way},
    world::{World, endpoint, key},
};
use crate::courier::Limits;

#[test]
fn what_waits_behind_its_head_is_not_resent() {
    let mut world = ordered();
    for _ in 0..2 {
        world.append(0, true);
    }
    world.proceed();
    world.finish_as(0, FAILED);
    assert!(!world.courier.resend(Position(2), key(0), 0, world.now));
    world.drain();
    assert_eq!(world.received, [1, 2].map(Position));
}

#[test]
fn a_resend_uses_up_none_of_the_schedule() {
    let mut world = ordered();
    let position = world.append(0, true);
    world.proceed();
    world.finish_as(0, FAILED);
    world.resend(position);
    world.proceed();
    assert_eq!(world.flights[0].trigger, Trigger::Resend);
    world.finish_as(0, FAILED);
    assert_eq!(world.courier.lanes.next_due(), Some(world.now.plus(Duration::from_secs(5))));
}

#[test]
fn what_has_not_had_its_turn_is_not_resent() {
    let mut world = World::new(endpoint(Ordering::Conversation, Some(HOLD)), Limits { window: 1, ..limits(8) });
    world.append(0, true);
    let later = world.append(1, true);
    world.proceed();
    world.resend(later);
    world.proceed();
    assert_eq!(under_way(&world), [1]);
    world.drain();
    assert_eq!(world.received, [1, 2].map(Position));
}

#[test]
fn a_resend_is_one_attempt_more() {
    let mut world = ordered();
    let position = world.append(0, true);
    world.settle_down();
    world.resend(position);
    world.proceed();
    assert_eq!((world.flights.len(), world.flights[0].trigger), (1, Trigger::Resend));
    assert_eq!(world.flights[0].number, 2);
    world.resend(position);
    world.proceed();
    assert_eq!(world.flights.len(), 1, "what is under way is not sent beside itself");
    world.finish_as(0, FAILED);
    world.pass(5_000);
    world.proceed();
    assert_eq!(world.flights[0].trigger, Trigger::Retry, "by its schedule now");
    assert_eq!(world.flights[0].number, 3);
    world.drain();
    assert_eq!(world.received.len(), 2);
}
