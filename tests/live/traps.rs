//! What the database servers themselves get wrong when a primary is lost, and the cluster must get right.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    time::{Duration, Instant},
};

use mysos_tests::{Flavor, TestStack, on_both_flavors, wait_until};
use serde_json::Value;

use crate::{
    cluster::{Cluster, Places, REPAIRED, mysqlds},
    copies::{credentials, journal, lose},
    repair::{ackers, kill, server_at},
};

/// A server takes a minute to let go of half a transaction by itself; within this all must be over.
const LET_GO: Duration = Duration::from_secs(30);
/// So much of a large transaction is received before its source dies.
const HALF_BYTES: u64 = 4 << 20;

/// A cluster with the table `shop.things`, both replicas in the ack set.
fn whole(stack: &TestStack) -> (Cluster, Places) {
    let cluster = Cluster::create(stack, "shop", 3);
    cluster.write_and_read(stack, "before");
    wait_until_whole(stack, &cluster);
    let places = cluster.places(stack).expect("a primary");
    (cluster, places)
}

pub(crate) fn wait_until_whole(stack: &TestStack, cluster: &Cluster) {
    cluster.wait_for_service(stack, 3);
    wait_until("both replicas acknowledge", REPAIRED, || {
        let object = cluster.object(stack)?;
        if ackers(&object) == 2 && object["state"] == "healthy" { Ok(()) } else { Err(format!("{object:#}")) }
    });
}

/// Statements on one connection, as our administrator.
fn admin(stack: &TestStack, cluster: &Cluster, at: &(String, u16), sql: &str) -> Result<Vec<String>, String> {
    let password = credentials(stack, cluster).admin_password;
    stack.sql((&at.0, at.1), "mysos_admin", password.expose()).column(sql)
}

/// The instance at an address.
fn instance(stack: &TestStack, cluster: &Cluster, at: &(String, u16)) -> Value {
    let object = cluster.object(stack).expect("the cluster's object");
    let instances = object["instances"].as_array().expect("instances");
    let here = |it: &&Value| {
        it["mysql"]["host"].as_str() == Some(&at.0) && it["mysql"]["port"].as_u64() == Some(at.1.into())
    };
    instances.iter().find(here).expect("an instance at that address").clone()
}

/// The primary sends nothing more to these: their accounts are locked, and their threads ended.
fn cut_off(stack: &TestStack, cluster: &Cluster, primary: &(String, u16), whom: &[(String, u16)]) {
    let users: BTreeSet<String> =
        whom.iter().map(|at| format!("mysos_repl_{}", instance(stack, cluster, at)["ordinal"])).collect();
    for user in &users {
        let lock = format!("SET SESSION sql_log_bin = 0; ALTER USER {user}@'%' ACCOUNT LOCK");
        admin(stack, cluster, primary, &lock).expect("the account is locked");
    }
    wait_until("its threads are gone", Duration::from_secs(10), || {
        let names: Vec<String> = users.iter().map(|user| format!("'{user}'")).collect();
        let list =
            format!("SELECT ID FROM information_schema.PROCESSLIST WHERE USER IN ({})", names.join(", "));
        let left = admin(stack, cluster, primary, &list)?;
        for id in &left {
            // It may have gone by itself.
            let _ = admin(stack, cluster, primary, &format!("KILL {id}"));
        }
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    });
}

/// How many commits of a primary wait for their acknowledgement.
pub(crate) fn waiting(stack: &TestStack, cluster: &Cluster, primary: &(String, u16)) -> Result<u32, String> {
    let name = match stack.flavor() {
        Flavor::Mariadb => "Rpl_semi_sync_master_wait_sessions",
        Flavor::Mysql => "Rpl_semi_sync_source_wait_sessions",
    };
    let table = match stack.flavor() {
        Flavor::Mariadb => "information_schema.GLOBAL_STATUS",
        Flavor::Mysql => "performance_schema.global_status",
    };
    let ask = format!("SELECT CAST(VARIABLE_VALUE AS CHAR) FROM {table} WHERE VARIABLE_NAME = '{name}'");
    admin(stack, cluster, primary, &ask)?.first().and_then(|count| count.parse().ok()).ok_or(ask)
}

fn names(stack: &TestStack, cluster: &Cluster, at: &(String, u16)) -> Result<BTreeSet<String>, String> {
    Ok(cluster.sql(stack, at, "SELECT name FROM shop.things")?.into_iter().collect())
}

/// Every member shows these rows and no others.
fn rows_are(stack: &TestStack, cluster: &Cluster, wanted: &[&str]) {
    let wanted: BTreeSet<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    let Places { primary, replicas } = cluster.places(stack).expect("a primary");
    for member in std::iter::once(&primary).chain(&replicas) {
        wait_until(&format!("{member:?} shows {wanted:?}"), REPAIRED, || {
            let found = names(stack, cluster, member)?;
            if found == wanted { Ok(()) } else { Err(format!("{found:?}")) }
        });
    }
}

/// The data directory of the server at an address: where it runs.
fn data_dir(stack: &TestStack, at: &(String, u16)) -> PathBuf {
    std::fs::read_link(format!("/proc/{}/cwd", server_at(stack, at.1, &at.0))).expect("where it runs")
}

on_both_flavors!(
    an_old_primary_with_what_nobody_acknowledged_is_moved_aside_and_built_anew,
    what_only_a_relay_log_held_survives_the_death_of_both_servers,
    an_account_statement_that_waits_does_not_keep_the_ackers_out_for_ever,
);

/// MySQL itself would let it follow in silence, with rows that differ for ever.
fn an_old_primary_with_what_nobody_acknowledged_is_moved_aside_and_built_anew(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let (cluster, places) = whole(&stack);
    let old = instance(&stack, &cluster, &places.primary);
    let uuid = server_uuid(&stack, &cluster, &places.primary);
    let dir = data_dir(&stack, &places.primary);
    cut_off(&stack, &cluster, &places.primary, &places.replicas);
    std::thread::scope(|scope| {
        let insert = "INSERT INTO shop.things VALUES ('errant')";
        let write = scope.spawn(|| cluster.sql(&stack, &places.primary, insert));
        wait_until("the write waits for an acknowledgement", REPAIRED, || {
            let waiting = waiting(&stack, &cluster, &places.primary)?;
            if waiting == 1 { Ok(()) } else { Err(waiting.to_string()) }
        });
        kill(server_at(&stack, places.primary.1, &places.primary.0));
        assert!(write.join().expect("a writer").is_err(), "nobody was told that it is written");
    });
    wait_until("the old primary has new data", REPAIRED, || {
        let now = instance(&stack, &cluster, &places.primary);
        let anew = now["data_id"].is_string() && now["data_id"] != old["data_id"];
        if anew && now["role"] == "replica" { Ok(()) } else { Err(format!("{now:#}")) }
    });
    wait_until_whole(&stack, &cluster);
    rows_are(&stack, &cluster, &["before"]);
    cluster.write_and_read(&stack, "after");
    assert_ne!(server_uuid(&stack, &cluster, &places.primary), uuid);
    let evidence = evidence(&dir);
    assert_eq!(evidence.len(), 1, "one quarantine with its evidence: {evidence:?}");
    assert!(evidence[0].contains(|c: char| c.is_ascii_digit()), "it names the transactions: {evidence:?}");
    assert_eq!(journal(&stack, &cluster, "errant").len(), 1);
    stack.down();
}

/// What a MySQL calls itself; a MariaDB has no such name.
fn server_uuid(stack: &TestStack, cluster: &Cluster, at: &(String, u16)) -> Option<String> {
    let ask = match stack.flavor() {
        Flavor::Mysql => "SELECT @@GLOBAL.server_uuid",
        Flavor::Mariadb => return Some(instance(stack, cluster, at)["data_id"].to_string()),
    };
    admin(stack, cluster, at, ask).expect("it answers").into_iter().next()
}

/// The evidence in the quarantines beside a data directory.
fn evidence(data: &std::path::Path) -> Vec<String> {
    let beside =
        std::fs::read_dir(data.parent().expect("a directory above")).expect("the member's directory");
    let quarantines = beside.flatten().map(|entry| entry.path()).filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("quarantine-"))
    });
    quarantines
        .map(|path| std::fs::read_to_string(path.join("errant-transactions.txt")).expect("evidence"))
        .collect()
}

/// MariaDB itself throws the relay log away when replication starts after a restart.
fn what_only_a_relay_log_held_survives_the_death_of_both_servers(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let (cluster, places) = whole(&stack);
    let (holder, other) = (&places.replicas[0], &places.replicas[1]);
    let lost = instance(&stack, &cluster, &places.primary)["task_id"].as_str().unwrap().to_owned();
    cut_off(&stack, &cluster, &places.primary, std::slice::from_ref(other));
    std::thread::scope(|scope| {
        // What the holder receives from here on, it cannot apply.
        let lock = "LOCK TABLES shop.things READ; SELECT SLEEP(15)";
        scope.spawn(|| cluster.sql(&stack, holder, lock));
        let held = "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'User sleep'";
        wait_until("the table is locked", REPAIRED, || {
            let found = admin(&stack, &cluster, holder, held)?;
            if found.is_empty() { Err("it is not".to_owned()) } else { Ok(()) }
        });
        let insert = "INSERT INTO shop.things VALUES ('acknowledged')";
        cluster.sql(&stack, &places.primary, insert).expect("the holder acknowledges");
        let seen = names(&stack, &cluster, holder).expect("the holder reads");
        assert!(!seen.contains("acknowledged"), "it is in the relay log only: {seen:?}");
        kill(server_at(&stack, holder.1, &holder.0));
        lose(&stack, &lost);
    });
    wait_until("another primary is published", REPAIRED, || {
        let now = cluster.places(&stack).ok_or("no primary")?.primary;
        if now == places.primary { Err("still the old one") } else { Ok(()) }
    });
    wait_until_whole(&stack, &cluster);
    rows_are(&stack, &cluster, &["before", "acknowledged"]);
    cluster.write_and_read(&stack, "after");
    stack.down();
}

/// Such a statement holds what its ackers need: the lock of every login on MySQL, the table of accounts on MariaDB.
fn an_account_statement_that_waits_does_not_keep_the_ackers_out_for_ever(flavor: Flavor) {
    let stack = TestStack::of(flavor, 3);
    let (cluster, places) = whole(&stack);
    for replica in &places.replicas {
        kill(server_at(&stack, replica.1, &replica.0));
    }
    std::thread::scope(|scope| {
        let create = "CREATE USER helper IDENTIFIED BY 'helper-password-1'";
        // It may be told OK, or nothing, or be ended.
        let _ = scope.spawn(|| cluster.sql(&stack, &places.primary, create));
        wait_until("writes are acknowledged again", REPAIRED, || {
            let primary = cluster.places(&stack).ok_or("no primary")?.primary;
            cluster.sql(&stack, &primary, "INSERT INTO shop.things VALUES ('let in again')").map(drop)
        });
    });
    wait_until_whole(&stack, &cluster);
    rows_are(&stack, &cluster, &["before", "let in again"]);
    cluster.write_and_read(&stack, "after");
    stack.down();
}

/// Bytes in the relay logs of a data directory.
fn relay_bytes(data: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(data).into_iter().flatten().flatten();
    let logs = files.filter(|file| file.file_name().to_string_lossy().starts_with("relay."));
    logs.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

/// A MySQL that was told to stop its applier inside half a transaction waits a minute for the other half.
#[test]
fn half_a_transaction_holds_neither_the_promotion_nor_the_other_replica() {
    let stack = TestStack::of(Flavor::Mysql, 3);
    let (cluster, places) = whole(&stack);
    let create = "CREATE TABLE shop.large (id INT PRIMARY KEY AUTO_INCREMENT, text LONGTEXT)";
    cluster.sql(&stack, &places.primary, create).expect(create);
    let dirs: Vec<PathBuf> = places.replicas.iter().map(|at| data_dir(&stack, at)).collect();
    let before: Vec<u64> = dirs.iter().map(|dir| relay_bytes(dir)).collect();
    let begin = std::thread::scope(|scope| {
        let large = "SET SESSION cte_max_recursion_depth = 100000; \
             INSERT INTO shop.large (text) WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n WHERE x < 1500) \
             SELECT REPEAT('x', 60000) FROM n";
        let write = scope.spawn(|| cluster.sql(&stack, &places.primary, large));
        wait_until("both replicas have received some of it", REPAIRED, || {
            let received: Vec<u64> =
                dirs.iter().zip(&before).map(|(dir, before)| relay_bytes(dir) - before).collect();
            if received.iter().all(|bytes| *bytes > HALF_BYTES) { Ok(()) } else { Err(received) }
        });
        kill(server_at(&stack, places.primary.1, &places.primary.0));
        let begin = Instant::now();
        let written = write.join().expect("a writer");
        assert!(written.is_err(), "the source died before the end of it: make it larger");
        begin
    });
    let primary = wait_until("another primary takes writes", LET_GO, || {
        let primary = cluster.places(&stack).ok_or("no primary")?.primary;
        cluster.sql(&stack, &primary, "INSERT INTO shop.things VALUES ('promoted')").map(|_| primary)
    });
    eprintln!("writes go on {:?} after half a transaction", begin.elapsed());
    for replica in places.replicas.iter().filter(|replica| **replica != primary) {
        wait_until("the other replica follows", LET_GO, || {
            let found = names(&stack, &cluster, replica)?;
            if found.contains("promoted") { Ok(()) } else { Err(format!("{found:?}")) }
        });
    }
    wait_until("the new primary has forgotten its source", LET_GO, || {
        let left = admin(&stack, &cluster, &primary, "SHOW REPLICA STATUS")?;
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?}")) }
    });
    let took = begin.elapsed();
    assert!(took < LET_GO, "all of it took {took:?}");
    wait_until_whole(&stack, &cluster);
    assert_eq!(
        cluster.sql(&stack, &primary, "SELECT CAST(COUNT(*) AS CHAR) FROM shop.large").unwrap(),
        ["0"]
    );
    assert_eq!(mysqlds(&stack).len(), 3);
    stack.down();
}
