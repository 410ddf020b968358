//! Updates of tasks: what replaces them, when, and what is never believed.

use std::time::Duration;

use mysos_model::{
    TaskId,
    wire::state::{AgentId, Instance},
};

use super::world::{World, cluster, create};
use crate::{
    Action, Event, Slot,
    change::Count,
    event::{Reason, TaskState, Update},
};

fn slot(ordinal: u32) -> Slot {
    Slot { cluster: cluster("shop"), ordinal: mysos_model::Ordinal(ordinal) }
}

fn running(agents: usize, num_nodes: u32) -> World {
    let mut world = World::ready(agents);
    world.ask(create("shop", num_nodes));
    world.settle();
    assert!(world.words("shop").iter().all(|word| *word == "running"), "{:?}", world.words("shop"));
    world.performed();
    world
}

fn update(task: &TaskId, agent: &AgentId, state: TaskState, reason: Option<Reason>) -> Event {
    Event::Update(Update {
        task: task.to_string(),
        state,
        reason,
        message: "a message".to_owned(),
        uuid: Some(vec![7; 16]),
        agent: Some(agent.clone()),
        unreachable_since: None,
    })
}

fn agent_of(world: &World, ordinal: u32) -> AgentId {
    world.state("shop", ordinal).place().unwrap().agent.clone()
}

#[test]
fn a_task_that_somebody_else_ends_comes_back_however_often_that_happens() {
    let mut world = running(1, 1);
    for _ in 0..12 {
        let task = world.task("shop", 0);
        world.moves(&task, TaskState::Killed, "the machine goes down");
        world.agents_send();
        world.deliver();
        let Instance::Down { since, retry_at } = *world.state("shop", 0) else {
            panic!("{:?}", world.words("shop"))
        };
        assert_eq!(retry_at.since(since).as_secs(), 5);
        world.settle_for(20);
        assert_eq!(world.words("shop"), ["running"]);
    }
}

#[test]
fn a_task_that_fails_is_followed_by_another_after_a_delay_that_doubles() {
    let mut world = running(1, 1);
    let mut delays = Vec::new();
    for _ in 0..5 {
        let task = world.task("shop", 0);
        world.moves(&task, TaskState::Failed, "mysqld exited with status 1");
        world.agents_send();
        world.deliver();
        let Instance::Down { since, retry_at } = *world.state("shop", 0) else {
            panic!("{:?}", world.words("shop"))
        };
        delays.push(retry_at.since(since).as_secs());
        let why = world.fleet.why(&slot(0)).unwrap();
        assert_eq!((why.code, why.next_attempt), ("TaskEnded", Some(retry_at)));
        assert!(why.text.ends_with("mysqld exited with status 1"), "{}", why.text);
        world.advance(Duration::from_secs(delays[delays.len() - 1]));
        for _ in 0..20 {
            world.turn();
        }
        assert_eq!(world.words("shop"), ["running"]);
        assert_ne!(world.task("shop", 0), task);
    }
    assert_eq!(delays, [5, 10, 20, 40, 80]);
    let task = world.task("shop", 0);
    world.moves(&task, TaskState::Failed, "mysqld exited with status 1");
    world.agents_send();
    world.deliver();
    assert_eq!(world.words("shop"), ["needs_operator"]);
    let why = world.fleet.why(&slot(0)).unwrap();
    assert_eq!(why.code, "CrashLoop");
    assert!(why.text.contains("6 times in a row"), "{}", why.text);
    world.advance(Duration::from_secs(30 * 60));
    world.settle();
    assert_eq!(world.words("shop"), ["running"], "it is still tried");
}

#[test]
fn ten_minutes_of_running_forget_the_failures_before() {
    let mut world = running(1, 1);
    for (minutes, failures) in [(0, 1), (0, 2), (11, 1)] {
        world.advance(Duration::from_secs(minutes * 60));
        world.moves(&world.task("shop", 0), TaskState::Failed, "");
        world.agents_send();
        world.deliver();
        let saved = &world.fleet.cluster(&cluster("shop")).unwrap().saved;
        assert_eq!(saved.instances[&mysos_model::Ordinal(0)].history.failures, failures);
        world.settle();
    }
}

#[test]
fn a_launch_that_never_was_is_tried_again_at_once_and_nobody_is_to_blame() {
    for (state, reason) in [
        (TaskState::Dropped, Some(Reason::InvalidOffers)),
        (TaskState::Dropped, Some(Reason::AgentDisconnected)),
        (TaskState::Gone, Some(Reason::Reconciliation)),
        (TaskState::Killed, Some(Reason::AgentDraining)),
    ] {
        let mut world = World::ready(1);
        world.ask(create("shop", 1));
        while world.words("shop") != ["staging"] {
            world.turn();
        }
        let event = update(&world.task("shop", 0), &agent_of(&world, 0), state, reason);
        world.take(&event);
        assert_eq!(world.words("shop"), ["pending"]);
        let saved = &world.fleet.cluster(&cluster("shop")).unwrap().saved;
        assert_eq!(saved.instances[&mysos_model::Ordinal(0)].history.failures, 0);
    }
}

#[test]
fn a_task_that_mesos_refuses_waits_for_a_person() {
    let mut world = running(1, 1);
    let event = update(&world.task("shop", 0), &agent_of(&world, 0), TaskState::Error, None);
    world.take(&event);
    assert_eq!(world.words("shop"), ["needs_operator"]);
    let why = world.fleet.why(&slot(0)).unwrap();
    assert_eq!(why.code, "TaskRefused");
    assert!(why.text.contains("a message"), "{}", why.text);
}

#[test]
fn what_cannot_be_reached_is_replaced_after_half_an_hour_and_ended_when_it_returns() {
    let mut world = running(2, 1);
    let old = world.task("shop", 0);
    let at = world.agents.iter().position(|agent| agent.id == agent_of(&world, 0)).unwrap();
    world.agent_goes_away(at);
    world.deliver();
    assert_eq!(world.words("shop"), ["unreachable"]);
    world.advance(Duration::from_secs(29 * 60));
    world.settle_for(30);
    assert_eq!(world.words("shop"), ["unreachable"]);
    world.settle_for(60);
    assert_eq!(world.words("shop"), ["running"]);
    assert_ne!(world.task("shop", 0), old);
    let there = world.fleet.cluster(&cluster("shop")).unwrap();
    assert_eq!(
        there.saved.leaving.keys().collect::<Vec<_>>(),
        [&old],
        "to be ended, and its host stays taken"
    );
    world.agent_returns(at);
    world.settle();
    assert!(!world.tasks.contains_key(&old), "the old one was ended");
    assert_eq!(world.words("shop"), ["running"]);
    assert!(world.fleet.cluster(&cluster("shop")).unwrap().saved.leaving.is_empty());
}

#[test]
fn what_returns_in_time_keeps_its_slot() {
    let mut world = running(2, 1);
    let task = world.task("shop", 0);
    let at = world.agents.iter().position(|agent| agent.id == agent_of(&world, 0)).unwrap();
    world.agent_goes_away(at);
    world.deliver();
    world.advance(Duration::from_secs(20 * 60));
    world.agent_returns(at);
    world.deliver();
    world.advance(Duration::from_secs(60 * 60));
    assert_eq!((world.words("shop"), world.task("shop", 0)), (vec!["running"], task));
}

#[test]
fn lost_and_unknown_are_not_believed_to_be_dead() {
    for state in [TaskState::Lost, TaskState::Unknown, TaskState::Unreachable] {
        let mut world = running(2, 1);
        let event = update(&world.task("shop", 0), &agent_of(&world, 0), state, None);
        world.take(&event);
        assert_eq!(world.words("shop"), ["unreachable"], "{state:?}");
    }
}

#[test]
fn a_task_that_an_operator_declares_gone_is_replaced_at_once() {
    let mut world = running(2, 1);
    let at = world.agents.iter().position(|agent| agent.id == agent_of(&world, 0)).unwrap();
    world.agent_is_gone(at);
    world.deliver();
    assert_eq!(world.words("shop"), ["pending"]);
    world.settle();
    assert_eq!(world.words("shop"), ["running"]);
}

#[test]
fn the_same_update_twice_changes_nothing_and_is_acknowledged_twice() {
    let mut world = running(1, 1);
    let event = update(&world.task("shop", 0), &agent_of(&world, 0), TaskState::Failed, None);
    let first = world.take(&event);
    let second = world.take(&event);
    let acknowledged =
        |actions: &[Action]| actions.iter().any(|action| matches!(action, Action::Acknowledge { .. }));
    assert!(acknowledged(&first.actions) && acknowledged(&second.actions));
    assert!(!first.touched.is_empty() && second.touched.is_empty());
    assert_eq!(world.fleet.count(Count::TaskEnded), 1);
}

#[test]
fn an_older_word_does_not_overwrite_a_newer_one() {
    let mut world = running(1, 1);
    for state in [TaskState::Staging, TaskState::Starting, TaskState::Running, TaskState::Killing] {
        let event = update(&world.task("shop", 0), &agent_of(&world, 0), state, None);
        world.take(&event);
        assert_eq!(world.words("shop"), ["running"]);
    }
}

#[test]
fn a_running_task_that_no_slot_has_is_ended() {
    let mut world = running(1, 1);
    let stray = TaskId::new(&cluster("shop"), mysos_model::Ordinal(0), &world.uuid()).unwrap();
    let made = world.take(&update(&stray, &AgentId("S9".to_owned()), TaskState::Running, None));
    let agent = AgentId("S9".to_owned());
    assert!(made.actions.contains(&Action::Kill { task: stray.clone(), agent: agent.clone() }));
    world.crash();
    world.subscribe();
    assert!(world.performed().contains(&Action::Kill { task: stray.clone(), agent }), "and not forgotten");
    world.settle();
    assert!(world.fleet.cluster(&cluster("shop")).unwrap().saved.leaving.is_empty());
}

#[test]
fn a_running_task_of_an_unknown_cluster_is_acknowledged_and_left_alone() {
    let mut world = World::ready(1);
    let task = TaskId::new(&cluster("other"), mysos_model::Ordinal(0), &world.uuid()).unwrap();
    let made = world.take(&update(&task, &AgentId("S1".to_owned()), TaskState::Running, None));
    assert!(matches!(made.actions.as_slice(), [Action::Acknowledge { .. }]), "{:?}", made.actions);
    assert_eq!(world.fleet.count(Count::OrphanTask), 1);
}

#[test]
fn a_task_of_somebody_else_and_a_state_of_the_future_are_acknowledged() {
    let mut world = running(1, 1);
    let foreign = Event::Update(Update {
        task: "not-one-of-ours".to_owned(),
        state: TaskState::Running,
        reason: None,
        message: String::new(),
        uuid: Some(vec![1]),
        agent: Some(AgentId("S1".to_owned())),
        unreachable_since: None,
    });
    let made = world.take(&foreign);
    assert!(matches!(made.actions.as_slice(), [Action::Acknowledge { .. }]));
    let task = world.task("shop", 0);
    let event = update(&task, &agent_of(&world, 0), TaskState::Unrecognized(99), None);
    let made = world.take(&event);
    assert!(matches!(made.actions.as_slice(), [Action::Reconcile { .. }, Action::Acknowledge { .. }]));
    assert_eq!(world.words("shop"), ["running"]);
}

#[test]
fn updates_without_a_uuid_are_not_acknowledged() {
    let mut world = running(1, 1);
    for uuid in [None, Some(Vec::new())] {
        let made = world.take(&Event::Update(Update {
            task: world.task("shop", 0).to_string(),
            state: TaskState::Running,
            reason: Some(Reason::Reconciliation),
            message: String::new(),
            uuid,
            agent: Some(agent_of(&world, 0)),
            unreachable_since: None,
        }));
        assert!(made.actions.is_empty(), "{:?}", made.actions);
    }
}

#[test]
fn a_launch_that_stays_silent_is_asked_about() {
    let mut world = World::ready(1);
    world.ask(create("shop", 1));
    while world.words("shop") != ["staging"] {
        world.turn();
    }
    let task = world.task("shop", 0);
    world.tasks.remove(&task); // The accept never arrived.
    world.performed();
    world.advance(Duration::from_secs(299));
    let asks = |world: &mut World| {
        let asked = |action: &Action| matches!(action, Action::Reconcile { tasks } if tasks.iter().any(|(id, _)| *id == task));
        world.performed().iter().filter(|action| asked(action)).count()
    };
    assert_eq!(asks(&mut world), 0);
    world.advance(Duration::from_secs(2));
    assert_eq!(asks(&mut world), 1);
    world.deliver();
    assert_eq!(world.words("shop"), ["pending"], "gone, says the master");
}

#[test]
fn a_failure_is_a_hint_to_ask_about_the_tasks_there() {
    let mut world = running(2, 2);
    let (task, agent) = (world.task("shop", 0), agent_of(&world, 0));
    for executor in [None, Some(task.to_string())] {
        let made = world.take(&Event::Failure { agent: agent.clone(), executor });
        assert_eq!(made.actions, [Action::Reconcile { tasks: vec![(task.clone(), agent.clone())] }]);
    }
    let other = Some("another".to_owned());
    assert!(world.take(&Event::Failure { agent, executor: other }).actions.is_empty());
    assert_eq!(world.words("shop"), ["running", "running"]);
}

#[test]
fn a_long_message_keeps_its_end() {
    let mut world = running(1, 1);
    world.moves(&world.task("shop", 0), TaskState::Failed, &format!("{}the last line", "ä".repeat(5000)));
    world.agents_send();
    world.deliver();
    let saved = &world.fleet.cluster(&cluster("shop")).unwrap().saved;
    let last = saved.instances[&mysos_model::Ordinal(0)].history.last.clone().unwrap();
    assert!(last.message.ends_with("the last line") && last.message.len() <= 2048);
}
