//! The primary dies under load, and nothing that was acknowledged is lost.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mysos_tests::{Flavor, Load, Primary, TestStack, on_both_flavors, wait_until};
use serde_json::Value;

use crate::{
    cluster::{Cluster, REPAIRED, executors},
    repair::{ackers, freeze, kill, server_at},
};

/// A primary's death is over within this, on a busy machine. What it takes is measured, not asserted.
const WRITES_AGAIN: Duration = Duration::from_secs(30);
/// How many primaries are killed in a row, unless [`KILLS`] says otherwise: more would take longer than the gate has.
const FEW_KILLS: usize = 3;
/// A variable with another number, for the hand.
const KILLS: &str = "MYSOS_TEST_KILLS";

/// Follows the published primary while `run` goes on, as a client of the ServerSet would.
fn following<T>(stack: &TestStack, cluster: &Cluster, run: impl FnOnce(&Primary) -> T) -> T {
    let primary: Primary = Arc::new(Mutex::new(None));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let znodes = stack.znodes();
            let group = format!("/mysos/discover/{}/master", cluster.name);
            while !over.load(Ordering::SeqCst) {
                *primary.lock().unwrap() = znodes.members(&group).into_values().next();
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let result = run(&primary);
        over.store(true, Ordering::SeqCst);
        result
    })
}

fn prepare(stack: &TestStack, cluster: &Cluster) {
    let primary = cluster.places(stack).expect("a primary").primary;
    for statement in ["CREATE DATABASE shop", "CREATE TABLE shop.writes (id BIGINT UNSIGNED PRIMARY KEY)"] {
        cluster.sql(stack, &primary, statement).expect(statement);
    }
}

/// All members serve, and both replicas may acknowledge.
fn wait_until_whole(stack: &TestStack, cluster: &Cluster) {
    cluster.wait_for_service(stack, 3);
    wait_until("both replicas acknowledge", REPAIRED, || {
        let object = cluster.object(stack)?;
        if ackers(&object) == 2 && object["state"] == "healthy" { Ok(()) } else { Err(format!("{object:#}")) }
    });
}

fn wait_for_writes(load: &Load, begin: Instant) {
    let before = load.acknowledged();
    wait_until("writes go on", WRITES_AGAIN, || {
        let now = load.acknowledged();
        if now > before + 20 { Ok(()) } else { Err(format!("{} since the kill", now - before)) }
    });
    eprintln!("longest time without an acknowledged write: {:?}", load.longest_gap(begin));
}

/// Every acknowledged number is on every member.
fn nothing_is_lost(stack: &TestStack, cluster: &Cluster, acknowledged: &BTreeSet<u64>) {
    let places = cluster.places(stack).expect("a primary");
    for member in std::iter::once(&places.primary).chain(&places.replicas) {
        wait_until(&format!("{member:?} holds every acknowledged write"), REPAIRED, || {
            let rows = cluster.sql(stack, member, "SELECT CAST(id AS CHAR) FROM shop.writes")?;
            let held: BTreeSet<u64> = rows.iter().filter_map(|row| row.parse().ok()).collect();
            let lost: Vec<&u64> = acknowledged.difference(&held).take(5).collect();
            if lost.is_empty() {
                Ok(())
            } else {
                Err(format!("{lost:?} of {} are missing", acknowledged.len()))
            }
        });
    }
}

on_both_flavors!(
    killed_primaries_are_replaced_and_no_acknowledged_write_is_lost,
    a_primary_whose_executor_dies_is_replaced_and_its_slot_filled_again,
    a_primary_whose_mysqld_hangs_is_replaced_and_comes_back,
    replicas_killed_under_load_are_let_in_again,
);

fn killed_primaries_are_replaced_and_no_acknowledged_write_is_lost(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    prepare(&stack, &cluster);
    let acknowledged = following(&stack, &cluster, |primary| {
        let load = stack.load(4, primary.clone(), &cluster.created.password);
        wait_until_whole(&stack, &cluster);
        for _ in 0..kills() {
            let before = cluster.object(&stack).unwrap();
            let (host, port) = cluster.places(&stack).unwrap().primary;
            let begin = Instant::now();
            kill(server_at(&stack, port, &host));
            wait_for_writes(&load, begin);
            wait_until_whole(&stack, &cluster);
            let after = cluster.object(&stack).unwrap();
            assert!(after["epoch"].as_u64() > before["epoch"].as_u64(), "another was elected");
            eprintln!("whole after {:?}; the old primary {}", begin.elapsed(), came_back(&before, &after));
        }
        stack.end_load(load)
    });
    wait_until_whole(&stack, &cluster);
    nothing_is_lost(&stack, &cluster, &acknowledged);
    all_hold_the_same(&stack, &cluster);
    stack.down();
}

fn kills() -> usize {
    std::env::var(KILLS).ok().and_then(|count| count.parse().ok()).unwrap_or(FEW_KILLS)
}

/// How the primary of an earlier object came back, seen in a later one.
fn came_back(before: &Value, after: &Value) -> &'static str {
    let of = |object: &Value, role: &str| {
        object["instances"].as_array().unwrap().iter().find(|it| it["role"] == role).cloned().unwrap()
    };
    let old = of(before, "primary");
    let same = |it: &&Value| it["data_id"] == old["data_id"];
    match after["instances"].as_array().unwrap().iter().find(same) {
        Some(now) if now["role"] == "primary" => "is primary again",
        Some(_) => "followed with its data",
        None => "was built anew",
    }
}

/// All members hold the same rows, also of those that nobody was told of.
fn all_hold_the_same(stack: &TestStack, cluster: &Cluster) {
    let places = cluster.places(stack).expect("a primary");
    let ask = "SELECT CONCAT(COUNT(*), ' rows with the sum ', SUM(id)) FROM shop.writes";
    let wanted = cluster.sql(stack, &places.primary, ask).expect("the primary answers");
    for replica in &places.replicas {
        wait_until(&format!("{replica:?} holds what the primary holds"), REPAIRED, || {
            let held = cluster.sql(stack, replica, ask)?;
            if held == wanted { Ok(()) } else { Err(format!("{held:?} instead of {wanted:?}")) }
        });
    }
    eprintln!("every member holds {}", wanted.join(" "));
}

fn a_primary_whose_executor_dies_is_replaced_and_its_slot_filled_again(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    prepare(&stack, &cluster);
    let acknowledged = following(&stack, &cluster, |primary| {
        let load = stack.load(4, primary.clone(), &cluster.created.password);
        wait_until_whole(&stack, &cluster);
        let object = cluster.object(&stack).unwrap();
        let instances = object["instances"].as_array().unwrap();
        let lost = instances.iter().find(|it| it["role"] == "primary").unwrap()["task_id"].as_str().unwrap();
        let executor = executors(&stack)
            .into_iter()
            .find(|process| {
                let environ = std::fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
                String::from_utf8_lossy(&environ).contains(lost)
            })
            .expect("its executor");
        let begin = Instant::now();
        kill(executor.pid);
        wait_for_writes(&load, begin);
        stack.end_load(load)
    });
    wait_until_whole(&stack, &cluster);
    nothing_is_lost(&stack, &cluster, &acknowledged);
    stack.down();
}

fn a_primary_whose_mysqld_hangs_is_replaced_and_comes_back(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    prepare(&stack, &cluster);
    let tasks = cluster.tasks(&stack);
    let acknowledged = following(&stack, &cluster, |primary| {
        let load = stack.load(4, primary.clone(), &cluster.created.password);
        wait_until_whole(&stack, &cluster);
        let epoch = cluster.object(&stack).unwrap()["epoch"].as_u64();
        let (host, port) = cluster.places(&stack).unwrap().primary;
        let begin = Instant::now();
        freeze(server_at(&stack, port, &host));
        wait_for_writes(&load, begin);
        assert!(cluster.object(&stack).unwrap()["epoch"].as_u64() > epoch, "another was elected");
        stack.end_load(load)
    });
    wait_until_whole(&stack, &cluster);
    assert_eq!(cluster.tasks(&stack), tasks, "it was started again where it was");
    nothing_is_lost(&stack, &cluster, &acknowledged);
    stack.down();
}

fn replicas_killed_under_load_are_let_in_again(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    prepare(&stack, &cluster);
    let acknowledged = following(&stack, &cluster, |primary| {
        let load = stack.load(4, primary.clone(), &cluster.created.password);
        for _ in 0..2 {
            wait_until_whole(&stack, &cluster);
            let places = cluster.places(&stack).unwrap();
            let begin = Instant::now();
            let servers: Vec<i32> =
                places.replicas.iter().map(|(host, port)| server_at(&stack, *port, host)).collect();
            servers.into_iter().for_each(kill);
            wait_for_writes(&load, begin);
        }
        stack.end_load(load)
    });
    wait_until_whole(&stack, &cluster);
    nothing_is_lost(&stack, &cluster, &acknowledged);
    stack.down();
}
