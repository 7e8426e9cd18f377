//! The main stories, one by one.

use std::time::Duration;

use tidings_domain::{
    Timestamp,
    delivery::{DeliveryState, Outcome, Trigger},
    endpoint::{Endpoint, Ordering},
    event::Position,
};

use super::world::{World, endpoint, key};
use crate::{
    Verdict,
    courier::{Courier, Limits, Standing},
};

const FAILED: Verdict = Verdict::Failed { retry_after: None };
const HOLD: u64 = 900;

fn limits(in_flight: usize) -> Limits {
    Limits { in_flight, ..Limits::default() }
}

fn ordered() -> World {
    World::new(endpoint(Ordering::Conversation, Some(HOLD)), limits(8))
}

fn under_way(world: &World) -> Vec<u64> {
    world.flights.iter().map(|send| send.position.0).collect()
}

fn answer_reads(world: &mut World) {
    while world.reads() > 0 {
        world.answer_read(0, false);
    }
}

/// Five attempts fail, each of another key.
fn take_down(world: &mut World) {
    for number in 10..15 {
        world.append(number, true);
    }
    world.proceed();
    for failed in 1..=5 {
        let standing = world.finish_as(0, FAILED);
        assert_eq!(standing, if failed == 5 { Standing::WentDown } else { Standing::Unchanged });
    }
}

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

#[test]
fn a_crash_between_a_heads_end_and_the_next_read_loses_nothing() {
    let mut world = ordered();
    for _ in 0..3 {
        world.append(0, true);
    }
    world.proceed();
    world.finish_as(0, FAILED);
    world.pass(5_000);
    world.proceed();
    world.finish(0);
    world.proceed();
    assert_eq!(world.reads(), 1);
    world.take_or_apply();
    world.take_or_apply();
    world.crash(0);
    world.drain();
    assert_eq!(world.received, [1, 2, 3].map(Position));
}

/// The first event was never answered before the crash, so the log is offered anew from there; behind it the second was
/// delivered and the third, of the same key, opened a lane. The window is smaller now: the lane is ahead of the cursor.
fn lane_ahead_of_the_cursor() -> World {
    let mut world = ordered();
    for number in [0, 1, 1, 1] {
        world.append(number, true);
    }
    world.proceed();
    world.finish(1);
    world.proceed();
    world.finish_as(1, FAILED);
    world.take_or_apply();
    world.take_or_apply();
    world.limits.window = 1;
    world.crash(0);
    world.pass(5_000);
    world.proceed();
    assert_eq!(under_way(&world), [3, 1]);
    world.finish(0);
    world.proceed();
    assert_eq!((world.reads(), world.courier.cursor()), (1, Position(1)));
    world
}

#[test]
fn a_lane_never_goes_back_behind_its_anchor() {
    let mut world = lane_ahead_of_the_cursor();
    world.finish(0);
    world.proceed();
    answer_reads(&mut world);
    world.drain();
    assert_eq!(world.received, [2, 3, 1, 4].map(Position));
}

#[test]
fn what_a_retry_has_delivered_ahead_of_the_cursor_is_not_sent_again() {
    let mut world = lane_ahead_of_the_cursor();
    answer_reads(&mut world);
    world.drain();
    assert_eq!(world.received, [2, 3, 1, 4].map(Position));
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
