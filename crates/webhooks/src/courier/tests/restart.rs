//! What a start finds.

use tidings_domain::event::Position;

use super::{
    scenes::{FAILED, answer_reads, ordered, under_way},
    world::World,
};

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
