//! When the next attempt is, whatever the clock does, and how much there is to do.

use std::time::Duration;

use tidings_domain::{
    Timestamp,
    delivery::{DeliveryState, Outcome, Trigger},
    endpoint::{Endpoint, Ordering},
    event::Position,
};

use super::{
    scenes::{FAILED, HOLD, answer_reads, limits, ordered, take_down, under_way},
    world::{World, endpoint, key},
};
use crate::{
    Verdict,
    courier::{Courier, Limits},
};

#[test]
fn the_schedule_and_retry_after_say_when_the_next_attempt_is() {
    let mut world = ordered();
    world.append(0, true);
    world.proceed();
    world.finish_as(0, FAILED);
    assert_eq!(world.courier.wakes_at(), Some(world.now.plus(Duration::from_secs(5))));
    world.pass(4_999);
    world.proceed();
    assert!(world.flights.is_empty());
    world.pass(1);
    world.proceed();
    assert_eq!((world.flights[0].trigger, world.flights[0].number), (Trigger::Retry, 2));
    world.finish_as(0, Verdict::Failed { retry_after: Some(Duration::from_secs(77)) });
    assert_eq!(world.courier.lanes.next_due(), Some(world.now.plus(Duration::from_secs(77))));
    let attempts = world.courier.take_change(world.now).attempts;
    assert_eq!(attempts.iter().map(|attempt| attempt.outcome).collect::<Vec<_>>(), [Outcome::Failed; 2]);
    assert_eq!(attempts[1].next_at, Some(world.now.plus(Duration::from_secs(77))));
}

#[test]
fn what_cannot_be_read_comes_later_and_in_order() {
    let mut world = ordered();
    for _ in 0..3 {
        world.append(0, true);
    }
    world.proceed();
    world.cannot_read(0);
    world.proceed();
    assert!(world.flights.is_empty());
    world.pass(500);
    world.proceed();
    assert_eq!((under_way(&world), world.flights[0].trigger, world.flights[0].number), (vec![1], Trigger::New, 1));
    world.drain();
    assert_eq!(world.received, [1, 2, 3].map(Position));
}

#[test]
fn retries_leave_every_other_turn_to_what_is_new() {
    let mut world = World::new(endpoint(Ordering::None, Some(HOLD)), limits(1));
    for _ in 0..6 {
        world.append(0, true);
    }
    for _ in 0..3 {
        world.proceed();
        world.finish_as(0, FAILED);
        world.proceed();
        world.finish(0);
    }
    for _ in 0..3 {
        world.append(0, true);
    }
    world.pass(5_000);
    let mut order = Vec::new();
    for _ in 0..6 {
        world.proceed();
        order.extend(under_way(&world));
        world.finish(0);
    }
    assert_eq!(order, [1, 7, 3, 8, 5, 9]);
}

#[test]
fn what_is_no_longer_in_the_log_is_settled() {
    let mut world = ordered();
    for _ in 0..2 {
        world.append(0, true);
    }
    world.proceed();
    world.finish_as(0, FAILED);
    world.pass(5_000);
    world.proceed();
    assert_eq!(under_way(&world), [1]);
    world.vanish(0);
    world.proceed();
    answer_reads(&mut world);
    world.proceed();
    assert_eq!(under_way(&world), [2], "the next of its key goes");
    world.finish(0);
    world.proceed();
    answer_reads(&mut world);
    world.drain();
    assert_eq!(world.received, [Position(2)]);
    assert_eq!((world.store.retries.len(), world.courier.wakes_at()), (0, None), "nothing is left of it");
}

/// A million events, of which many thousands wait for their next attempt, take about as long as their number says: if
/// any step looked at all of them, this would not end.
#[test]
fn the_work_does_not_grow_with_what_waits() {
    let limits = Limits { in_flight: 64, window: 1024, retries: 1_000_000 };
    let mut courier = Courier::new(&endpoint(Ordering::Conversation, Some(HOLD)), limits, DeliveryState::default());
    let mut world = ordered();
    let mut offered = 0;
    while offered < 1_000_000 {
        courier.tick(world.now);
        while courier.has_room() && offered < 1_000_000 {
            offered += 1;
            courier.offer(Position(offered), key(u128::from(offered % 50_000)), Some(Position(offered)));
        }
        while let Some((key, _, up_to)) = courier.next_read() {
            courier.lane_read(key, up_to, None, world.now);
        }
        while let Some(send) = courier.next_send(world.now) {
            let verdict = if send.position.0.is_multiple_of(5) { FAILED } else { Verdict::Delivered };
            courier.finished(world.finished(&send, verdict), world.now);
        }
        assert!(!courier.is_down());
        let _ = courier.wakes_at();
        courier.take_change(world.now);
        world.pass(1);
    }
    assert!(courier.waiting() >= 10_000);
}

#[test]
fn a_clock_that_jumps_holds_up_nothing_that_is_new_and_loses_nothing() {
    for jump in [-86_400_000_i64, -60_000, 86_400_000] {
        let paced = Endpoint { rate_limit: Some(10.0), ..endpoint(Ordering::Conversation, Some(HOLD)) };
        let mut world = World::new(paced, limits(8));
        for number in 0..3 {
            world.append(number, true);
        }
        world.settle_down();
        world.now = Timestamp::from_millis(world.now.as_millis() + jump);
        world.pass(1_000);
        for number in 0..3 {
            world.append(number, true);
        }
        let before = world.received.len();
        world.settle_down();
        world.pass(200);
        world.settle_down();
        assert!(world.received.len() > before, "after a jump of {jump} ms something goes out");
        world.drain();
        assert_eq!(world.received.len(), 6);
    }
}

#[test]
fn a_clock_that_was_set_back_by_days_makes_no_retry_wait_for_days() {
    let mut world = ordered();
    world.append(0, true);
    world.proceed();
    world.finish_as(0, FAILED);
    world.now = Timestamp::from_millis(world.now.as_millis() - 400 * 86_400_000);
    world.settle_down();
    assert_eq!(world.received, [Position(1)]);
}

#[test]
fn a_clock_that_was_set_back_does_not_silence_the_probes() {
    let mut world = ordered();
    take_down(&mut world);
    world.now = Timestamp::from_millis(world.now.as_millis() - 86_400_000);
    world.pass(1_000);
    world.proceed();
    assert_eq!(world.flights.len(), 1, "a probe");
    world.finish(0);
    world.drain();
}
