//! Nothing fails and nothing panics: changes that fit nothing, events that come too early.

use std::collections::{BTreeMap, BTreeSet};

use mysos_model::{
    Generation, Ordinal, TaskId,
    wire::state::{Abandoned, AgentId, History, Instance, Leaving, Termination},
};

use super::world::{START, World, cluster, create};
use crate::{
    Change, Config, Duty, Event, Fleet, Refusals, Slot, Toggle,
    action::Tree,
    change::{Count, Durable, Noted},
    event::{OfferId, Outcome, StoreState, TaskState, Update},
    step,
};

const UUID: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";

fn slot() -> Slot {
    Slot { cluster: cluster("nobody"), ordinal: Ordinal(3) }
}

fn task() -> TaskId {
    TaskId::new(&cluster("nobody"), Ordinal(3), UUID).unwrap()
}

/// Changes of a cluster that is not there.
fn changes() -> Vec<Change> {
    let (agent, name) = (AgentId("S9".to_owned()), cluster("nobody"));
    let leaving = Leaving { agent: agent.clone(), host: None, since: START, unreachable: None };
    let abandoned = Abandoned { agent, host: None, since: START };
    let durable = [
        Durable::FrameworkNamed { id: "F".to_owned() },
        Durable::TreeMade { cluster: name.clone() },
        Durable::ClusterTerminating {
            cluster: name.clone(),
            termination: Termination { since: START, operation: UUID.to_owned() },
        },
        Durable::ClusterRemoved { cluster: name.clone() },
        Durable::InstanceMoved {
            slot: slot(),
            to: Instance::Pending { since: START },
            history: History::default(),
        },
        Durable::InstanceRemoved { slot: slot(), at: START },
        Durable::TaskLeaving { task: task(), leaving },
        Durable::TaskLeft { task: task(), at: START },
        Durable::TaskAbandoned { task: task(), abandoned },
        Durable::AbandonedEnded { task: task() },
    ];
    let noted = [
        Noted::RoundAsked { next: START },
        Noted::Heard { task: task() },
        Noted::PassEnded { next: START, silent: BTreeSet::new() },
        Noted::OffersSeen { at: START },
        Noted::Refused { slot: slot(), refusals: Refusals::default() },
        Noted::Asked { duty: Duty::Kill(task()), at: START },
        Noted::Asked { duty: Duty::Offers(Toggle::Suppress), at: START },
        Noted::ToggleFailed,
        Noted::SpecWritten { cluster: name.clone(), generation: Generation(9) },
        Noted::DiscoverRemoved { cluster: name.clone() },
        Noted::MembersSeen {
            cluster: name,
            present: 3,
            at: START,
            sighted: Box::new(crate::needs::Sighted::default()),
        },
        Noted::Counted { what: Count::Ignored, times: u64::MAX },
    ];
    durable
        .into_iter()
        .map(|d| Change::Durable(Box::new(d)))
        .chain(noted.into_iter().map(Change::Noted))
        .collect()
}

#[test]
fn a_change_that_fits_nothing_does_nothing() {
    let mut world = World::ready(2);
    world.ask(create("shop", 2));
    world.settle();
    for fleet in [&mut Fleet::new(Config::default()), &mut world.fleet] {
        let before: BTreeMap<_, _> = fleet.clusters.clone();
        for change in changes().iter().chain(&changes()) {
            fleet.apply(change);
        }
        assert_eq!(fleet.clusters, before);
    }
}

#[test]
fn events_before_the_saved_state_change_nothing() {
    let update = Update {
        task: task().to_string(),
        state: TaskState::Running,
        reason: None,
        message: String::new(),
        uuid: Some(vec![1; 16]),
        agent: Some(AgentId("S9".to_owned())),
        unreachable_since: None,
    };
    let name = cluster("nobody");
    let events = [
        Event::Store(StoreState::Lost),
        Event::Store(StoreState::Writable),
        Event::Subscribed { framework_id: "F".to_owned() },
        Event::Update(update),
        Event::Failure { agent: AgentId("S9".to_owned()), executor: None },
        Event::Rescinded(OfferId("O".to_owned())),
        Event::Operation(crate::event::OperationUpdate {
            operation: "reserve.x.y".to_owned(),
            agent: None,
            state: crate::event::OperationState::Finished,
            message: String::new(),
            uuid: None,
        }),
        Event::Done(Outcome::TreeMade { cluster: name.clone(), generation: Generation(1) }),
        Event::Failed { what: Outcome::Called, why: "no".to_owned() },
        Event::Tick,
    ];
    let mut fleet = Fleet::new(Config::default());
    for event in events {
        let made = step(&mut fleet, START, &event, &mut mysos_model::Dice::new(1));
        assert!(made.touched.is_empty() && made.actions.is_empty(), "{event:?}: {:?}", made.actions);
    }
    assert!(!fleet.is_loaded() && fleet.next_wakeup().is_none());
}

#[test]
fn outcomes_for_a_cluster_that_is_gone_change_nothing() {
    let mut world = World::ready(1);
    let name = cluster("nobody");
    for outcome in [
        Outcome::TreeMade { cluster: name.clone(), generation: Generation(1) },
        Outcome::SpecWritten { cluster: name.clone(), generation: Generation(1) },
        Outcome::TreeRemoved { cluster: name.clone(), tree: Tree::Records },
        Outcome::Accepted { tasks: vec![task()] },
    ] {
        for event in [Event::Done(outcome.clone()), Event::Failed { what: outcome, why: "no".to_owned() }] {
            let made = world.take(&event);
            assert!(made.touched.is_empty() && made.actions.is_empty(), "{event:?}");
        }
    }
}
