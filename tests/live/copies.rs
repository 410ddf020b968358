//! A member that cannot follow with what it has is built from a copy of another member's data.

use std::{
    fs::File,
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use mysos_model::{
    ClusterName,
    record::{Credentials, decode, path},
};
use mysos_tests::{Flavor, TestStack, on_both_flavors, wait_until};
use mysos_zk::SealKey;
use serde_json::Value;

use crate::{
    cluster::{Cluster, Places, REPAIRED, executors, mysqlds},
    repair::{kill, server_at},
};

/// A copy is built, taken and followed with within this, on a busy machine.
pub(crate) const COPIED: Duration = Duration::from_secs(120);
/// Rows that are written before: enough to tell a copy from an empty server.
const ROWS: u64 = 2_000;

/// The secrets of a cluster, as its members know them.
pub(crate) fn credentials(stack: &TestStack, cluster: &Cluster) -> Credentials {
    let key = std::fs::read(stack.layout().scheduler_key()).expect("the scheduler's key");
    let name: ClusterName = cluster.name.parse().expect("a name");
    let place = path::credentials(&name);
    let sealed = stack.znodes_as_ours().data(&format!("/mysos{place}")).expect("the credentials");
    let plain = SealKey::new(&key).expect("a key").open(&place, &sealed).expect("they open with it");
    decode(&plain).expect("credentials")
}

/// Rows, and more written later by [`more`].
pub(crate) fn fill(stack: &TestStack, cluster: &Cluster) {
    let primary = cluster.places(stack).expect("a primary").primary;
    for statement in [
        "CREATE DATABASE shop",
        "CREATE TABLE shop.things (id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(200))",
    ] {
        cluster.sql(stack, &primary, statement).expect(statement);
    }
    let row = format!("('{}')", "x".repeat(150));
    let rows = vec![row; 500].join(",");
    for _ in 0..ROWS / 500 {
        cluster.sql(stack, &primary, &format!("INSERT INTO shop.things (name) VALUES {rows}")).expect("rows");
    }
}

pub(crate) fn more(stack: &TestStack, cluster: &Cluster, name: &str) {
    let primary = cluster.places(stack).expect("a primary").primary;
    let insert = format!("INSERT INTO shop.things (name) VALUES ('{name}')");
    cluster.sql(stack, &primary, &insert).expect("a row");
}

/// Removes every binary log of the primary but the one it writes now.
pub(crate) fn purge(stack: &TestStack, cluster: &Cluster) {
    let admin = credentials(stack, cluster).admin_password;
    let primary = cluster.places(stack).expect("a primary").primary;
    let sql = |statement: &str| {
        stack.sql((&primary.0, primary.1), "mysos_admin", admin.expose()).column(statement).expect(statement)
    };
    sql("FLUSH BINARY LOGS");
    let newest = sql("SHOW BINARY LOGS").last().cloned().expect("a binary log");
    wait_until("replicas have read the old logs", REPAIRED, || {
        sql(&format!("PURGE BINARY LOGS TO '{newest}'"));
        let left = sql("SHOW BINARY LOGS");
        if left.len() == 1 { Ok(()) } else { Err(left) }
    });
}

/// Every member has the same rows as the primary.
pub(crate) fn rows_are_equal(stack: &TestStack, cluster: &Cluster) {
    let Places { primary, replicas } = cluster.places(stack).expect("a primary");
    let ask = "SELECT CONCAT(COUNT(*), ' ', COALESCE(SUM(CRC32(CONCAT(id, name))), 0)) FROM shop.things";
    let wanted = cluster.sql(stack, &primary, ask).expect("rows of the primary");
    for replica in &replicas {
        wait_until(&format!("{replica:?} has the primary's rows"), REPAIRED, || {
            let rows = cluster.sql(stack, replica, ask)?;
            if rows == wanted { Ok(()) } else { Err(format!("{rows:?} instead of {wanted:?}")) }
        });
    }
}

/// The details of every journal line of a step.
pub(crate) fn journal(stack: &TestStack, cluster: &Cluster, step: &str) -> Vec<String> {
    let znodes = stack.znodes_as_ours();
    let parent = format!("/mysos/clusters/{}/journal", cluster.name);
    let lines = znodes.children(&parent).unwrap_or_default();
    lines
        .iter()
        .filter_map(|name| {
            serde_json::from_slice::<Value>(&znodes.data(&format!("{parent}/{name}")).ok()?).ok()
        })
        .filter(|line| line["step"] == step)
        .map(|line| line["detail"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// One instance of the cluster's object.
fn replica(stack: &TestStack, cluster: &Cluster) -> Value {
    let object = cluster.object(stack).expect("the cluster's object");
    let instances = object["instances"].as_array().expect("instances");
    instances.iter().find(|instance| instance["role"] == "replica").expect("a replica").clone()
}

/// The member's directory: its server's option file lies in it.
fn directory(stack: &TestStack, instance: &Value) -> PathBuf {
    let (host, port) =
        (instance["mysql"]["host"].as_str().unwrap(), instance["mysql"]["port"].as_u64().unwrap());
    let pid = server_at(stack, port as u16, host);
    let server = mysqlds(stack).into_iter().find(|process| process.pid == pid).expect("its server");
    let file = server.command.split("--defaults-file=").nth(1).and_then(|rest| rest.split(' ').next());
    Path::new(file.expect("its option file")).parent().expect("its directory").to_owned()
}

/// The executor of a task.
pub(crate) fn executor_of(stack: &TestStack, task: &str) -> i32 {
    let executor = executors(stack)
        .into_iter()
        .find(|process| {
            let environ = std::fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
            String::from_utf8_lossy(&environ).contains(task)
        })
        .expect("its executor");
    executor.pid
}

/// kill -9 of the executor of a task, which takes its mysqld along.
pub(crate) fn lose(stack: &TestStack, task: &str) {
    kill(executor_of(stack, task));
}

/// The same, and all that the member had on its disk is gone.
pub(crate) fn destroy(stack: &TestStack, instance: &Value) {
    let directory = directory(stack, instance);
    let before = mysqlds(stack).len();
    lose(stack, instance["task_id"].as_str().unwrap());
    wait_until("its mysqld died with it", REPAIRED, || {
        let left = mysqlds(stack).len();
        if left < before { Ok(()) } else { Err(left) }
    });
    // The sandbox may be swept away at the same time.
    let _ = std::fs::remove_dir_all(directory);
}

/// Waits until the slot has another task, and answers it.
pub(crate) fn replaced(stack: &TestStack, cluster: &Cluster, lost: &Value) -> String {
    let (ordinal, task) = (lost["ordinal"].as_u64().unwrap(), lost["task_id"].as_str().unwrap());
    wait_until("another task fills the slot", REPAIRED, || {
        let now = cluster.tasks(stack);
        now.get(&ordinal).filter(|now| *now != task).cloned().ok_or(format!("{now:?}"))
    })
}

pub(crate) fn wait_for_step(stack: &TestStack, cluster: &Cluster, step: &str, times: usize) -> Vec<String> {
    wait_until(&format!("the journal tells {step} {times} times"), COPIED, || {
        let lines = journal(stack, cluster, step);
        if lines.len() >= times {
            Ok(lines)
        } else {
            let object = cluster.object(stack)?;
            Err(format!("{lines:?} {:#} {:#}", object["problems"], object["journal"]))
        }
    })
}

on_both_flavors!(
    member_without_data_is_copied_from_the_other_replica_when_the_logs_are_purged,
    interrupted_copies_leave_nothing_half,
    a_full_disk_ends_a_copy_and_harms_nobody,
    a_donor_that_is_elected_ends_its_copy,
);

fn member_without_data_is_copied_from_the_other_replica_when_the_logs_are_purged(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    fill(&stack, &cluster);
    rows_are_equal(&stack, &cluster);
    purge(&stack, &cluster);
    let lost = replica(&stack, &cluster);
    destroy(&stack, &lost);
    replaced(&stack, &cluster, &lost);
    wait_for_step(&stack, &cluster, "copy_taken", 1);
    cluster.wait_for_service(&stack, 3);
    more(&stack, &cluster, "after the copy");
    rows_are_equal(&stack, &cluster);
    let primary = cluster.object(&stack).unwrap()["primary"]["instance"].clone();
    let donors = journal(&stack, &cluster, "copying");
    assert_eq!(donors.len(), 1, "{donors:?}");
    let instances = cluster.object(&stack).unwrap()["instances"].clone();
    let donor =
        instances.as_array().unwrap().iter().find(|it| donors[0] == format!("from member {}", it["ordinal"]));
    assert_ne!(donor.expect("the donor")["id"], primary, "a replica gives the copy");
    stack.down();
}

/// The text of a problem of the cluster.
pub(crate) fn problem(object: &Value, code: &str) -> Option<String> {
    let problems = object["problems"].as_array()?;
    let found = problems.iter().find(|problem| problem["code"] == code)?;
    Some(found["text"].as_str().unwrap_or_default().to_owned())
}

/// A stack whose copies take a while.
fn slow(flavor: Flavor) -> TestStack {
    TestStack::of_with_flags(flavor, 3, &["executor_cmd=./mysos_executor --copy_rate=2"])
}

/// Loses a replica whose binary logs are purged, and waits until its successor copies. Answers its task and its donor.
fn begin_a_copy(stack: &TestStack, cluster: &Cluster) -> (String, (String, u16)) {
    fill(stack, cluster);
    rows_are_equal(stack, cluster);
    purge(stack, cluster);
    let lost = replica(stack, cluster);
    destroy(stack, &lost);
    let task = replaced(stack, cluster, &lost);
    wait_for_step(stack, cluster, "copying", 1);
    wait_until("the cluster's object tells of the copy", REPAIRED, || {
        let object = cluster.object(stack)?;
        let copying = problem(&object, "MemberCopying").is_some();
        let instances = object["instances"].as_array();
        let shown = instances.is_some_and(|all| all.iter().any(|it| it["copy"]["percent"].is_u64()));
        if copying && shown { Ok(()) } else { Err(format!("{object:#}")) }
    });
    let donor = replica_but(stack, cluster, &task);
    (task, donor)
}

/// Where the replica is that is not this task.
fn replica_but(stack: &TestStack, cluster: &Cluster, task: &str) -> (String, u16) {
    let object = cluster.object(stack).expect("the cluster's object");
    let instances = object["instances"].as_array().expect("instances");
    let donor = instances
        .iter()
        .find(|it| it["role"] == "replica" && it["task_id"] != task && it["mysql"].is_object())
        .expect("the other replica");
    (donor["mysql"]["host"].as_str().unwrap().to_owned(), donor["mysql"]["port"].as_u64().unwrap() as u16)
}

fn interrupted_copies_leave_nothing_half(flavor: Flavor) {
    let stack = slow(flavor);
    let cluster = Cluster::create(&stack, "shop", 3);
    let (task, donor) = begin_a_copy(&stack, &cluster);

    kill(server_at(&stack, donor.1, &donor.0));
    let why = wait_for_step(&stack, &cluster, "copy_failed", 1);
    eprintln!("the donor's mysqld was killed: {why:?}");
    wait_for_step(&stack, &cluster, "copying", 2);

    let object = cluster.object(&stack).unwrap();
    let lost =
        object["instances"].as_array().unwrap().iter().find(|it| it["task_id"] == task.as_str()).unwrap();
    // On its volume lies what had come.
    lose(&stack, &task);
    replaced(&stack, &cluster, lost);
    let donors = wait_for_step(&stack, &cluster, "copying", 3);
    eprintln!("the receiver's executor was killed: {donors:?}");

    wait_for_step(&stack, &cluster, "copy_taken", 1);
    cluster.wait_for_service(&stack, 3);
    more(&stack, &cluster, "after the copies");
    rows_are_equal(&stack, &cluster);
    assert_eq!(journal(&stack, &cluster, "copy_taken").len(), 1, "only the whole one was taken");
    stack.down();
}

fn a_donor_that_is_elected_ends_its_copy(flavor: Flavor) {
    let stack = slow(flavor);
    let cluster = Cluster::create(&stack, "shop", 3);
    let (_task, donor) = begin_a_copy(&stack, &cluster);
    let old = cluster.places(&stack).unwrap().primary;
    let begin = Instant::now();
    kill(server_at(&stack, old.1, &old.0));
    wait_until("the donor is the primary, and writes go on", REPAIRED, || {
        let primary = cluster.places(&stack).ok_or("no primary")?.primary;
        if primary != donor {
            return Err(format!("{primary:?} is the primary"));
        }
        cluster.sql(&stack, &primary, "INSERT INTO shop.things (name) VALUES ('elected')").map(drop)
    });
    eprintln!("the donor was elected and took a write after {:?}", begin.elapsed());
    let why = wait_for_step(&stack, &cluster, "copy_failed", 1);
    eprintln!("the copy: {why:?}");
    cluster.wait_for_service(&stack, 3);
    more(&stack, &cluster, "after the election");
    rows_are_equal(&stack, &cluster);
    stack.down();
}

/// The size of the disk, and what is left of it once an empty member is made there.
const SMALL_DISK_MIB: u32 = 900;
const LEFT_MIB: u64 = 24;

/// How much a directory takes, in bytes.
fn size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).map(|all| all.filter_map(Result::ok).collect::<Vec<_>>());
    let sizes = entries.unwrap_or_default().into_iter().map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        Ok(found) => found.blocks() * 512,
        Err(_) => 0,
    });
    sizes.sum()
}

/// A replica on the agent with the small disk: who is the primary there is replaced first.
fn replica_on(stack: &TestStack, cluster: &Cluster, host: &str) -> Value {
    let here = |object: &Value| {
        let instances = object["instances"].as_array().expect("instances");
        instances.iter().find(|instance| instance["host"] == host).expect("a member there").clone()
    };
    let found = here(&cluster.object(stack).expect("the cluster's object"));
    if found["role"] == "primary" {
        let at = &found["mysql"];
        kill(server_at(stack, at["port"].as_u64().unwrap() as u16, at["host"].as_str().unwrap()));
    }
    wait_until("the member on the small disk is a replica", REPAIRED, || {
        let found = here(&cluster.object(stack)?);
        if found["role"] == "replica" && found["published"] == "slaves" { Ok(found) } else { Err(found) }
    })
}

fn a_full_disk_ends_a_copy_and_harms_nobody(flavor: Flavor) {
    let stack = TestStack::with_small_disk(flavor, SMALL_DISK_MIB);
    let cluster = Cluster::create(&stack, "shop", 3);
    let host = stack.net().agent(1).to_string();
    replica_on(&stack, &cluster, &host);
    cluster.wait_for_service(&stack, 3);
    fill(&stack, &cluster);
    rows_are_equal(&stack, &cluster);
    purge(&stack, &cluster);
    let lost = replica_on(&stack, &cluster, &host);
    let disk = stack.dir().join("mesos/agent-1");
    let needs = size(&directory(&stack, &lost));
    destroy(&stack, &lost);
    let room = nix::sys::statvfs::statvfs(&disk).expect("the disk's room");
    let free = room.blocks_available() * room.fragment_size();
    let ballast = disk.join("ballast");
    let zeros = vec![0; 1 << 20];
    let mut file = File::create(&ballast).expect("a file");
    for _ in 0..free.saturating_sub(needs + (LEFT_MIB << 20)) >> 20 {
        file.write_all(&zeros).expect("room for it");
    }
    // Its room is free only when nobody has it open.
    drop(file);
    replaced(&stack, &cluster, &lost);

    let text = wait_until("the cluster's object tells of the full disk", COPIED, || {
        let object = cluster.object(&stack)?;
        let text = problem(&object, "CopyFailed").filter(|text| text.contains("the disk is full"));
        text.ok_or(format!("{:#} {:#}", object["problems"], object["journal"]))
    });
    eprintln!("{text}");
    let now = cluster.object(&stack).unwrap()["instances"].as_array().unwrap().clone();
    let member = now.iter().find(|it| it["ordinal"] == lost["ordinal"]).unwrap();
    assert!(!directory(&stack, member).join("copy").exists(), "nothing is left of the attempt");
    more(&stack, &cluster, "with a full disk elsewhere");

    std::fs::remove_file(&ballast).expect("the ballast");
    wait_for_step(&stack, &cluster, "copy_taken", 1);
    cluster.wait_for_service(&stack, 3);
    rows_are_equal(&stack, &cluster);
    stack.down();
}
