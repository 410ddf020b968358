//! A scheduler that is killed at any moment of a creation or a deletion: in the end there is one cluster, or none.
//! On one flavor: the scheduler starts executors, and knows nothing of what they start.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use mysos_local::Role;
use mysos_tests::{TestStack, wait_until};
use serde_json::Value;

use crate::{
    cluster::{Cluster, GONE, executors, mysqlds},
    volumes::{reserved, volumes},
};

/// Within this after the request the scheduler is killed, at another moment each time: a creation's saves, launches
/// and updates all lie in it.
const EARLY: Duration = Duration::from_millis(2500);
/// How many clusters live through it.
const ROUNDS: usize = 4;

/// A moment within a span. Chance without a seed: the moment is printed, and no run repeats another anyway.
fn some_moment(within: Duration) -> Duration {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock").subsec_nanos();
    within * (now / 1000 % 1000) / 1000
}

/// The tasks that Mesos has, by whether they have ended, and the frameworks' ids.
fn mesos(stack: &TestStack) -> Result<(BTreeSet<String>, BTreeSet<String>), String> {
    let state = stack.mesos_state()?;
    let list = |of: &Value, key: &str| of[key].as_array().cloned().unwrap_or_default();
    let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
    let frameworks = list(&state, "frameworks");
    let running = frameworks.iter().flat_map(|framework| list(framework, "tasks"));
    let ended = list(&state, "completed_frameworks");
    let ids = frameworks.iter().chain(&ended).map(id).collect();
    Ok((running.map(|task| id(&task)).collect(), ids))
}

fn kill_in_a_moment(stack: &mut TestStack, what: &str) {
    let moment = some_moment(EARLY);
    eprintln!("the scheduler is killed {moment:?} after {what}");
    std::thread::sleep(moment);
    stack.kill_and_restart(Role::Scheduler);
}

#[test]
fn scheduler_killed_at_any_moment_makes_and_deletes_one_cluster() {
    let mut stack = TestStack::up(3);
    let framework = mesos(&stack).unwrap().1;
    assert_eq!(framework.len(), 1, "{framework:?}");
    for round in 0..ROUNDS {
        let name = format!("shop{round}");
        let form = [("cluster_user", "app"), ("num_nodes", "2"), ("cluster_password", "of-my-own-42")];
        let created = stack.api().create(&name, &form);
        let cluster = Cluster { name, created };
        kill_in_a_moment(&mut stack, "the creation");
        cluster.wait_for_service(&stack, 2);
        one_task_a_member(&stack, &cluster);
        cluster.write_and_read(&stack, "alive");

        let path = format!("/clusters/{}", cluster.name);
        let deleted = stack.api().send("DELETE", &path, &[("password", "of-my-own-42")]).unwrap();
        assert_eq!(deleted.status, 200, "{deleted:?}");
        kill_in_a_moment(&mut stack, "the deletion");
        nothing_is_left(&stack, &path);
    }
    assert_eq!(mesos(&stack).unwrap().1, framework, "it is the same framework, and there was no other");
    stack.down();
}

/// What Mesos runs is what the interface shows, each with one executor and one mysqld.
fn one_task_a_member(stack: &TestStack, cluster: &Cluster) {
    let shown: BTreeSet<String> = cluster.tasks(stack).into_values().collect();
    assert_eq!(shown.len(), 2);
    // What a lost call may have left is given back within a minute.
    wait_until("Mesos runs these tasks and no other, each on one volume", Duration::from_secs(120), || {
        let (running, _) = mesos(stack)?;
        let counts = (executors(stack).len(), mysqlds(stack).len(), volumes(stack)?.len());
        if running == shown && counts == (2, 2, 2) { Ok(()) } else { Err(format!("{running:?} {counts:?}")) }
    });
}

fn nothing_is_left(stack: &TestStack, path: &str) {
    let znodes = stack.znodes_as_ours();
    wait_until("the interface has forgotten the cluster, and nothing of it runs", GONE, || {
        let status = stack.api().send("GET", path, &[])?.status;
        let (running, _) = mesos(stack)?;
        let left = (running, executors(stack).len(), mysqlds(stack).len());
        let held = reserved(stack)?;
        let nodes: Vec<_> = ["clusters", "discover", "state/clusters"]
            .iter()
            .flat_map(|parent| znodes.children(&format!("/mysos/{parent}")).unwrap_or_default())
            .collect();
        let gone = status == 404 && left == (BTreeSet::new(), 0, 0) && nodes.is_empty() && held.is_empty();
        if gone { Ok(()) } else { Err(format!("{status} {left:?} {nodes:?} {held:?}")) }
    });
}
