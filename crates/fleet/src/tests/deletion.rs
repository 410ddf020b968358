//! Deleting a cluster: everything of it ends, in order, and the end always comes.

use std::time::Duration;

use super::world::{Luck, World, cluster, create, delete};
use crate::{
    Action,
    action::Tree,
    event::{Event, Outcome, TaskState},
};

fn running(agents: usize, num_nodes: u32) -> World {
    let mut world = World::ready(agents);
    world.ask(create("shop", num_nodes));
    world.settle();
    assert!(world.words("shop").iter().all(|word| *word == "running"));
    world.performed();
    world
}

#[test]
fn members_are_told_tasks_are_ended_then_the_trees_and_the_record_go() {
    let mut world = running(3, 3);
    world.ask(delete("shop"));
    assert!(world.specs[&cluster("shop")].terminating);
    world.settle();
    let order: Vec<&str> = world
        .performed()
        .iter()
        .filter_map(|action| match action {
            Action::Answer { .. } => Some("answer"),
            Action::WriteSpec(spec) if spec.members.len() == 3 => Some("spec"),
            Action::Kill { .. } => Some("kill"),
            Action::RemoveTree { tree: Tree::Discover, .. } => Some("discover"),
            Action::RemoveTree { tree: Tree::Records, .. } => Some("records"),
            _ => None,
        })
        .collect();
    assert_eq!(order, ["answer", "spec", "kill", "kill", "kill", "discover", "records"]);
    assert_eq!(world.words("shop"), ["gone"]);
    assert!(world.saved_clusters.is_empty() && world.tasks.is_empty());
    assert!(world.trees[&cluster("shop")].is_empty());
}

#[test]
fn what_clients_read_stays_until_no_member_is_left() {
    let mut world = running(1, 1);
    let task = world.task("shop", 0);
    world.ask(delete("shop"));
    world.agents_send();
    world.deliver();
    assert!(world.words("shop").is_empty(), "the task has ended");
    let seen = |members: &[_]| Event::MembersSeen {
        cluster: cluster("shop"),
        members: members.iter().cloned().collect(),
        published: members.len(),
        needs: None,
        data: std::collections::BTreeMap::new(),
    };
    let removes = |made: crate::Step| made.actions.iter().any(|a| matches!(a, Action::RemoveTree { .. }));
    assert!(!removes(world.take(&seen(&[task]))), "its record is still there");
    assert!(removes(world.take(&seen(&[]))));
}

#[test]
fn a_record_that_does_not_go_away_delays_the_end_for_ten_minutes_at_most() {
    let mut world = running(1, 1);
    world.ask(delete("shop"));
    world.agents_send();
    world.deliver();
    world.performed();
    world.advance(Duration::from_secs(599));
    assert!(world.performed().iter().all(|action| !matches!(action, Action::RemoveTree { .. })));
    world.advance(Duration::from_secs(1));
    assert!(world.performed().iter().any(|action| matches!(action, Action::RemoveTree { .. })));
}

#[test]
fn a_kill_is_repeated_and_at_last_the_executor_is_shut_down() {
    let mut world = running(1, 1);
    world.luck = Luck::Lost(u32::MAX);
    world.ask(delete("shop"));
    let (mut kills, mut shutdowns) = (Vec::new(), Vec::new());
    for minute in 0..40 {
        for action in world.performed() {
            match action {
                Action::Kill { .. } => kills.push(minute),
                Action::Shutdown { .. } => shutdowns.push(minute),
                _ => {}
            }
        }
        world.advance(Duration::from_secs(60));
    }
    assert_eq!(kills, [0, 1, 3, 7, 15, 25, 35]);
    assert_eq!(shutdowns, [7, 15, 25, 35]);
    world.luck = Luck::Good;
    world.advance(Duration::from_secs(600));
    world.settle();
    assert_eq!(world.words("shop"), ["gone"]);
}

#[test]
fn a_new_subscription_repeats_every_kill_at_once() {
    let mut world = running(1, 1);
    world.luck = Luck::Lost(1);
    world.ask(delete("shop"));
    world.performed();
    world.subscribe();
    assert!(world.performed().iter().any(|action| matches!(action, Action::Kill { .. })));
}

#[test]
fn an_agent_out_of_reach_delays_the_end_for_ten_minutes_and_its_task_is_ended_on_return() {
    let mut world = running(3, 3);
    let agent = world.state("shop", 1).place().unwrap().agent.clone();
    let task = world.task("shop", 1);
    let at = world.agents.iter().position(|there| there.id == agent).unwrap();
    world.agent_goes_away(at);
    world.deliver();
    world.ask(delete("shop"));
    world.settle();
    assert_eq!(world.words("shop"), ["stopping"]);
    world.advance(Duration::from_secs(600));
    world.settle_without_looking();
    world.advance(Duration::from_secs(600));
    world.settle_without_looking();
    assert_eq!(world.words("shop"), ["gone"]);
    assert!(world.fleet.framework().unwrap().abandoned.contains_key(&task));
    world.crash();
    world.subscribe();
    world.agent_returns(at);
    world.settle();
    assert!(world.tasks.is_empty(), "it was remembered and ended");
    assert!(world.fleet.framework().unwrap().abandoned.is_empty());
}

#[test]
fn a_cluster_without_a_task_goes_at_once() {
    let mut world = World::ready(0);
    world.ask(create("shop", 3));
    world.settle();
    world.ask(delete("shop"));
    world.settle();
    assert_eq!(world.words("shop"), ["gone"]);
}

#[test]
fn a_deletion_survives_a_crash_at_every_stage() {
    for turns in 0..8 {
        let mut world = running(3, 3);
        world.ask(delete("shop"));
        for _ in 0..turns {
            world.turn();
        }
        world.crash();
        world.subscribe();
        world.settle();
        assert_eq!(world.words("shop"), ["gone"], "after {turns} turns");
        assert!(world.tasks.is_empty() && world.saved_clusters.is_empty());
    }
}

#[test]
fn a_name_can_be_used_again() {
    let mut world = running(3, 3);
    world.ask(delete("shop"));
    world.settle();
    world.ask(create("shop", 2));
    world.settle();
    assert_eq!(world.words("shop"), ["running", "running"]);
    assert!(!world.specs[&cluster("shop")].terminating);
}

#[test]
fn a_removal_that_was_not_asked_for_removes_nothing() {
    let mut world = running(1, 1);
    for tree in [Tree::Discover, Tree::Records] {
        world.take(&Event::Done(Outcome::TreeRemoved { cluster: cluster("shop"), tree }));
    }
    assert_eq!(world.words("shop"), ["running"]);
}

#[test]
fn a_task_that_ends_by_itself_during_the_deletion_is_not_replaced() {
    let mut world = running(2, 2);
    world.luck = Luck::Lost(2); // Both kills.
    world.ask(delete("shop"));
    world.moves(&world.task("shop", 0), TaskState::Finished, "");
    world.settle();
    world.settle();
    world.settle();
    assert_eq!(world.words("shop"), ["gone"]);
}
