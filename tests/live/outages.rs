//! What the databases do not notice: ZooKeeper away for longer than a session, the Mesos master away.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use mysos_local::Role;
use mysos_tests::{Api, Flavor, Process, TestStack, Znodes, on_both_flavors, wait_until};

use crate::cluster::{Cluster, REPAIRED, mysqlds};

/// Longer than two sessions of the members, which are of 4 s here.
const AWAY: Duration = Duration::from_secs(9);
/// Between two writes while something is away.
const PAUSE: Duration = Duration::from_millis(100);
/// What is away is noticed within this.
const NOTICED: Duration = Duration::from_secs(20);

/// What must be the same afterwards.
#[derive(Debug, PartialEq)]
struct Standing {
    primary: BTreeMap<String, (String, u16)>,
    replicas: BTreeMap<String, (String, u16)>,
    servers: Vec<Process>,
    tasks: BTreeMap<u64, String>,
}

fn standing(stack: &TestStack, cluster: &Cluster) -> Standing {
    let (primary, replicas) = published(&stack.znodes(), &cluster.name);
    Standing { primary, replicas, servers: mysqlds(stack), tasks: cluster.tasks(stack) }
}

type Members = BTreeMap<String, (String, u16)>;

fn published(znodes: &Znodes<'_>, name: &str) -> (Members, Members) {
    let group = |group| znodes.members(&format!("/mysos/discover/{name}/{group}"));
    (group("master"), group("slaves"))
}

on_both_flavors!(databases_go_on_without_zookeeper_and_without_a_master);

fn databases_go_on_without_zookeeper_and_without_a_master(flavor: Flavor) {
    let mut stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    cluster.write_and_read(&stack, "before");
    let before = standing(&stack, &cluster);

    zookeeper_away(&mut stack, &cluster);
    cluster.wait_for_service(&stack, 3);
    wait_until("the same members are published under the same numbers", REPAIRED, || {
        let now = standing(&stack, &cluster);
        if now == before { Ok(()) } else { Err(format!("{now:#?} instead of {before:#?}")) }
    });
    cluster.write_and_read(&stack, "after ZooKeeper");

    master_away(&mut stack, &cluster);
    let mut now = standing(&stack, &cluster);
    now.servers.retain(|server| before.servers.contains(server));
    assert_eq!(now, before, "the master's death restarts and moves nothing");
    let after = Cluster::create(&stack, "after", 2);
    after.write_and_read(&stack, "a cluster made afterwards");
    cluster.write_and_read(&stack, "after the master");
    stack.down();
}

fn zookeeper_away(stack: &mut TestStack, cluster: &Cluster) {
    let primary = cluster.places(stack).expect("a primary").primary;
    let servers = mysqlds(stack);
    stack.stack().kill(Role::Zookeeper).unwrap();
    let (since, mut rows) = (Instant::now(), 0);
    while since.elapsed() < AWAY {
        let insert = format!("INSERT INTO shop.things VALUES ('without ZooKeeper {rows}')");
        cluster.sql(stack, &primary, &insert).unwrap_or_else(|error| {
            panic!("after {:?} without ZooKeeper a write fails: {error}", since.elapsed())
        });
        rows += 1;
        std::thread::sleep(PAUSE);
    }
    assert!(rows > 20, "writes go on at their pace: {rows} in {AWAY:?}");
    answers_from_memory(&stack.api());
    stack.stack().start(Role::Zookeeper).unwrap();
    wait_until("the scheduler leads again", NOTICED, || {
        let ready = stack.api().send("GET", "/ready", &[])?;
        if ready.status == 200 { Ok(()) } else { Err(format!("{ready:?}")) }
    });
    let count = cluster.sql(stack, &primary, "SELECT COUNT(*) FROM shop.things WHERE name LIKE 'without%'");
    assert_eq!(count.unwrap(), [rows.to_string()]);
    assert_eq!(mysqlds(stack), servers, "no server is stopped because ZooKeeper is away");
}

/// Reads are answered and marked, writes are refused with a reason.
fn answers_from_memory(api: &Api<'_>) {
    let read = wait_until("a read is marked as stale", NOTICED, || {
        let answer = api.send("GET", "/clusters/shop", &[])?;
        if answer.headers.contains_key("x-mysos-stale") { Ok(answer) } else { Err(format!("{answer:?}")) }
    });
    assert_eq!((read.status, read.headers["x-mysos-stale"].as_str()), (200, "true"), "{read:?}");
    assert!(read.headers["age"].parse::<u64>().is_ok(), "{read:?}");
    assert_eq!(read.json()["name"], "shop");
    let write = api.send("POST", "/clusters/other", &[("cluster_user", "app")]).unwrap();
    assert_eq!(write.status, 503, "{write:?}");
    assert!(write.headers.contains_key("retry-after"), "{write:?}");
    assert!(write.body.contains("ZooKeeper"), "the answer says what is away: {write:?}");
    assert_eq!(api.send("GET", "/health", &[]).unwrap().status, 200, "this process works");
    assert_eq!(api.send("GET", "/ready", &[]).unwrap().status, 503, "requests should go elsewhere");
}

fn master_away(stack: &mut TestStack, cluster: &Cluster) {
    let primary = cluster.places(stack).expect("a primary").primary;
    stack.stack().kill(Role::Master(1)).unwrap();
    let api = stack.api();
    wait_until("the scheduler notices that Mesos is away", NOTICED, || {
        let vars = api.get("/vars.json")?;
        if vars["scheduler.framework_registered"] == 0 { Ok(()) } else { Err(vars.to_string()) }
    });
    cluster.sql(stack, &primary, "INSERT INTO shop.things VALUES ('without a master')").unwrap();
    let form = [("cluster_user", "app"), ("num_nodes", "1")];
    let later = Cluster { name: "later".to_owned(), created: api.create("later", &form) };
    wait_until("its instance says that it waits for Mesos", NOTICED, || {
        let why = later.object(stack)?["instances"][0]["why"].clone();
        if why["code"] == "WaitingForMesos" { Ok(()) } else { Err(why.to_string()) }
    });
    stack.stack().start(Role::Master(1)).unwrap();
    later.wait_for_service(stack, 1);
    cluster.wait_for_service(stack, 3);
}
