//! The main job, end to end: made, written to, read from, carried over the loss of the scheduler and of an
//! agent, and deleted without a trace.

use std::time::Duration;

use mysos_local::Role;
use mysos_tests::{Flavor, TestStack, named_by, on_both_flavors, wait_until};

use crate::cluster::{Cluster, mysqlds};

on_both_flavors!(a_cluster_lives_through_its_scheduler_and_an_agent_and_goes_without_a_trace);

fn a_cluster_lives_through_its_scheduler_and_an_agent_and_goes_without_a_trace(flavor: Flavor) {
    let mut stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    cluster.write_and_read(&stack, "before");

    let (servers, tasks) = (mysqlds(&stack), cluster.tasks(&stack));
    assert_eq!(servers.len(), 3, "one mysqld a member: {servers:?}");
    assert_eq!(tasks.len(), 3);

    stack.kill_and_restart(Role::Scheduler);
    cluster.wait_for_service(&stack, 3);
    assert_eq!(cluster.tasks(&stack), tasks, "the scheduler's death restarts nothing");
    assert_eq!(mysqlds(&stack), servers);
    cluster.write_and_read(&stack, "after the scheduler");

    stack.kill_and_restart(Role::Agent(2));
    cluster.wait_for_service(&stack, 3);
    wait_until("the agent has its executor again", Duration::from_secs(30), || {
        let log = stack.log(Role::Agent(2));
        let back = log.rsplit("Recovery").next().is_some_and(|tail| tail.contains("subscrib"));
        if back { Ok(()) } else { Err(log.lines().rev().take(5).map(str::to_owned).collect::<Vec<_>>()) }
    });
    assert_eq!(mysqlds(&stack), servers, "the agent's death touches no mysqld");
    assert_eq!(cluster.tasks(&stack), tasks);
    cluster.write_and_read(&stack, "after the agent");

    delete(&stack, &cluster);
    stack.down();
}

/// Deletes a cluster and looks that nothing of it is left.
fn delete(stack: &TestStack, cluster: &Cluster) {
    let path = format!("/clusters/{}", cluster.name);
    let wrong = stack.api().send("DELETE", &path, &[("password", "wrong")]).unwrap();
    assert_eq!(wrong.status, 403, "{wrong:?}");
    let form = [("password", cluster.created.password.as_str())];
    let answer = stack.api().send("DELETE", &path, &form).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["cluster_url"].as_str(), Some(cluster.created.url.as_str()));

    let znodes = stack.znodes_as_ours();
    wait_until("the cluster's discovery node is gone", Duration::from_secs(60), || {
        match znodes.children(&format!("/mysos/discover/{}", cluster.name)) {
            None => Ok(()),
            Some(left) => Err(left),
        }
    });
    assert_eq!(mysqlds(stack), vec![], "the node goes when no mysqld runs any more");
    wait_until("all records are gone", Duration::from_secs(30), || {
        let left = [
            znodes.children(&format!("/mysos/clusters/{}", cluster.name)),
            znodes.children(&format!("/mysos/state/clusters/{}", cluster.name)),
        ];
        if left == [None, None] { Ok(()) } else { Err(left) }
    });
    wait_until("the interface has forgotten it", Duration::from_secs(30), || {
        let answer = stack.api().send("GET", &path, &[])?;
        if answer.status == 404 { Ok(()) } else { Err(format!("{answer:?}")) }
    });
    wait_until("its executors have ended", Duration::from_secs(30), || {
        let left: Vec<_> = named_by(stack.dir())
            .into_iter()
            .filter(|process| process.program().contains("mysos_executor"))
            .collect();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    });
}
