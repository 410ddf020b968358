//! Making clusters and asking for it twice.

use mysos_model::{Ordinal, Password};

use super::world::{PASSWORD, World, cluster, create, delete, spec};
use crate::{
    Action, Event,
    event::{Drawn, RequestId, StoreState},
    request::{Answer, Idempotency, Refusal, Request},
};

fn with_key(name: &str, key: &str, digest: &str) -> Request {
    Request::Create {
        name: cluster(name),
        spec: spec(2),
        cluster_password: None,
        owner: "ops".to_owned(),
        idempotency: Some(Idempotency {
            key: key.to_owned(),
            principal: "ops".to_owned(),
            digest: digest.to_owned(),
        }),
    }
}

#[test]
fn a_cluster_is_saved_before_its_answer_and_its_records_follow() {
    let mut world = World::ready(3);
    let answer = world.ask(create("shop", 3));
    let Answer::Created { password, replayed: false, .. } = answer else { panic!("{answer:?}") };
    assert_eq!(password, Password::new(PASSWORD));
    assert!(world.saved_clusters.contains_key(&cluster("shop")));
    let trees: Vec<_> = world.performed().into_iter().filter(|a| matches!(a, Action::MakeTree(_))).collect();
    let [Action::MakeTree(tree)] = trees.as_slice() else { panic!("{trees:?}") };
    assert_eq!((tree.epoch.acks, tree.spec.acks, tree.spec.members.len()), (1, 1, 3));
    assert_eq!(tree.credentials.cluster_password, Password::new(PASSWORD));
}

#[test]
fn no_task_is_launched_before_the_records_are_there() {
    let mut world = World::ready(1);
    world.ask(create("shop", 1));
    world.inbox.clear(); // The outcome is lost.
    world.performed();
    world.advance(std::time::Duration::from_secs(4));
    assert!(world.performed().iter().all(|action| !matches!(action, Action::Revive | Action::Accept(_))));
    world.settle();
    assert_eq!(world.words("shop"), ["running"]);
}

#[test]
fn a_taken_name_is_refused() {
    let mut world = World::ready(3);
    world.ask(create("shop", 1));
    let answer = world.ask(create("shop", 1));
    let exists = Refusal::Exists { name: cluster("shop"), terminating: false };
    assert_eq!(answer, Answer::Refused(exists));
    world.settle();
    world.ask(delete("shop"));
    let exists = Refusal::Exists { name: cluster("shop"), terminating: true };
    assert_eq!(world.ask(create("shop", 1)), Answer::Refused(exists));
}

#[test]
fn the_same_request_again_is_answered_the_same() {
    let mut world = World::ready(3);
    let Answer::Created { password, replayed: false, operation } = world.ask(with_key("shop", "k", "d"))
    else {
        panic!("refused")
    };
    world.crash();
    world.subscribe();
    let again = world.ask(with_key("shop", "k", "d"));
    assert_eq!(again, Answer::Created { password, replayed: true, operation });
    for other in
        [with_key("shop", "k", "another body"), with_key("shop", "another key", "d"), create("shop", 2)]
    {
        assert!(matches!(world.ask(other), Answer::Refused(Refusal::Exists { terminating: false, .. })));
    }
}

#[test]
fn a_password_is_drawn_for_who_brings_none() {
    let mut world = World::ready(1);
    let Answer::Created { password, .. } = world.ask(with_key("shop", "k", "d")) else { panic!("refused") };
    assert_eq!(password, Password::new("drawn-for-the-owner"));
}

#[test]
fn nothing_is_admitted_before_it_can_be_kept() {
    let unavailable = |answer| matches!(answer, Answer::Refused(Refusal::Unavailable(_)));
    let mut world = World::new(1);
    assert!(unavailable(world.ask(create("shop", 1))), "before the state is loaded");
    world.load();
    assert!(unavailable(world.ask(create("shop", 1))), "before the first subscription");
    world.subscribe();
    world.store(StoreState::Lost);
    assert!(unavailable(world.ask(create("shop", 1))), "while nothing can be saved");
    world.store(StoreState::Writable);
    assert!(matches!(world.ask(create("shop", 1)), Answer::Created { .. }));
    world.take(&Event::FrameworkLost { message: "Framework has been removed".to_owned() });
    assert!(unavailable(world.ask(delete("shop"))), "with a dead framework id");
}

#[test]
fn too_few_drawn_ids_are_no_cluster() {
    let mut world = World::ready(1);
    let nothing = Password::new("");
    let drawn = Drawn {
        operation: world.uuid(),
        cluster_password: nothing.clone(),
        admin_password: nothing.clone(),
        replication_seed: nothing.clone(),
        control_token: nothing,
        uuids: Vec::new(),
    };
    let id = RequestId(9);
    let request = Box::new(create("shop", 2));
    world.take(&Event::Requested { id, request, drawn: Box::new(drawn) });
    assert!(matches!(world.answers[&id], Answer::Refused(Refusal::Unavailable(_))));
    assert!(world.fleet.cluster(&cluster("shop")).is_none());
}

#[test]
fn deletion_asks_for_the_password() {
    let mut world = World::ready(3);
    world.ask(create("shop", 1));
    for password in [None, Some(Password::new("")), Some(Password::new("wrong"))] {
        let answer = world.ask(Request::Delete { name: cluster("shop"), password });
        assert_eq!(answer, Answer::Refused(Refusal::WrongPassword(cluster("shop"))));
    }
    let unknown = world.ask(delete("shoe"));
    assert_eq!(unknown, Answer::Refused(Refusal::NotFound(cluster("shoe"))));
}

#[test]
fn deleting_twice_is_answered_the_same() {
    let mut world = World::ready(3);
    world.ask(create("shop", 1));
    world.settle();
    let first = world.ask(delete("shop"));
    assert!(matches!(first, Answer::Deleted { .. }));
    assert_eq!(world.ask(delete("shop")), first);
}

#[test]
fn clusters_stand_in_order_of_creation() {
    let mut world = World::ready(1);
    for name in ["zoo", "alpha", "middle"] {
        world.ask(create(name, 1));
    }
    world.crash();
    let names: Vec<&str> = world.fleet.clusters().into_iter().map(|c| c.saved.name.as_str()).collect();
    assert_eq!(names, ["zoo", "alpha", "middle"]);
    assert_eq!(world.fleet.clusters()[0].saved.instances.keys().collect::<Vec<_>>(), [&Ordinal(0)]);
}
