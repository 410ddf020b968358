//! A primary whose commits wait for an acknowledgement gives no copy: the copy would hang as long as they wait, and
//! every later commit behind it.

use std::time::{Duration, Instant};

use mysos_tests::{Flavor, TestStack, named_by, on_both_flavors, wait_until};
use serde_json::Value;

use crate::{
    cluster::{Cluster, REPAIRED, mysqlds},
    control,
    copies::{
        COPIED, destroy, executor_of, fill, journal, problem, purge, replaced, rows_are_equal, wait_for_step,
    },
    history::go_on,
    repair::freeze,
    traps::{wait_until_whole, waiting},
};

/// A question to the control port is answered from memory: within this, on a busy machine.
const PROMPT: Duration = Duration::from_secs(5);
/// Why the primary gives none.
const WHY: &str = "a primary whose commits wait for acknowledgements";

on_both_flavors!(a_primary_that_waits_for_acks_gives_no_copy_and_hangs_nobody);

fn a_primary_that_waits_for_acks_gives_no_copy_and_hangs_nobody(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let cluster = Cluster::create(&stack, "shop", 3);
    fill(&stack, &cluster);
    rows_are_equal(&stack, &cluster);
    wait_until_whole(&stack, &cluster);
    purge(&stack, &cluster);
    let primary = cluster.places(&stack).expect("a primary").primary;
    let (kept, lost) = replicas(&stack, &cluster);

    let asleep = put_to_sleep(&stack, &kept);
    destroy(&stack, &lost);
    std::thread::scope(|scope| {
        let insert = "INSERT INTO shop.things (name) VALUES ('waits')";
        let write = scope.spawn(|| cluster.sql(&stack, &primary, insert));
        let successor = replaced(&stack, &cluster, &lost);
        wait_until("the write waits for an acknowledgement", REPAIRED, || {
            let waiting = waiting(&stack, &cluster, &primary)?;
            if waiting > 0 { Ok(()) } else { Err(waiting.to_string()) }
        });
        it_is_told(&stack, &cluster);
        nobody_hangs(&stack, &cluster, &successor);
        let answer = write.join().expect("a writer");
        assert!(answer.is_err(), "nobody was told that it is written: {answer:?}");
    });

    go_on(asleep);
    let begin = Instant::now();
    wait_until("writes go on", REPAIRED, || {
        let primary = cluster.places(&stack).ok_or("no primary")?.primary;
        cluster.sql(&stack, &primary, "INSERT INTO shop.things (name) VALUES ('goes on')").map(drop)
    });
    eprintln!("writes go on {:?} after the replica with data came back", begin.elapsed());
    wait_for_step(&stack, &cluster, "copy_taken", 1);
    wait_until_whole(&stack, &cluster);
    let donors = journal(&stack, &cluster, "copying");
    assert_eq!(donors.last(), Some(&format!("from member {}", kept["ordinal"])), "{donors:?}");
    rows_are_equal(&stack, &cluster);
    let count = "SELECT CAST(COUNT(*) AS CHAR) FROM shop.things WHERE name = 'waits'";
    let primary = cluster.places(&stack).expect("a primary").primary;
    assert_eq!(cluster.sql(&stack, &primary, count).unwrap(), ["1"], "what waited is written");
    stack.down();
}

/// Both replicas: the one that keeps its data, and the other.
fn replicas(stack: &TestStack, cluster: &Cluster) -> (Value, Value) {
    let object = cluster.object(stack).expect("the cluster's object");
    let instances = object["instances"].as_array().expect("instances");
    let replicas: Vec<&Value> = instances.iter().filter(|it| it["role"] == "replica").collect();
    let [kept, lost] = replicas[..] else { panic!("two replicas: {object:#}") };
    (kept.clone(), lost.clone())
}

/// Freezes an executor: its keeper ends its mysqld, its record goes, its data stays where it is. Answers its process.
fn put_to_sleep(stack: &TestStack, kept: &Value) -> i32 {
    let task = kept["task_id"].as_str().unwrap();
    let asleep = executor_of(stack, task);
    freeze(asleep);
    wait_until("its mysqld and its record are gone", REPAIRED, || {
        let servers = mysqlds(stack).len();
        let records = stack.znodes_as_ours().children("/mysos/clusters/shop/members").unwrap_or_default();
        let gone = servers == 2 && !records.iter().any(|name| name == task);
        if gone { Ok(()) } else { Err(format!("{servers} {records:?}")) }
    });
    asleep
}

/// The problems say that writes wait, and why nobody is copied.
fn it_is_told(stack: &TestStack, cluster: &Cluster) {
    wait_for_step(stack, cluster, "copy_failed", 2);
    let (acks, copy) = wait_until("the problems name both", COPIED, || {
        let object = cluster.object(stack)?;
        let acks = problem(&object, "AckQuorumLost");
        let copy = problem(&object, "CopyFailed").filter(|text| text.contains(WHY));
        acks.zip(copy).ok_or(format!("{:#} {:#}", object["problems"], object["journal"]))
    });
    eprintln!("{acks}\n{copy}");
}

/// The primary refuses in words, and both members answer at once.
fn nobody_hangs(stack: &TestStack, cluster: &Cluster, successor: &str) {
    let object = cluster.object(stack).expect("the cluster's object");
    let instances = object["instances"].as_array().expect("instances");
    let primary = instances.iter().find(|it| it["id"] == object["primary"]["instance"]).expect("the primary");
    let lacking = instances.iter().find(|it| it["task_id"] == successor).expect("the successor");
    let prompt = |what: &str, begin: Instant| {
        assert!(begin.elapsed() < PROMPT, "{what} took {:?}", begin.elapsed());
    };

    let begin = Instant::now();
    let wish = control::wish(stack, cluster, successor);
    let refused = control::ask_for_copy(stack, cluster, primary, &wish);
    prompt("the refusal", begin);
    assert!(refused.status == 409 && refused.body.contains(WHY), "{refused:?}");
    for (member, path, status) in [
        (primary, "/health", 200),
        (primary, "/primary", 503),
        (primary, "/metrics", 200),
        (lacking, "/health", 200),
    ] {
        let begin = Instant::now();
        let answer = stack.get(&format!("{}{path}", control::url(member))).expect("an answer");
        prompt(path, begin);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
    }
    let programs = named_by(stack.dir());
    let copying = programs.iter().filter(|it| it.program() == "mariadb-backup").count();
    assert_eq!(copying, 0, "no copy of the primary is under way: {programs:?}");
    let failed = journal(stack, cluster, "copy_failed");
    assert!(failed.last().is_some_and(|why| why.contains(WHY)), "it was refused: {failed:?}");
    assert!(journal(stack, cluster, "copy_taken").is_empty());
}
