//! Who gets at what: servers, znodes, secrets, each looked at from outside.

use mysos_tests::{Flavor, TestStack, on_both_flavors};

use crate::{cluster::Cluster, control, discovery, rights, secrets};

on_both_flavors!(only_the_owner_gets_in_and_breaks_nothing);

fn only_the_owner_gets_in_and_breaks_nothing(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let form = [("cluster_user", "app"), ("num_nodes", "3")];
    let cluster = Cluster { name: "shop".to_owned(), created: stack.api().create("shop", &form) };
    rights::refused_from_the_first_moment(&stack, &cluster, 3);
    cluster.wait_for_service(&stack, 3);
    cluster.write_and_read(&stack, "before");
    rights::refused_at_the_socket(&stack);
    rights::owner_is_bounded(&stack, &cluster);
    discovery::is_as_the_original(&stack, &cluster);
    discovery::is_closed_to_strangers(&stack, "shop");
    control::refuses_strangers(&stack, &cluster);
    cluster.write_and_read(&stack, "after");
    secrets::are_nowhere(&stack, &cluster);
    stack.down();
}
