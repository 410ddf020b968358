//! Our own life: the saved state, the subscription, the questions that come before everything else.

use std::time::Duration;

use mysos_model::{TaskId, Timestamp, record::Extra, wire::state::SavedFramework};

use super::world::{START, World, cluster, create};
use crate::{
    Action, Config, Event, Fleet, LinkState,
    change::Count,
    event::{Loaded, OfferId, Offers, StoreState, TaskState},
    step,
};

fn halt(actions: &[Action]) -> Option<&str> {
    actions.iter().find_map(|action| match action {
        Action::Halt { why } => Some(why.as_str()),
        _ => None,
    })
}

fn load(config: Config, framework: Option<SavedFramework>) -> (Fleet, Vec<Action>) {
    let mut fleet = Fleet::new(config);
    let drawn_uid = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11".to_owned();
    let loaded = Loaded { framework, clusters: Vec::new(), drawn_uid };
    let made = step(&mut fleet, START, &Event::Loaded(Box::new(loaded)), &mut mysos_model::Dice::new(1));
    (fleet, made.actions)
}

fn saved() -> SavedFramework {
    SavedFramework {
        cluster_uid: "uid".to_owned(),
        framework_id: Some("F-1".to_owned()),
        user: "mysql".to_owned(),
        principal: None,
        role: "*".to_owned(),
        abandoned: std::collections::BTreeMap::new(),
        orphans: std::collections::BTreeMap::new(),
        extra: Extra::new(),
    }
}

#[test]
fn a_new_framework_id_is_saved_and_then_confirmed() {
    let mut world = World::new(1);
    world.load();
    assert_eq!(world.fleet.framework().unwrap().framework_id, None);
    world.subscribe();
    assert_eq!(world.fleet.framework().unwrap().framework_id.as_deref(), Some("F-1"));
    assert!(world.performed().contains(&Action::ConfirmFramework));
    world.disconnect();
    world.subscribe();
    assert!(!world.performed().contains(&Action::ConfirmFramework));
}

#[test]
fn another_framework_id_stops_everything() {
    let mut world = World::ready(1);
    let made = world.take(&Event::Subscribed { framework_id: "F-2".to_owned() });
    assert!(halt(&made.actions).unwrap().contains("F-2"));
    assert!(made.touched.is_empty());
}

#[test]
fn flags_that_disagree_with_the_saved_framework_stop_the_start() {
    let (fleet, actions) = load(Config::default(), Some(saved()));
    assert!(fleet.is_loaded() && halt(&actions).is_none());
    for (wrong, word) in [
        (SavedFramework { user: "root".to_owned(), ..saved() }, "--framework_user"),
        (SavedFramework { role: "db".to_owned(), ..saved() }, "--framework_role"),
        (SavedFramework { principal: Some("p".to_owned()), ..saved() }, "principal"),
    ] {
        let (fleet, actions) = load(Config::default(), Some(wrong));
        assert!(halt(&actions).unwrap().contains(word), "{actions:?}");
        assert!(!fleet.is_loaded());
    }
}

#[test]
fn clusters_without_a_framework_stop_the_start() {
    let mut world = World::ready(1);
    world.ask(create("shop", 1));
    world.saved_framework = None;
    world.fleet = Fleet::new(Config::default());
    world.load();
    assert!(halt(&world.performed()).unwrap().contains("damaged"));
    assert!(!world.fleet.is_loaded());
}

#[test]
fn nothing_is_launched_before_every_task_was_heard_of() {
    let mut world = World::ready(4);
    world.ask(create("shop", 2));
    world.settle();
    world.ask(create("zoo", 1));
    world.deliver();
    world.crash();
    let silent = world.task("shop", 1);
    let held = world.tasks.remove(&silent).unwrap();
    world.agents.retain(|agent| agent.id != held.agent); // Not come back to the master yet, which says nothing.
    world.subscribe();
    world.inbox.retain(|event| !matches!(event, Event::Update(update) if update.task == silent.to_string()));
    world.deliver();
    assert!(!world.fleet.is_reconciled());
    assert_eq!(world.words("zoo"), ["pending"]);
    assert_eq!(
        world
            .fleet
            .why(&crate::Slot { cluster: cluster("zoo"), ordinal: mysos_model::Ordinal(0) })
            .unwrap()
            .code,
        "WaitingForMesos"
    );
    let offers = Event::Offers(Offers { offers: Vec::new(), uuids: Vec::new() });
    assert!(world.take(&offers).actions.is_empty());
}

#[test]
fn each_subscription_begins_its_questions_anew() {
    let mut world = World::ready(1);
    world.ask(create("shop", 1));
    world.settle();
    assert!(world.fleet.is_reconciled());
    world.subscribe(); // The end of the one before was never seen.
    assert!(!world.fleet.is_reconciled());
    world.deliver();
    assert!(world.fleet.is_reconciled());
}

#[test]
fn nothing_is_replaced_before_every_task_was_heard_of() {
    let mut world = World::ready(2);
    world.ask(create("shop", 1));
    world.settle();
    let agent = world.state("shop", 0).place().unwrap().agent.clone();
    let at = world.agents.iter().position(|there| there.id == agent).unwrap();
    world.agent_goes_away(at);
    world.deliver();
    assert_eq!(world.words("shop"), ["unreachable"]);
    world.crash();
    world.now = world.now + Duration::from_secs(3600); // The agent may have come back in the meantime.
    world.subscribe();
    world.inbox.clear();
    world.take(&Event::Tick);
    assert_eq!(world.words("shop"), ["unreachable"]);
    world.advance(Duration::from_secs(60));
    world.deliver();
    world.advance(Duration::from_secs(1));
    assert_eq!(world.words("shop"), ["pending"], "it has not");
}

#[test]
fn offers_before_the_end_of_the_questions_go_back_for_five_seconds() {
    let mut world = World::ready(2);
    world.ask(create("shop", 1));
    world.settle();
    world.crash();
    let _ = world.take(&Event::Subscribed { framework_id: "F-1".to_owned() });
    let offer = crate::event::Offer {
        id: OfferId("O-early".to_owned()),
        agent: world.agents[0].id.clone(),
        host: world.agents[0].host.clone(),
        role: "*".to_owned(),
        pools: Vec::new(),
        holdings: Vec::new(),
    };
    let event = Event::Offers(Offers { offers: vec![offer], uuids: Vec::new() });
    let made = step(&mut world.fleet, world.now, &event, &mut world.dice);
    let refuse = Duration::from_secs(5);
    assert_eq!(made.actions, [Action::Decline { offers: vec![OfferId("O-early".to_owned())], refuse }]);
}

/// When the tasks were asked about, in seconds since the subscription.
fn rounds(world: &mut World, began: Timestamp) -> Vec<u64> {
    let mut at = Vec::new();
    for _ in 0..20 {
        let next = world.fleet.next_wakeup().unwrap();
        world.now = next;
        world.take(&Event::Tick);
        let asked = |action: &Action| matches!(action, Action::Reconcile { tasks } if !tasks.is_empty());
        if world.performed().iter().any(asked) {
            at.push(next.since(began).as_millis() as u64);
        }
        world.inbox.clear();
    }
    at
}

#[test]
fn silence_is_asked_again_ever_more_seldom_and_believed_after_eleven_minutes() {
    let mut world = World::ready(1);
    world.ask(create("shop", 1));
    world.settle();
    world.disconnect();
    world.subscribe();
    let began = world.now;
    world.inbox.clear();
    world.performed();
    let at = rounds(&mut world, began);
    let pauses: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (pause, expected) in pauses.iter().zip([4, 8, 16, 32, 32]) {
        assert!((expected * 800..=expected * 1200).contains(pause), "{pauses:?}");
    }
    world.now = began + Duration::from_secs(11 * 60);
    world.take(&Event::Tick);
    assert!(world.fleet.is_reconciled());
    assert_eq!(world.fleet.silent_tasks().iter().collect::<Vec<_>>(), [&world.task("shop", 0)]);
    assert_eq!(world.words("shop"), ["running"], "and still nothing is taken for dead");
}

#[test]
fn all_tasks_are_asked_about_in_calls_of_a_hundred_and_then_implicitly() {
    let mut world = World::ready(1);
    world.ask(create("shop", 1));
    world.settle();
    let saved = world.fleet.clusters.get_mut(&cluster("shop")).unwrap();
    let task = saved.saved.instances[&mysos_model::Ordinal(0)].state.task().unwrap().clone();
    let leaving = mysos_model::wire::state::Leaving {
        agent: world.agents[0].id.clone(),
        host: None,
        since: START,
        unreachable: None,
    };
    for at in 0..149 {
        let id = TaskId::new(
            &cluster("shop"),
            mysos_model::Ordinal(0),
            &format!("{at:08x}-1111-4000-8000-000000000000"),
        );
        saved.saved.leaving.insert(id.unwrap(), leaving.clone());
    }
    let event = Event::Subscribed { framework_id: "F-1".to_owned() };
    let made = step(&mut world.fleet, world.now, &event, &mut world.dice);
    let asked: Vec<usize> = made
        .actions
        .iter()
        .filter_map(|action| match action {
            Action::Reconcile { tasks } => Some(tasks.len()),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [100, 50]);
    assert!(world.fleet.tasks().any(|(there, _)| *there == task));
}

#[test]
fn tasks_are_asked_about_again_every_quarter_of_an_hour() {
    let mut world = World::ready(1);
    world.ask(create("shop", 1));
    world.settle();
    world.performed();
    world.advance(Duration::from_secs(13 * 60 - 60));
    let asked = |world: &mut World| {
        world
            .performed()
            .iter()
            .filter(|a| matches!(a, Action::Reconcile { tasks } if !tasks.is_empty()))
            .count()
    };
    assert_eq!(asked(&mut world), 0);
    world.advance(Duration::from_secs(4 * 60));
    assert!(asked(&mut world) > 0);
    assert!(world.fleet.is_reconciled(), "a later pass holds nothing up");
}

#[test]
fn while_nothing_can_be_saved_nothing_is_changed_or_acknowledged() {
    let mut world = World::ready(1);
    world.ask(create("shop", 1));
    world.settle();
    world.store(StoreState::Lost);
    world.performed();
    let task = world.task("shop", 0);
    world.moves(&task, TaskState::Failed, "");
    world.agents_send();
    world.deliver();
    world.advance(Duration::from_secs(3600));
    assert_eq!(world.words("shop"), ["running"]);
    assert!(world.performed().is_empty(), "nothing is acknowledged, nothing is asked");
    assert!(world.fleet.count(Count::Ignored) > 0);
    world.store(StoreState::Writable);
    world.settle();
    assert_eq!(world.words("shop"), ["running"]);
    assert_ne!(world.task("shop", 0), task);
}

#[test]
fn what_was_said_while_nothing_could_be_saved_is_asked_again() {
    let mut world = World::ready(1);
    world.ask(create("shop", 1));
    world.settle();
    world.store(StoreState::Lost);
    world.agent_goes_away(0);
    world.deliver();
    assert_eq!(world.words("shop"), ["running"]);
    world.store(StoreState::Writable);
    world.deliver();
    assert_eq!(world.words("shop"), ["unreachable"]);
}

#[test]
fn a_scheduler_that_restarts_restarts_nothing() {
    let mut world = World::ready(3);
    world.ask(create("shop", 3));
    world.settle();
    let tasks: Vec<TaskId> = (0..3).map(|at| world.task("shop", at)).collect();
    world.crash();
    world.performed();
    world.subscribe();
    world.settle();
    assert_eq!((0..3).map(|at| world.task("shop", at)).collect::<Vec<_>>(), tasks);
    let calm = world.performed().into_iter().all(|action| {
        matches!(
            action,
            Action::Reconcile { .. } | Action::WriteSpec(_) | Action::Suppress | Action::Acknowledge { .. }
        )
    });
    assert!(calm);
}

#[test]
fn a_lost_framework_says_so() {
    let mut world = World::ready(1);
    let message = "Framework has been removed".to_owned();
    world.take(&Event::FrameworkLost { message: message.clone() });
    assert_eq!(world.fleet.link().state, LinkState::Lost { why: message });
    assert!(world.fleet.link().ever);
}
