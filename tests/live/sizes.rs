//! Clusters of other sizes than three, side by side: one member, and five on five agents.

use mysos_tests::{Flavor, TestStack, on_both_flavors};

use crate::cluster::{Cluster, mysqlds};

on_both_flavors!(one_and_five_members_side_by_side_and_one_cluster_goes_without_the_other);

fn one_and_five_members_side_by_side_and_one_cluster_goes_without_the_other(flavor: Flavor) {
    let stack = TestStack::of(flavor, 5);
    let single = enters_through_slaves(&stack);
    single.write_and_read(&stack, "alone");
    let alone = mysqlds(&stack);
    assert_eq!(alone.len(), 1);

    let five = Cluster::create(&stack, "five", 5);
    five.write_and_read(&stack, "in five places");
    let hosts = five.hosts(&stack);
    assert_eq!(hosts.len(), 5, "one member a host: {hosts:?}");
    let tasks = five.tasks(&stack);
    let object = five.object(&stack).unwrap();
    assert_eq!(object["quorum"]["durability"], "lossless", "{object:#}");
    let single_object = single.object(&stack).unwrap();
    assert_eq!(single_object["quorum"]["durability"], "available", "{single_object:#}");

    single.delete(&stack);
    five.write_and_read(&stack, "the single one is gone");
    let left = mysqlds(&stack);
    assert_eq!(left.len(), 5, "only its own server ended");
    assert_eq!(five.tasks(&stack), tasks);
    let again = Cluster::create(&stack, "single", 1);
    again.write_and_read(&stack, "the name is free again");
    let neighbor = mysqlds(&stack).into_iter().filter(|server| !left.contains(server)).collect::<Vec<_>>();

    five.delete(&stack);
    assert_eq!(mysqlds(&stack), neighbor, "only its own servers ended");
    again.write_and_read(&stack, "the five are gone");
    let other = stack.api().get("/clusters").unwrap();
    let names: Vec<_> = other["clusters"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["single"], "{other:#}");
    stack.down();
}

/// A member of a cluster of one, too, is published as a replica first, then moves, and keeps its number.
fn enters_through_slaves(stack: &TestStack) -> Cluster {
    let form = [("cluster_user", "app"), ("num_nodes", "1")];
    let cluster = Cluster { name: "single".to_owned(), created: stack.api().create("single", &form) };
    cluster.wait_for_service(stack, 1);
    let znodes = stack.znodes();
    let (master, slaves) =
        (znodes.members("/mysos/discover/single/master"), znodes.children("/mysos/discover/single/slaves"));
    assert_eq!(master.keys().map(String::as_str).collect::<Vec<_>>(), ["member_0000000000"]);
    assert_eq!(slaves, Some(vec![]), "the group stays, empty");
    let entered = stack.znodes().changes_below("/mysos/discover/single/slaves");
    assert!(entered >= 2, "it was made in slaves and left it: {entered} changes of that group");
    cluster
}
