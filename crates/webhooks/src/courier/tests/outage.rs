//! An endpoint that is down, or wants to be left alone.

use std::time::Duration;

use tidings_domain::{Timestamp, endpoint::Ordering, event::Position};

use super::{
    scenes::{FAILED, HOLD, answer_reads, limits, ordered, take_down, under_way},
    world::{World, endpoint},
};
use crate::{
    Verdict,
    courier::{Limits, Standing},
};

#[test]
fn an_endpoint_that_asks_for_a_wait_is_left_alone_for_it() {
    let mut world = ordered();
    for number in 0..12 {
        world.append(number, true);
    }
    world.proceed();
    world.finish_as(0, Verdict::Failed { retry_after: Some(Duration::from_mins(1)) });
    while !world.flights.is_empty() {
        world.finish(0);
    }
    world.pass(59_999);
    world.proceed();
    assert!(world.flights.is_empty());
    assert_eq!(world.courier.wakes_at(), Some(world.now.plus(Duration::from_millis(1))));
    world.pass(1);
    world.proceed();
    assert_eq!(world.flights.len(), 1, "it begins with one at a time");
    world.drain();
}

#[test]
fn a_restart_does_not_end_the_wait_that_was_asked_for() {
    let mut world = ordered();
    for number in 0..12 {
        world.append(number, true);
    }
    world.proceed();
    world.finish_as(0, Verdict::Failed { retry_after: Some(Duration::from_mins(1)) });
    world.take_or_apply();
    world.take_or_apply();
    world.crash(0);
    world.pass(59_999);
    world.proceed();
    assert!(world.flights.is_empty());
    world.pass(1);
    world.proceed();
    assert_eq!(world.flights.len(), 1, "it begins with one at a time");
    world.drain();
}

#[test]
fn one_events_long_wait_is_not_that_of_all() {
    let mut world = ordered();
    world.append(0, true);
    world.proceed();
    world.finish_as(0, Verdict::Failed { retry_after: Some(Duration::from_hours(9)) });
    world.append(1, true);
    world.pass(5 * 60_000);
    world.settle_down();
    assert_eq!(world.received, [Position(2)]);
    assert_eq!(world.courier.lanes.next_due(), Some(world.now.plus(Duration::from_mins(9 * 60 - 5))));

    // A clock that is set back silences nobody.
    world.append(2, true);
    world.proceed();
    world.finish_as(0, Verdict::Failed { retry_after: Some(Duration::from_mins(1)) });
    world.append(3, true);
    world.now = Timestamp::from_millis(world.now.as_millis() - 3_600_000);
    world.proceed();
    assert_eq!(world.flights.len(), 1);
}

#[test]
fn an_endpoint_that_is_down_is_probed_less_and_less_often_and_nothing_is_given_up() {
    let mut world = ordered();
    take_down(&mut world);
    world.up = false;
    for wait in [5, 10, 20, 40, 80, 160].into_iter().chain([300; 400]) {
        world.pass(wait * 1000 - 1);
        world.proceed();
        assert!(world.flights.is_empty());
        world.pass(1);
        world.proceed();
        assert_eq!(world.flights.len(), 1);
        world.finish(0);
        world.take_or_apply();
    }
    assert!(world.store.retries.values().all(|retry| retry.failures == 1 && !retry.settled));
    world.drain();
    assert!((1..=5).all(|position| world.received.contains(&Position(position))));
}

#[test]
fn the_oldest_is_the_first_probe_and_after_its_success_it_is_one_two_four_at_a_time() {
    let mut world = ordered();
    take_down(&mut world);
    for number in 20..40 {
        world.append(number, true);
    }
    world.pass(5_000);
    world.proceed();
    assert_eq!(under_way(&world), [1]);
    assert_eq!(world.finish(0), Standing::CameBack { warned: false });
    for at_once in [1, 2, 4, 8, 8] {
        world.proceed();
        assert_eq!(world.flights.len(), at_once);
        while !world.flights.is_empty() {
            world.finish(0);
        }
    }
}

#[test]
fn what_was_under_way_when_it_went_down_is_no_probe() {
    let mut world = ordered();
    for number in 0..8 {
        world.append(number, true);
    }
    world.proceed();
    while !world.flights.is_empty() {
        world.finish_as(0, FAILED);
    }
    assert_eq!(world.courier.wakes_at(), Some(world.now.plus(Duration::from_secs(5))));
}

#[test]
fn one_refused_event_cannot_silence_a_quiet_endpoint() {
    let mut world = ordered();
    let refused = world.append(0, true);
    world.refused.insert(refused);
    while !world.courier.is_down() {
        world.settle_down();
        world.pass(1_000);
    }
    let (same, other) = (world.append(0, true), world.append(1, true));
    for _ in 0..10 {
        world.pass(300_000);
        world.settle_down();
    }
    assert!(world.received.contains(&other));
    assert!(world.received.contains(&same));
    assert!(!world.courier.is_down());
}

#[test]
fn one_refused_event_cannot_silence_its_own_conversation_though_nothing_else_comes() {
    let mut world = ordered();
    let (refused, other) = (world.append(0, true), world.append(0, true));
    world.refused.insert(refused);
    for _ in 0..60 {
        world.settle_down();
        world.pass(60_000);
    }
    assert_eq!(world.received, [other]);
}

#[test]
fn a_hold_counts_from_the_first_failure_and_lasts_until_the_attempt_that_is_due() {
    let mut world = ordered();
    for _ in 0..3 {
        world.append(0, true);
    }
    world.proceed();
    world.finish_as(0, FAILED);
    // Nobody gets round to the retry for longer than the hold.
    world.pass(2 * HOLD * 1000);
    world.proceed();
    assert_eq!((under_way(&world), world.reads()), (vec![1], 0));
    assert!(!world.flights[0].late);
    world.finish(0);
    world.proceed();
    answer_reads(&mut world);
    // Nor to the next event, which has not failed yet.
    world.pass(2 * HOLD * 1000);
    world.proceed();
    assert_eq!(under_way(&world), [2]);
    world.finish_as(0, FAILED);
    world.proceed();
    assert_eq!((under_way(&world), world.reads()), (vec![], 0));
    world.drain();
    assert_eq!(world.received, [1, 2, 3].map(Position));
}

#[test]
fn too_many_retries_count_as_down() {
    let mut world = World::new(endpoint(Ordering::Conversation, Some(HOLD)), Limits { retries: 2, ..limits(8) });
    for number in 0..3 {
        world.append(number, true);
    }
    world.proceed();
    assert_eq!(world.finish_as(0, FAILED), Standing::Unchanged);
    assert_eq!(world.finish_as(0, FAILED), Standing::Unchanged);
    assert_eq!(world.finish_as(0, FAILED), Standing::WentDown);
}

#[test]
fn after_410_the_event_is_the_first_when_the_endpoint_is_enabled_again() {
    let mut world = ordered();
    for number in [0, 0, 1] {
        world.append(number, true);
    }
    world.proceed();
    world.finish(1);
    assert_eq!(world.finish_as(0, Verdict::Gone), Standing::Gone);
    world.take_or_apply();
    world.take_or_apply();
    world.pass(86_400_000);
    world.crash(0);
    for number in [0, 4] {
        world.append(number, true);
    }
    world.settle_down();
    assert_eq!(world.received[..2], [3, 1].map(Position));
    world.drain();
}
