//! What comes back by itself: a mysqld that is killed, a replica whose task is lost.

use std::time::Duration;

use mysos_tests::{Flavor, TestStack, on_both_flavors, wait_until};
use serde_json::Value;

use crate::cluster::{Cluster, REPAIRED, executors, mysqlds};

/// The data identities that may acknowledge, as the interface shows them.
pub(crate) fn ackers(object: &Value) -> usize {
    object["quorum"]["ackers"].as_array().map_or(0, Vec::len)
}

pub(crate) fn kill(pid: i32) {
    let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill -9 {pid}");
}

/// Stops a process without ending it: nothing of it answers any more.
pub(crate) fn freeze(pid: i32) {
    let status = std::process::Command::new("kill").args(["-STOP", &pid.to_string()]).status();
    assert!(status.is_ok_and(|status| status.success()), "kill -STOP {pid}");
}

/// The process of the member at this endpoint: its option file or command line names the port.
pub(crate) fn server_at(stack: &TestStack, port: u16, host: &str) -> i32 {
    let needle = format!("port = {port}");
    mysqlds(stack)
        .into_iter()
        .find(|process| {
            let file =
                process.command.split("--defaults-file=").nth(1).and_then(|rest| rest.split(' ').next());
            let text = std::fs::read_to_string(file.unwrap_or_default()).unwrap_or_default();
            text.replace('=', " = ").replace("  ", " ").contains(&needle) && text.contains(host)
        })
        .map(|process| process.pid)
        .expect("the server at that endpoint")
}

on_both_flavors!(
    killed_mysqlds_come_back_without_a_new_task,
    a_lost_replica_is_replaced_and_acknowledges_again,
);

fn killed_mysqlds_come_back_without_a_new_task(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    cluster.write_and_read(&stack, "before");
    let tasks = cluster.tasks(&stack);

    let places = cluster.places(&stack).unwrap();
    let replica = &places.replicas[0];
    kill(server_at(&stack, replica.1, &replica.0));
    wait_until("the replica serves again", REPAIRED, || {
        cluster.sql(&stack, replica, "SELECT name FROM shop.things").map(drop)
    });
    cluster.wait_for_service(&stack, 3);
    cluster.write_and_read(&stack, "after a replica");

    kill(server_at(&stack, places.primary.1, &places.primary.0));
    wait_until("writes go on", REPAIRED, || {
        let primary = cluster.places(&stack).ok_or("no primary")?.primary;
        cluster.sql(&stack, &primary, "REPLACE INTO shop.things VALUES ('again')").map(drop)
    });
    cluster.wait_for_service(&stack, 3);
    cluster.write_and_read(&stack, "after the primary");
    assert_eq!(cluster.tasks(&stack), tasks, "no task was replaced");
    stack.down();
}

fn a_lost_replica_is_replaced_and_acknowledges_again(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    cluster.write_and_read(&stack, "before");
    let before = cluster.tasks(&stack);
    let object = cluster.object(&stack).unwrap();
    let lost = object["instances"]
        .as_array()
        .unwrap()
        .iter()
        .find(|instance| instance["role"] == "replica")
        .expect("a replica");
    let (ordinal, task) = (lost["ordinal"].as_u64().unwrap(), lost["task_id"].as_str().unwrap().to_owned());
    let executor = executors(&stack)
        .into_iter()
        .find(|process| {
            let environ = std::fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
            String::from_utf8_lossy(&environ).contains(&task)
        })
        .expect("its executor");
    kill(executor.pid);
    wait_until("its mysqld died with it", Duration::from_secs(10), || {
        let left = mysqlds(&stack).len();
        if left == 2 { Ok(()) } else { Err(left) }
    });

    wait_until("another task fills the slot", REPAIRED, || {
        let now = cluster.tasks(&stack);
        if now.get(&ordinal).is_some_and(|now| *now != task) { Ok(()) } else { Err(format!("{now:?}")) }
    });
    cluster.wait_for_service(&stack, 3);
    wait_until("the newcomer is in the ack set, the lost one is not", REPAIRED, || {
        let object = cluster.object(&stack)?;
        if ackers(&object) == 2 { Ok(()) } else { Err(format!("{object:#}")) }
    });
    let after = cluster.tasks(&stack);
    assert_eq!(before.len(), after.len());
    assert!(after.iter().filter(|(slot, _)| **slot != ordinal).all(|(slot, task)| before[slot] == *task));
    cluster.write_and_read(&stack, "after");
    stack.down();
}

/// What a server has written to its binary log under an id that no primary takes.
fn strays(stack: &TestStack, cluster: &Cluster, at: &(String, u16)) -> Result<Vec<String>, String> {
    let state = cluster.sql(stack, at, "SELECT @@GLOBAL.gtid_binlog_state")?.concat();
    let of_a_directory = |gtid: &&str| {
        gtid.split('-')
            .nth(1)
            .and_then(|server| server.parse::<u32>().ok())
            .is_some_and(|server| server >= 1 << 20)
    };
    Ok(state.split(',').map(str::trim).filter(of_a_directory).map(str::to_owned).collect())
}

#[test]
fn a_replica_that_writes_to_its_own_binary_log_is_built_anew() {
    let stack = TestStack::of(Flavor::Mariadb, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    cluster.write_and_read(&stack, "before");
    let replica = cluster.places(&stack).unwrap().replicas[0].clone();
    // Read-only or not, taking statistics is logged.
    cluster.sql(&stack, &replica, "ANALYZE TABLE shop.things PERSISTENT FOR ALL").unwrap();
    assert_eq!(strays(&stack, &cluster, &replica).unwrap().len(), 1);

    wait_until("what it wrote by itself is gone", REPAIRED, || {
        let left = strays(&stack, &cluster, &replica)?;
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    });
    cluster.wait_for_service(&stack, 3);
    cluster.write_and_read(&stack, "after");
    for at in [&replica, &cluster.places(&stack).unwrap().primary] {
        let engine = cluster.sql(&stack, at, "CREATE TABLE shop.lost (a INT) ENGINE=MEMORY");
        assert!(engine.is_err(), "tables that lose their rows cannot be made");
    }
    stack.down();
}
