//! Random histories: duplicates, losses, disorder, crashes between any two lines. What must always hold is
//! checked by the world whenever something is asked of it; here is what must come true in the end.

use std::{collections::BTreeSet, time::Duration};

use mysos_model::wire::home::ReservationId;
use proptest::prelude::*;

use super::world::{Death, Fault, Luck, World, cluster, create, delete};
use crate::event::{Event, StoreState, TaskState};

/// Something that may happen.
#[derive(Debug, Clone)]
enum Op {
    Create(usize, u32),
    Delete(usize),
    Pass(u64),
    Turn,
    Deliver(usize),
    Send,
    Offer,
    Proceed,
    End(usize, TaskState),
    Away(usize),
    Back(usize),
    Gone(usize),
    Removed(usize),
    Rescind(usize),
    Duplicate(usize),
    Swap(usize),
    Drop(usize),
    Lose(u32),
    Look,
    Hint(usize),
    Disconnect,
    Subscribe,
    Crash,
    Die(Death),
    StoreLost,
    StoreBack,
    Fault(Fault),
    Reborn(usize),
}

const NAMES: [&str; 3] = ["a", "b-1", "c"];
const AGENTS: usize = 4;

fn op() -> impl Strategy<Value = Op> {
    let end = prop_oneof![
        Just(TaskState::Failed),
        Just(TaskState::Finished),
        Just(TaskState::Killed),
        Just(TaskState::Error),
        Just(TaskState::Gone),
    ];
    prop_oneof![
        6 => (0..3usize, 1..4u32).prop_map(|(name, nodes)| Op::Create(name, nodes)),
        2 => (0..3usize).prop_map(Op::Delete),
        6 => prop_oneof![0..20u64, 0..600u64, 0..7200u64].prop_map(Op::Pass),
        10 => Just(Op::Turn),
        8 => (1..6usize).prop_map(Op::Deliver),
        5 => Just(Op::Send),
        6 => Just(Op::Offer),
        6 => Just(Op::Proceed),
        5 => (0..8usize, end).prop_map(|(at, state)| Op::End(at, state)),
        4 => (0..AGENTS).prop_map(Op::Away),
        4 => (0..AGENTS).prop_map(Op::Back),
        1 => (0..AGENTS).prop_map(Op::Gone),
        1 => (0..AGENTS).prop_map(Op::Removed),
        2 => (0..AGENTS).prop_map(Op::Rescind),
        5 => (0..8usize).prop_map(Op::Duplicate),
        5 => (0..8usize).prop_map(Op::Swap),
        3 => (0..8usize).prop_map(Op::Drop),
        3 => (1..4u32).prop_map(Op::Lose),
        3 => Just(Op::Look),
        2 => (0..AGENTS).prop_map(Op::Hint),
        2 => Just(Op::Disconnect),
        4 => Just(Op::Subscribe),
        3 => Just(Op::Crash),
        2 => Just(Op::Die(Death::BeforeSave)),
        4 => (0..4usize).prop_map(|actions| Op::Die(Death::AfterActions(actions))),
        1 => Just(Op::StoreLost),
        3 => Just(Op::StoreBack),
        3 => prop_oneof![
            Just(Fault::Reserve),
            Just(Fault::Create),
            Just(Fault::Launch),
            Just(Fault::Release)
        ]
        .prop_map(Op::Fault),
        1 => (0..AGENTS).prop_map(Op::Reborn),
    ]
}

fn happen(world: &mut World, op: &Op) {
    match op {
        Op::Create(name, nodes) => {
            world.ask(create(NAMES[*name], *nodes));
        }
        Op::Delete(name) => {
            world.ask(delete(NAMES[*name]));
        }
        Op::Pass(seconds) => world.advance(Duration::from_secs(*seconds)),
        Op::Turn => world.turn(),
        Op::Deliver(count) => world.deliver_some(*count),
        Op::Send => world.agents_send(),
        Op::Offer => drop(world.offer()),
        Op::Proceed => world.tasks_proceed(),
        Op::End(at, state) => world.end(*at, *state),
        Op::Away(at) => world.agent_goes_away(*at),
        Op::Back(at) => world.agent_returns(*at),
        Op::Gone(at) => world.agent_is_gone(*at),
        Op::Removed(at) => world.agent_is_removed(*at),
        Op::Rescind(at) => {
            let id = world.agents[*at % world.agents.len()].id.clone();
            world.rescind(&id);
        }
        Op::Duplicate(at) => world.duplicate(*at),
        Op::Swap(at) => world.swap(*at),
        Op::Drop(at) => {
            world.inbox.remove(*at);
        }
        Op::Lose(calls) => world.luck = Luck::Lost(*calls),
        Op::Look => world.look(),
        Op::Hint(at) => {
            let agent = world.agents[*at % world.agents.len()].id.clone();
            world.take(&Event::Failure { agent, executor: None });
        }
        Op::Disconnect => world.disconnect(),
        Op::Subscribe => world.subscribe(),
        Op::Crash => world.crash(),
        Op::Die(death) => world.dies = Some(*death),
        Op::StoreLost => world.store(StoreState::Lost),
        Op::StoreBack => world.store(StoreState::Writable),
        Op::Fault(fault) => world.fault = Some(*fault),
        Op::Reborn(at) => world.agent_is_reborn(*at),
    }
}

/// Everything works again, for as long as the slowest timer may take.
fn heal(world: &mut World) {
    (world.luck, world.dies, world.fault) = (Luck::Good, None, None);
    world.store(StoreState::Writable);
    world.subscribe();
    for at in 0..world.agents.len() {
        world.agent_returns(at);
    }
    for _ in 0..8 {
        world.settle_for(8);
        world.advance(Duration::from_secs(14 * 60));
    }
    world.settle_for(20);
}

proptest! {
    // A history takes as long as a hundred ordinary cases. PROPTEST_CASES sets how many times four there are.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases / 4,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_history_ends_well(ops in prop::collection::vec(op(), 0..120), wishes in prop::collection::vec(0..3usize, 0..3)) {
        let world = ends_well(World::ready(AGENTS), &ops, &wishes);
        prop_assert!(world.suppressed, "offers are still asked for");
    }

    #[test]
    fn every_history_with_volumes_ends_well(ops in prop::collection::vec(op(), 0..120), wishes in prop::collection::vec(0..3usize, 0..3)) {
        let mut world = World::with_volumes(AGENTS);
        let theirs = world.plant(0, "another installation");
        let before = world.agents[0].clone();
        let world = ends_well(world, &ops, &wishes);
        if let Some(agent) = world.agents.iter().find(|agent| agent.host == before.host && agent.reserved.contains_key(&theirs)) {
            let (was, is) = (&before.reserved[&theirs], &agent.reserved[&theirs]);
            prop_assert_eq!(format!("{was:?}"), format!("{is:?}"), "what is theirs was touched");
        } else {
            let gone = ops.iter().any(|op| matches!(op, Op::Gone(_)));
            prop_assert!(gone, "their volume is gone");
        }
        nothing_is_left_over(&world, &theirs);
    }
}

/// Every reservation that is there belongs to a slot that uses it.
fn nothing_is_left_over(world: &World, theirs: &ReservationId) {
    let homes: BTreeSet<&ReservationId> = world
        .fleet
        .clusters()
        .iter()
        .flat_map(|cluster| cluster.saved.instances.values())
        .filter_map(|instance| instance.home.as_ref())
        .map(|home| &home.reservation)
        .collect();
    for (reservation, reserved) in world.agents.iter().flat_map(|agent| &agent.reserved) {
        let used = reserved.volume.as_ref().is_some_and(|volume| volume.task.is_some());
        let kept = homes.contains(reservation) && used;
        assert!(kept || reservation == theirs, "{reservation} is left over: {reserved:?}");
    }
    // What was on agents that never come back is waited for, and nothing else.
    let there: BTreeSet<_> = world.agents.iter().map(|agent| &agent.id).collect();
    for (_, releasing) in world.fleet.all_releasing() {
        assert!(!there.contains(&releasing.home.place.agent), "{releasing:?} is still to be released");
    }
    assert!(world.suppressed || world.fleet.all_releasing().next().is_some(), "offers are still asked for");
}

fn ends_well(mut world: World, ops: &[Op], wishes: &[usize]) -> World {
    for op in ops {
        happen(&mut world, op);
    }
    heal(&mut world);
    for name in wishes {
        world.ask(delete(NAMES[*name]));
    }
    heal(&mut world);
    for name in NAMES {
        let Some(there) = world.fleet.cluster(&cluster(name)) else {
            assert!(!world.saved_clusters.contains_key(&cluster(name)));
            assert!(world.tasks.keys().all(|task| *task.cluster() != cluster(name)), "{name} left tasks");
            continue;
        };
        assert!(!there.is_terminating(), "{name} is still there");
        assert!(there.saved.leaving.is_empty(), "{:?}", there.saved.leaving);
        let words = world.words(name);
        assert!(words.iter().all(|word| *word == "running"), "{name}: {words:?}");
        assert_eq!(&world.specs[&cluster(name)], &there.spec_record());
    }
    let wanted: usize = world.fleet.clusters().iter().map(|c| c.saved.instances.len()).sum();
    let alive = world.tasks.values().filter(|task| task.alive).count();
    assert_eq!(alive, wanted, "tasks that nobody wants");
    world
}
