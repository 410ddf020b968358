//! A fencing record that somebody edited by hand: it is named, nothing is lost, and once it is restored all goes on.
//! On one flavor: no database server reads it.

use std::time::Duration;

use mysos_tests::{TestStack, wait_until};
use serde_json::Value;

use crate::{
    cluster::{Cluster, REPAIRED, mysqlds},
    repair::{kill, server_at},
};

/// What is wrong with a record is told within this.
const TOLD: Duration = Duration::from_secs(20);
/// Where the fencing record is.
const RECORD: &str = "/mysos/clusters/shop/epoch";

/// Whether the cluster's problems name its record in these words.
fn names_it(stack: &TestStack, cluster: &Cluster, words: &[&str]) {
    wait_until(&format!("the record's problem is told with {words:?}"), TOLD, || {
        let object = cluster.object(stack)?;
        let problems = object["problems"].as_array().cloned().unwrap_or_default();
        let tells = |problem: &Value| {
            let text = problem["text"].as_str().unwrap_or_default();
            problem["code"] == "RecordUnreadable" && words.iter().all(|words| text.contains(words))
        };
        if problems.iter().any(tells) { Ok(()) } else { Err(format!("{object:#}")) }
    });
}

/// A write that is acknowledged, on the primary that clients find.
fn writes(stack: &TestStack, cluster: &Cluster, row: &str) {
    cluster.write_and_read(stack, row);
}

/// The record as it is now, changed.
fn edited(stack: &TestStack, edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let now = stack.znodes_as_ours().data(RECORD).expect("a record");
    let mut record = serde_json::from_slice(&now).expect("JSON");
    edit(&mut record);
    record.to_string().into_bytes()
}

/// Another primary can be elected, from the record as it is now.
fn fails_over(stack: &TestStack, cluster: &Cluster) {
    let before = cluster.object(stack).unwrap()["epoch"].as_u64();
    let primary = cluster.places(stack).unwrap().primary;
    kill(server_at(stack, primary.1, &primary.0));
    wait_until("another primary is elected", REPAIRED, || {
        let object = cluster.object(stack)?;
        let now = cluster.places(stack).ok_or("no primary")?.primary;
        if object["epoch"].as_u64() > before && now != primary { Ok(()) } else { Err(format!("{object:#}")) }
    });
    cluster.wait_for_service(stack, 3);
}

#[test]
fn an_epoch_record_edited_by_hand_is_named_and_costs_nothing() {
    let stack = TestStack::up(3);
    let cluster = Cluster::create(&stack, "shop", 3);
    writes(&stack, &cluster, "before");
    nonsense(&stack, &cluster);
    from_the_future_and_back(&stack, &cluster);
    let rows = cluster.places(&stack).expect("a primary").primary;
    let held = cluster.sql(&stack, &rows, "SELECT CAST(COUNT(*) AS CHAR) FROM shop.things").unwrap();
    assert_eq!(held, ["9"], "every write is there");
    stack.down();
}

/// What cannot be read changes nothing, until it can be read again.
fn nonsense(stack: &TestStack, cluster: &Cluster) {
    let ours = stack.znodes_as_ours();
    let good = ours.data(RECORD).expect("a record");
    let (servers, places) = (mysqlds(stack), cluster.places(stack));
    let newer = edited(stack, |record| record["schema"] = 99.into());
    let beyond = edited(stack, |record| record["epoch"] = u64::MAX.into());
    let cases: [(&str, &[u8], &[&str]); 4] = [
        ("empty", b"", &["epoch record"]),
        ("no record", b"{\"epoch\": \"one\"}", &["epoch record"]),
        ("of a later version", &newer, &["schema 99", "upgrade"]),
        ("beyond all epochs", &beyond, &["18446744073709551615", "restore"]),
    ];
    for (name, bytes, words) in cases {
        ours.write(RECORD, bytes);
        names_it(stack, cluster, words);
        writes(stack, cluster, name);
    }
    assert_eq!(ours.data(RECORD).expect("a record"), beyond, "nobody wrote over it");
    assert_eq!((mysqlds(stack), cluster.places(stack)), (servers, places), "nothing was restarted or moved");
    ours.write(RECORD, &good);
    cluster.wait_for_service(stack, 3);
    writes(stack, cluster, "restored");
    fails_over(stack, cluster);
    writes(stack, cluster, "failed over");
}

/// A later epoch is obeyed, whoever wrote it; an earlier one never again.
fn from_the_future_and_back(stack: &TestStack, cluster: &Cluster) {
    let ours = stack.znodes_as_ours();
    let old = ours.data(RECORD).expect("a record");
    let future = edited(stack, |record| record["epoch"] = 1000.into());
    ours.write(RECORD, &future);
    wait_until("all members obey it", REPAIRED, || {
        let object = cluster.object(stack)?;
        let all = object["instances"].as_array().cloned().unwrap_or_default();
        let obey = all.len() == 3 && all.iter().all(|it| it["epoch_obeyed"] == 1000);
        if obey && object["state"] == "healthy" { Ok(()) } else { Err(format!("{object:#}")) }
    });
    cluster.wait_for_service(stack, 3);
    writes(stack, cluster, "in epoch 1000");
    let latest = ours.data(RECORD).expect("a record");

    ours.write(RECORD, &old);
    names_it(stack, cluster, &["epoch 1000 was obeyed", "set back"]);
    writes(stack, cluster, "while it is set back");
    assert_eq!(ours.data(RECORD).expect("a record"), old, "nobody acted on it");

    ours.write(RECORD, &latest);
    cluster.wait_for_service(stack, 3);
    fails_over(stack, cluster);
}
