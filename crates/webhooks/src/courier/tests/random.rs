//! Random scripts.

use std::time::Duration;

use proptest::prelude::*;
use tidings_domain::endpoint::{Endpoint, Ordering};

use super::world::{World, endpoint};
use crate::{Verdict, courier::Limits};

#[derive(Debug, Clone, Copy)]
enum Step {
    Append { key: u128, wanted: bool },
    Refuse(usize),
    Finish(usize),
    Unread(usize),
    Gone { which: usize, taken: bool },
    Abort(usize),
    Read { which: usize, short: bool },
    Pass(u64),
    Record,
    Crash { arrived: usize, window: usize },
    Resend(usize),
    Prune(usize),
    Receiver { up: bool, asks_for: Option<u64> },
    Proceed,
    SettleDown,
    Configure { ordered: bool, hold: Option<u64>, pace: Pace },
}

/// The rate limit and the concurrency that an endpoint asks for.
type Pace = (Option<f64>, Option<u32>);

fn pace() -> impl Strategy<Value = Pace> {
    let rate = prop_oneof![2 => Just(None), 1 => Just(Some(0.5)), 1 => Just(Some(40.0)), 1 => Just(Some(3000.0))];
    (rate, prop_oneof![Just(None), Just(Some(1)), Just(Some(3)), Just(Some(100))])
}

fn asked(ordered: bool, hold: Option<u64>, (rate_limit, concurrency): Pace) -> Endpoint {
    Endpoint { rate_limit, concurrency, ..endpoint(ordering(ordered), hold) }
}

fn hold() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(Some(900)), Just(Some(1)), Just(Some(60)), Just(None)]
}

fn steps(configure: bool) -> impl Strategy<Value = Vec<Step>> {
    let pass = Just(Step::Pass(1)).boxed();
    let configuration = (any::<bool>(), hold(), pace())
        .prop_map(|(ordered, hold, pace)| Step::Configure { ordered, hold, pace })
        .boxed();
    let step = prop_oneof![
        12 => (0..3_u128, prop::bool::weighted(0.8)).prop_map(|(key, wanted)| Step::Append { key, wanted }),
        1 => (0..40_usize).prop_map(Step::Refuse),
        12 => (0..40_usize).prop_map(Step::Finish),
        2 => (0..40_usize).prop_map(Step::Unread),
        1 => (0..40_usize, any::<bool>()).prop_map(|(which, taken)| Step::Gone { which, taken }),
        1 => (0..40_usize).prop_map(Step::Abort),
        6 => ((0..40_usize), any::<bool>()).prop_map(|(which, short)| Step::Read { which, short }),
        6 => prop_oneof![Just(1), Just(500), Just(5_000), Just(40_000), Just(1_000_000)].prop_map(Step::Pass),
        8 => Just(Step::Record),
        2 => (0..4_usize, 1..10_usize).prop_map(|(arrived, window)| Step::Crash { arrived, window }),
        1 => (0..40_usize).prop_map(Step::Resend),
        1 => (0..40_usize).prop_map(Step::Prune),
        2 => (prop::bool::weighted(0.6), prop_oneof![Just(None), Just(Some(1)), Just(Some(4000))])
            .prop_map(|(up, asks_for)| Step::Receiver { up, asks_for }),
        16 => Just(Step::Proceed),
        1 => Just(Step::SettleDown),
        1 => if configure { configuration } else { pass },
    ];
    prop::collection::vec(step, 1..250)
}

fn ordering(ordered: bool) -> Ordering {
    if ordered { Ordering::Conversation } else { Ordering::None }
}

fn run(world: &mut World, step: Step) {
    match step {
        Step::Append { key, wanted } => {
            world.append(key, wanted);
        }
        Step::Refuse(which) => {
            if let Some(position) = world.any_position(which) {
                world.refused.insert(position);
            }
        }
        Step::Finish(which) => {
            if !world.flights.is_empty() {
                world.finish(which % world.flights.len());
            }
        }
        Step::Unread(which) => {
            if !world.flights.is_empty() {
                world.cannot_read(which % world.flights.len());
            }
        }
        Step::Gone { which, taken } => {
            if !world.flights.is_empty() {
                let verdict = if taken { Verdict::DeliveredLast } else { Verdict::Gone };
                world.finish_as(which % world.flights.len(), verdict);
                world.stop();
            }
        }
        Step::Abort(which) => {
            if !world.flights.is_empty() {
                world.finish_as(which % world.flights.len(), Verdict::Aborted);
            }
        }
        Step::Read { which, short } => {
            if world.reads() > 0 {
                world.answer_read(which % world.reads(), short);
            }
        }
        Step::Pass(milliseconds) => world.pass(milliseconds),
        Step::Record => world.take_or_apply(),
        Step::Crash { arrived, window } => {
            world.limits.window = window;
            world.crash(arrived);
        }
        Step::Resend(which) => {
            if let Some(position) = world.any_position(which) {
                world.resend(position);
            }
        }
        Step::Prune(which) => {
            if let Some(position) = world.any_position(which) {
                world.prune(position);
            }
        }
        Step::Receiver { up, asks_for } => {
            world.up = up;
            world.asks_for = asks_for.map(Duration::from_secs);
        }
        Step::Proceed => world.proceed(),
        Step::SettleDown => world.settle_down(),
        Step::Configure { ordered, hold, pace } => world.configure(asked(ordered, hold, pace)),
    }
}

fn play(endpoint: Endpoint, limits: Limits, steps: Vec<Step>) {
    let mut world = World::new(endpoint, limits);
    for step in steps {
        run(&mut world, step);
    }
    world.drain();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_arrives_in_order_whatever_happens(
        ordered in prop::bool::weighted(0.85),
        hold in hold(),
        in_flight in 1..6_usize,
        window in 1..10_usize,
        retries in prop_oneof![Just(3_usize), Just(100)],
        pace in pace(),
        steps in steps(false),
    ) {
        play(asked(ordered, hold, pace), Limits { in_flight, window, retries }, steps);
    }

    #[test]
    fn nothing_is_lost_when_the_settings_change(
        ordered: bool,
        hold in hold(),
        in_flight in 1..6_usize,
        window in 1..10_usize,
        steps in steps(true),
    ) {
        play(endpoint(ordering(ordered), hold), Limits { in_flight, window, retries: 100 }, steps);
    }
}
