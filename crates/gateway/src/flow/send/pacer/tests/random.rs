//! Random scripts.

use proptest::prelude::*;
use tidings_domain::{outgoing::Priority, sending::Scope};

use super::world::{World, pace};

#[derive(Debug, Clone, Copy)]
enum Step {
    Append { recipient: u128, bulk: bool },
    Read,
    SendOne,
    SendAll,
    Accept(usize),
    PutOff { which: usize, scope: Scope, pause: u64 },
    Cancel(usize),
    Resume,
    Pass(u64),
    SetBack(u64),
    Wake,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pause = || prop_oneof![Just(0_u64), Just(7), Just(400), Just(9_000)];
    let scope = || prop_oneof![2 => Just(Scope::Channel), 1 => Just(Scope::Recipient), 1 => Just(Scope::Line)];
    let step = prop_oneof![
        12 => (0..5_u128, prop::bool::weighted(0.7)).prop_map(|(recipient, bulk)| Step::Append { recipient, bulk }),
        8 => Just(Step::Read),
        4 => Just(Step::SendOne),
        8 => Just(Step::SendAll),
        8 => (0..9_usize).prop_map(Step::Accept),
        2 => (0..9_usize, scope(), pause()).prop_map(|(which, scope, pause)| Step::PutOff { which, scope, pause }),
        1 => (0..90_usize).prop_map(Step::Cancel),
        1 => Just(Step::Resume),
        6 => prop_oneof![Just(1), Just(13), Just(250), Just(3_000), Just(100_000)].prop_map(Step::Pass),
        1 => prop_oneof![Just(1), Just(5_000)].prop_map(Step::SetBack),
        4 => Just(Step::Wake),
    ];
    prop::collection::vec(step, 1..200)
}

fn run(world: &mut World, step: Step) {
    let under_way = world.under_way.len();
    match step {
        Step::Append { recipient, bulk } => {
            world.append(recipient, if bulk { Priority::Bulk } else { Priority::Interactive });
        }
        Step::Read => world.read(),
        Step::SendOne => {
            world.send_one();
        }
        Step::SendAll => {
            world.send_all();
        }
        Step::Accept(which) if under_way > 0 => {
            world.accept(which % under_way);
        }
        Step::PutOff { which, scope, pause } if under_way > 0 => {
            world.put_off(which % under_way, scope, pause);
        }
        Step::Accept(_) | Step::PutOff { .. } => {}
        Step::Cancel(which) => world.cancel(which),
        Step::Resume => world.resume(),
        Step::Pass(millis) => world.pass(millis),
        Step::SetBack(millis) => world.set_back(millis),
        Step::Wake => {
            world.send_all();
            // Just before it wakes nothing may go; the model sees to that nothing could have.
            if let Some(wait) = world.until_wake() {
                world.pass(wait - 1);
                assert!(world.send_all().is_empty(), "it sends before it wakes");
                world.pass(1);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_goes_out_in_order_and_never_too_fast(
        per_second in prop_oneof![Just(1_u32), Just(7), Just(30), Just(80)],
        recipient_burst in 1..4_u32,
        interval in prop_oneof![Just(0_u64), Just(1), Just(6_000)],
        concurrency in 1..9_usize,
        steps in steps(),
    ) {
        let pace = pace(per_second, recipient_burst, interval);
        let mut world = World::new(pace, concurrency);
        world.is_checked = true;
        for step in steps {
            run(&mut world, step);
        }
        while !world.under_way.is_empty() {
            world.accept(0);
        }
        world.drain();
        if interval > 0 {
            world.model.check_rates(pace);
        }
        // Nobody is remembered for longer than until all tokens are back.
        world.pass(1_000_000);
        world.send_all();
        prop_assert_eq!(world.pacer.lines.recipients(), 0);
    }
}
