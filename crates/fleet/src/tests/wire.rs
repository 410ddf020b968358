//! What leaves the fleet, as golden files: the saved record of a cluster and the `spec` of its members.

use mysos_model::record::encode;
use serde_json::Value;

use super::world::{World, cluster, create};

fn pretty(bytes: &[u8]) -> String {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn the_saved_record_of_a_running_cluster_is_golden() {
    let mut world = World::ready(2);
    world.ask(create("shop", 2));
    world.settle();
    insta::assert_snapshot!(pretty(&world.saved_clusters[&cluster("shop")].0));
}

#[test]
fn the_spec_of_a_running_cluster_is_golden() {
    let mut world = World::ready(2);
    world.ask(create("shop", 2));
    world.settle();
    insta::assert_snapshot!(pretty(&encode(&world.specs[&cluster("shop")])));
}

#[test]
fn no_secret_is_in_the_saved_record() {
    let mut world = World::ready(1);
    world.ask(create("shop", 1));
    world.settle();
    let saved = String::from_utf8(world.saved_clusters[&cluster("shop")].0.clone()).unwrap();
    assert!(!saved.contains(super::world::PASSWORD) && !saved.contains("drawn-for"));
    let shown = format!("{:?}", world.fleet);
    assert!(!shown.contains(super::world::PASSWORD) && !shown.contains("drawn-for"));
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let run = || {
        let mut world = World::ready(3);
        world.ask(create("shop", 3));
        world.settle();
        world.crash();
        world.subscribe();
        world.settle();
        format!("{:?}", world.performed())
    };
    assert_eq!(run(), run());
}
