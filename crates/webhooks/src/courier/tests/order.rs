//! One after the other, by key.

use tidings_domain::{endpoint::Ordering, event::Position};

use super::{
    scenes::{FAILED, HOLD, limits, ordered, under_way},
    world::{World, endpoint, key},
};

#[test]
fn one_event_of_a_key_is_under_way_and_the_others_wait_behind_it() {
    let mut world = ordered();
    for number in [0, 0, 1] {
        world.append(number, true);
    }
    world.proceed();
    assert_eq!(under_way(&world), [1, 3]);
    world.finish(0);
    world.proceed();
    assert_eq!(under_way(&world), [3, 2]);
}

#[test]
fn without_order_nothing_waits_and_a_failure_opens_no_lane() {
    let mut world = World::new(endpoint(Ordering::None, Some(HOLD)), limits(8));
    for _ in 0..3 {
        world.append(0, true);
    }
    world.proceed();
    assert_eq!(under_way(&world), [1, 2, 3]);
    world.finish_as(0, FAILED);
    world.append(0, true);
    world.proceed();
    assert_eq!(under_way(&world), [2, 3, 4]);
    assert!(!world.courier.lanes.holds(key(0)));
}

#[test]
fn a_failed_event_holds_back_its_key_alone_until_it_is_delivered() {
    let mut world = ordered();
    for number in [0, 0, 1] {
        world.append(number, true);
    }
    world.proceed();
    world.finish_as(0, FAILED);
    world.finish(0);
    world.append(0, true);
    world.proceed();
    assert_eq!((under_way(&world), world.received.len()), (vec![], 1));
    assert!(world.courier.first.is_empty(), "what is held back stands in the log alone");

    world.pass(5_000);
    world.settle_down();
    assert_eq!(world.received, [3, 1, 2, 4].map(Position));
    assert!(!world.courier.lanes.holds(key(0)));
}

#[test]
fn a_head_that_held_for_too_long_is_late_and_the_others_pass() {
    let mut world = ordered();
    world.append(0, true);
    let other = world.append(0, true);
    world.refused.insert(Position(1));
    // Something else is delivered all the time, so that the endpoint stays up.
    for _ in 0..HOLD {
        world.append(1, true);
        world.settle_down();
        assert!(!world.received.contains(&other));
        world.pass(1_000);
    }
    world.settle_down();
    assert!(world.received.contains(&other));

    world.refused.clear();
    world.pass(1_800_000);
    world.proceed();
    assert_eq!(under_way(&world), [1]);
    assert!(world.flights[0].late);
    world.drain();
}

#[test]
fn without_order_hold_the_others_wait_for_the_whole_schedule() {
    let mut world = World::new(endpoint(Ordering::Conversation, None), limits(8));
    let refused = world.append(0, true);
    let other = world.append(0, true);
    world.refused.insert(refused);
    let began = world.now;
    while world.dead.is_empty() {
        assert!(!world.received.contains(&other));
        world.append(1, true);
        world.settle_down();
        world.pass(60_000);
    }
    let hours = world.now.since(began).as_secs() / 3600;
    assert_eq!(hours, 70, "11 waits, about three days");
    world.settle_down();
    assert!(world.received.contains(&other));
}

#[test]
fn another_order_counts_for_what_comes_after_what_is_in_memory() {
    let mut world = World::new(endpoint(Ordering::None, Some(HOLD)), limits(8));
    world.append(0, true);
    world.append(0, true);
    world.proceed();
    world.configure(endpoint(Ordering::Conversation, Some(HOLD)));
    world.append(0, true);
    world.append(0, true);
    world.proceed();
    assert_eq!(under_way(&world), [1, 2]);
    world.finish(0);
    world.finish(0);
    world.proceed();
    assert_eq!(under_way(&world), [3]);
    world.drain();
}

#[test]
fn a_switch_of_the_order_loses_nothing_that_waits() {
    let mut world = ordered();
    for _ in 0..3 {
        world.append(0, true);
    }
    world.proceed();
    world.configure(endpoint(Ordering::None, Some(HOLD)));
    world.finish_as(0, FAILED);
    world.drain();
    assert_eq!(world.received, [1, 2, 3].map(Position));
}
