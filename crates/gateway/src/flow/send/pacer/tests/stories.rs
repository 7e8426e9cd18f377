//! Stories.

use tidings_domain::{
    outgoing::Priority::{Bulk, Interactive},
    sending::Scope,
};

use super::world::{World, pace};
use crate::flow::send::pacer::{Condition, lines::HELD};

#[test]
fn a_person_does_not_wait_behind_ten_thousand_in_bulk() {
    let mut world = World::new(pace(80, 45, 6_000), 64);
    for recipient in 0..10_000 {
        world.append(recipient, Bulk);
    }
    world.work_for(10_000);
    assert_eq!(world.pacer.lines.held(Bulk), HELD);
    assert!(!world.pacer.is_low(Bulk) && world.pacer.is_low(Interactive));
    // Many people at once: those for whom bulk has left tokens at once, and the others with the very next ones.
    let replies: Vec<_> = (0..12).map(|number| world.append(20_000 + number, Interactive)).collect();
    world.read();
    let mut sent = world.send_all();
    assert!(sent.len() >= 5, "{}", sent.len());
    while sent.len() < replies.len() {
        let wait = world.until_wake().unwrap();
        assert!(wait <= 13, "{wait}");
        world.pass(wait);
        sent.extend(world.send_all());
    }
    assert_eq!(sent.iter().map(|waiting| waiting.message_id).collect::<Vec<_>>(), replies);
}

#[test]
fn an_hour_at_full_speed_keeps_the_pace_and_wastes_next_to_nothing() {
    for per_second in [1, 3, 20] {
        let pace = pace(per_second, 45, 6_000);
        let mut world = World::new(pace, 64);
        let hour = 3600 * usize::try_from(per_second).unwrap();
        for recipient in 0..u128::try_from(hour).unwrap() + 100 {
            world.append(recipient % 300, Bulk);
        }
        world.work_for(3_600_000);
        let sent = world.model.sent();
        let burst = (hour / 3600 / 4).max(1);
        // What was left for people at the beginning is left for them still.
        let most = hour + burst - burst / 4;
        // A bucket with room for one token overflows by what comes within the millisecond in which it is taken.
        let least = if burst == 1 { most - most / 400 } else { most };
        assert!((least..=most).contains(&sent.len()), "{} of {most}", sent.len());
        for second in sent.chunk_by(|one, other| one.0 / 1000 == other.0 / 1000) {
            assert!(second.len() <= hour / 3600 + burst, "{}", second.len());
        }
    }
}

#[test]
fn a_recipient_who_gets_too_much_holds_up_nobody() {
    let mut world = World::new(pace(80, 2, 6_000), 64);
    for _ in 0..5 {
        world.append(1, Interactive);
    }
    world.work_for(1_000);
    assert_eq!(world.model.sent().len(), 2);
    world.append(2, Interactive);
    world.append(3, Bulk);
    world.work_for(4_999);
    assert_eq!(world.model.sent().len(), 4);
    world.work_for(1);
    assert_eq!(world.model.sent().len(), 5, "one more to the first after six seconds");
    world.work_for(12_000);
    assert_eq!(world.model.sent().len(), 7);
}

#[test]
fn one_of_a_line_is_under_way_at_a_time_and_the_lines_of_a_recipient_do_not_wait_for_each_other() {
    let mut world = World::new(pace(80, 45, 6_000), 64);
    let [first, second] = [world.append(1, Bulk), world.append(1, Bulk)];
    let reply = world.append(1, Interactive);
    world.read();
    let sent: Vec<_> = world.send_all().iter().map(|waiting| waiting.message_id).collect();
    assert_eq!(sent, [reply, first]);
    assert_eq!(world.accept(1).message_id, first);
    world.read();
    assert_eq!(world.send_one().map(|waiting| waiting.message_id), Some(second));
}

#[test]
fn what_is_behind_a_message_under_way_is_not_taken() {
    let mut world = World::new(pace(80, 45, 6_000), 64);
    world.append(1, Bulk);
    world.read();
    let first = world.send_one().unwrap();
    let next = tidings_store::Waiting {
        message_id: world.append(1, Bulk),
        queued_at: first.queued_at.plus(std::time::Duration::from_secs(1)),
        ..first
    };
    world.pacer.offer(first);
    world.pacer.offer(next);
    assert_eq!(world.pacer.lines.held(Bulk), 0);
    // The vendor puts the first off, so it is the first again.
    world.put_off(0, Scope::Recipient, 100);
    world.read();
    assert_eq!(world.send_one(), None);
    world.pass(100);
    assert_eq!(world.send_one(), Some(first));
}

#[test]
fn what_is_put_back_costs_nothing_and_is_offered_again() {
    // A single token, for the channel as for the recipient.
    let mut world = World::new(pace(1, 1, 6_000), 1);
    world.append(1, Interactive);
    for _ in 0..3 {
        world.read();
        let sent = world.pacer.next(world.clock).unwrap();
        assert!(!world.pacer.takes(&sent), "it is under way");
        world.pacer.put_back(sent.message_id, world.clock);
        assert!(world.pacer.takes(&sent));
        assert_eq!(world.pacer.next(world.clock), None, "it is not held");
    }
    world.read();
    assert!(world.send_one().is_some());
}

#[test]
fn a_vendor_that_is_unwell_is_called_once_in_a_while_until_it_is_well() {
    let mut world = World::new(pace(80, 45, 6_000), 64);
    for recipient in 0..200 {
        world.append(recipient, Bulk);
    }
    let mut calls = 0;
    for _ in 0..600_000 / 100 {
        world.read();
        while let Some(sent) = world.pacer.next(world.clock) {
            calls += 1;
            world.pacer.finished(sent.message_id, None, world.clock);
            world.pacer.found(Condition::Unwell, world.clock);
        }
        world.pass(100);
    }
    assert!((10..30).contains(&calls), "{calls} calls in ten minutes");
    world.pass(60_000);
    world.read();
    assert!(world.pacer.next(world.clock).is_some());
    assert!(world.pacer.next(world.clock).is_none(), "one at a time");
    world.pacer.found(Condition::Well, world.clock);
    assert!(world.pacer.next(world.clock).is_some());
}

#[test]
fn a_head_that_has_waited_longer_takes_the_place_of_the_other() {
    let mut world = World::new(pace(80, 45, 6_000), 64);
    world.append(1, Interactive);
    world.read();
    let earlier = tidings_store::Waiting {
        message_id: world.append(2, Interactive),
        recipient: tidings_domain::HandleId::from_uuid(uuid::Uuid::from_u128(1)),
        priority: Interactive,
        queued_at: tidings_domain::Timestamp::from_millis(0),
        expires_at: None,
        media: None,
    };
    world.pacer.offer(earlier);
    assert_eq!(world.pacer.lines.held(Interactive), 1);
    assert_eq!(world.pacer.next(tidings_domain::Timestamp::from_seconds(1_700_000_000)), Some(earlier));
}

#[test]
fn a_throttled_channel_pauses_and_comes_back_without_a_burst() {
    let mut world = World::new(pace(80, 45, 6_000), 64);
    for recipient in 0..500 {
        world.append(recipient, Interactive);
    }
    world.read();
    assert_eq!(world.send_all().len(), 20);
    world.put_off(0, Scope::Channel, 30_000);
    // A shorter pause does not shorten it.
    world.put_off(0, Scope::Channel, 1_000);
    while !world.under_way.is_empty() {
        world.accept(0);
    }
    world.read();
    assert_eq!(world.send_all(), []);
    assert_eq!(world.until_wake(), Some(30_013), "when the first token has come in");
    world.pass(30_000);
    assert_eq!(world.send_all(), []);
    world.pass(25);
    assert_eq!(world.send_all().len(), 2);
}

#[test]
fn a_channel_that_is_well_again_pauses_no_longer() {
    let mut world = World::new(pace(80, 45, 6_000), 64);
    for recipient in 0..50 {
        world.append(recipient, Interactive);
    }
    world.read();
    world.send_all();
    world.put_off(0, Scope::Channel, 3_600_000);
    world.pass(1_000);
    world.resume();
    assert_eq!(world.until_wake(), Some(13));
    world.pass(13);
    assert_eq!(world.send_all().len(), 1);
    world.pass(250);
    // A channel that does not pause loses nothing by it.
    world.resume();
    assert_eq!(world.send_all().len(), 20);
}

#[test]
fn a_recipient_that_is_to_wait_waits_alone() {
    let mut world = World::new(pace(80, 45, 6_000), 64);
    world.append(1, Interactive);
    world.read();
    world.send_all();
    world.put_off(0, Scope::Recipient, 60_000);
    world.append(1, Bulk);
    world.append(2, Bulk);
    world.work_for(59_999);
    assert_eq!(world.model.sent().len(), 2);
    world.work_for(1);
    assert_eq!(world.model.sent().len(), 4);
}

#[test]
fn a_line_that_is_to_wait_does_not_hold_up_the_other_of_its_recipient() {
    let mut world = World::new(pace(80, 45, 6_000), 64);
    world.append(1, Bulk);
    world.read();
    world.send_all();
    world.put_off(0, Scope::Line, 60_000);
    world.append(1, Interactive);
    world.append(1, Bulk);
    world.work_for(59_999);
    assert_eq!(world.model.sent().len(), 2, "a person's reply, and nothing in bulk");
    world.work_for(1);
    assert_eq!(world.model.sent().len(), 4);
}

#[test]
fn bulk_leaves_calls_to_people() {
    let mut world = World::new(pace(1_000, 45, 6_000), 8);
    for recipient in 0..20 {
        world.append(recipient, Bulk);
    }
    world.read();
    assert_eq!(world.send_all().len(), 6);
    assert_eq!(world.until_wake(), None, "only an end can change anything");
    for recipient in 30..40 {
        world.append(recipient, Interactive);
    }
    world.read();
    assert_eq!(world.send_all().len(), 2);
    for _ in 0..2 {
        world.accept(0);
    }
    assert!(world.send_all().iter().all(|waiting| waiting.priority == Interactive));
    assert_eq!(world.under_way.len(), 8);
}

#[test]
fn what_is_cancelled_is_not_sent_unless_it_is_under_way() {
    let mut world = World::new(pace(80, 1, 6_000), 64);
    let [first, second] = [world.append(1, Bulk), world.append(2, Bulk)];
    world.read();
    assert_eq!(world.send_one().map(|waiting| waiting.message_id), Some(first));
    world.pacer.forget(first);
    world.pacer.forget(second);
    assert_eq!((world.send_one(), world.until_wake()), (None, None));
    assert_eq!(world.accept(0).message_id, first);
    assert_eq!(world.pacer.under_way, 0);
}

#[test]
fn a_clock_that_jumps_neither_wedges_it_nor_lets_a_burst_out() {
    let mut world = World::new(pace(80, 1, 6_000), 64);
    for recipient in 0..100 {
        world.append(recipient % 50, Interactive);
    }
    world.read();
    assert_eq!(world.send_all().len(), 20);
    world.set_back(3_600_000);
    assert_eq!(world.until_wake(), Some(13));
    world.pass(13);
    assert_eq!(world.send_all().len(), 1);
    world.pass(864_000_000);
    assert_eq!(world.send_all().len(), 20);
}

#[test]
fn a_new_pace_counts_from_now_on() {
    let mut world = World::new(pace(80, 1, 6_000), 200);
    for recipient in 0..200 {
        world.append(recipient % 100, Interactive);
    }
    world.read();
    assert_eq!(world.send_all().len(), 20);
    world.pacer.set_pace(pace(4, 1, 1_000));
    world.pass(250);
    assert_eq!(world.send_all().len(), 1);
    world.pacer.set_pace(pace(400, 1, 1_000));
    world.pass(750);
    assert_eq!(world.send_all().len(), 79, "all that are held");
    while !world.under_way.is_empty() {
        world.accept(0);
    }
    world.read();
    assert_eq!(world.send_all().len(), 20, "those to whom the first messages went, a second ago");
}

#[test]
fn memory_is_bounded_though_everything_is_offered() {
    let mut world = World::new(pace(80, 45, 6_000), 64);
    for recipient in 0..2_000 {
        world.append(recipient, Bulk);
        world.append(recipient, Interactive);
    }
    world.read();
    assert_eq!((world.pacer.lines.held(Bulk), world.pacer.lines.held(Interactive)), (0, HELD));
    assert_eq!(world.pacer.lines.recipients(), HELD);
}
