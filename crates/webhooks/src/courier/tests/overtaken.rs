//! What was deleted before it could be delivered.

use tidings_domain::event::Position;

use super::scenes::{FAILED, answer_reads, ordered, under_way};

#[test]
fn what_a_deleted_head_held_up_has_its_turn_at_once() {
    let mut world = ordered();
    for _ in 0..3 {
        world.append(0, true);
    }
    world.proceed();
    world.finish_as(0, FAILED);
    world.prune(Position(2));
    world.proceed();
    answer_reads(&mut world);
    world.proceed();
    assert_eq!(under_way(&world), [3]);
    world.drain();
    assert_eq!(world.received, [3].map(Position));
}

#[test]
fn what_a_deleted_head_held_up_is_not_forgotten_by_a_crash() {
    let mut world = ordered();
    for _ in 0..3 {
        world.append(0, true);
    }
    world.proceed();
    world.finish_as(0, FAILED);
    world.pass(2_000);
    world.take_or_apply();
    world.take_or_apply();
    world.prune(Position(1));
    world.crash(0);
    world.drain();
    assert_eq!(world.received, [2, 3].map(Position));
}

#[test]
fn what_waits_in_memory_is_let_go_and_what_is_under_way_comes_to_its_end() {
    let mut world = ordered();
    world.limits.in_flight = 1;
    world.crash(0);
    for number in [0, 0, 1, 0] {
        world.append(number, true);
    }
    world.proceed();
    assert_eq!(under_way(&world), [1]);
    world.prune(Position(3));
    world.proceed();
    assert_eq!(under_way(&world), [1], "one at a time");
    world.finish(0);
    world.proceed();
    assert_eq!(under_way(&world), [4]);
    world.drain();
    assert_eq!(world.received, [1, 4].map(Position));
}
