//! A replica that was killed with transactions in its relay log that it had not applied: none is lost.

use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    time::Instant,
};

use mysos_mysql_admin::{
    Conn, Intent,
    drain::{self, Drain, RELAY_LOG_UNREADABLE},
    intent::RelayPosition,
    sql::Sql,
    status::{self, Positioning},
};

use crate::server::{LIMIT, PATIENCE, Server, apply, run, until, value};

/// A replica that is dead. Row 1 is applied, rows 2 to 5 are in its relay log only; the primary is dead too.
async fn undrained() -> Server {
    let [mut primary, mut replica] = Server::several().await;
    let mut conn = primary.open().await;
    run(&mut conn, "CREATE DATABASE d").await;
    run(&mut conn, "CREATE TABLE d.t (id INT PRIMARY KEY, pad VARCHAR(1000))").await;
    run(&mut conn, "INSERT INTO d.t VALUES (1, REPEAT('x', 1000))").await;
    let mut follower = replica.follow(&primary).await;
    until("row 1 is applied", async || {
        let made = status::facts(&mut conn, LIMIT).await.unwrap().logged;
        status::facts(&mut follower, LIMIT).await.unwrap().logged.contains(&made)
    })
    .await;
    apply(&mut follower, Intent::StopApplier).await;
    for sql in [
        "INSERT INTO d.t VALUES (2, REPEAT('x', 1000))",
        "INSERT INTO d.t VALUES (3, REPEAT('x', 1000))",
        "INSERT INTO d.t VALUES (4, REPEAT('x', 1000))",
        "INSERT INTO d.t VALUES (5, REPEAT('x', 1000))",
    ] {
        run(&mut conn, sql).await;
    }
    until("rows 2 to 5 are received", async || {
        let made = status::facts(&mut conn, LIMIT).await.unwrap().logged;
        status::replica(&mut follower, LIMIT).await.unwrap().received.contains(&made)
    })
    .await;
    assert_eq!(rows(&mut follower).await, "1");
    primary.kill();
    replica.kill();
    replica
}

async fn rows(conn: &mut Conn) -> String {
    value(conn, "SELECT GROUP_CONCAT(id ORDER BY id) AS v FROM d.t").await.unwrap()
}

/// Steps until there is nothing more to do.
async fn drained(conn: &mut Conn) -> Drain {
    let since = Instant::now();
    loop {
        match drain::step(conn, LIMIT).await.unwrap() {
            Drain::Going => assert!(since.elapsed() < PATIENCE, "draining does not end"),
            ended => return ended,
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

fn relay_log(server: &Server) -> std::path::PathBuf {
    server.path("data").join("relay.000002")
}

/// Changes what the server has recorded of its applier's place: its file in line 1, its offset in line 2.
fn record(server: &Server, line: usize, text: &str) {
    let record = server.path("data").join("relay-log.info");
    let old = fs::read_to_string(&record).unwrap();
    let mut lines: Vec<&str> = old.lines().collect();
    assert_ne!(lines[line], text);
    lines[line] = text;
    fs::write(&record, lines.join("\n") + "\n").unwrap();
}

/// Offset of the n-th transaction of that type of event from the end, from 1.
async fn offset_from_end(conn: &mut Conn, kind: &str, nth: usize) -> u64 {
    let sql = Sql::new("SHOW RELAYLOG EVENTS IN 'relay.000002'");
    let events = conn.query(&sql, LIMIT).await.unwrap();
    let of_kind = events.iter().rev().filter(|row| row.get("Event_type") == Some(kind));
    of_kind.map(|row| row.number::<u64>(&["Pos"]).unwrap()).nth(nth - 1).unwrap()
}

#[tokio::test]
async fn s11k_the_server_itself_would_throw_the_relay_log_away() {
    let mut replica = undrained().await;
    replica.start().await;
    let mut conn = replica.conn().await;
    apply(&mut conn, Intent::StartApplier).await;
    until("the applier is at the end of what is left", async || {
        status::replica(&mut conn, LIMIT).await.unwrap().applier == status::Applier::Idle
    })
    .await;
    assert_eq!(rows(&mut conn).await, "1", "the trap is gone: draining can be made simpler");
}

#[tokio::test]
async fn s11k_what_was_received_is_there_after_kill_9() {
    let mut replica = undrained().await;
    replica.start().await;
    let mut conn = replica.conn().await;
    let Drain::Done(set) = drained(&mut conn).await else { panic!("stuck") };
    assert_eq!(rows(&mut conn).await, "1,2,3,4,5");
    let status = status::replica(&mut conn, LIMIT).await.unwrap();
    assert_eq!(status.positioning, Positioning::Gtid);
    assert_eq!(set, status.executed);
    assert_eq!(drain::step(&mut conn, LIMIT).await.unwrap(), Drain::Done(set));
}

#[tokio::test]
async fn a_drain_that_was_cut_off_begins_again() {
    let mut replica = undrained().await;
    replica.start().await;
    let mut conn = replica.conn().await;
    // One step, which leaves GTID mode; then the server dies again.
    assert_eq!(drain::step(&mut conn, LIMIT).await.unwrap(), Drain::Going);
    replica.kill();
    replica.start().await;
    let mut conn = replica.conn().await;
    assert!(matches!(drained(&mut conn).await, Drain::Done(_)));
    assert_eq!(rows(&mut conn).await, "1,2,3,4,5");
}

#[tokio::test]
async fn a_recorded_place_that_lies_behind_does_not_apply_anything_twice() {
    let mut replica = undrained().await;
    // As if the server had been killed between its commit and the record of it: one transaction back.
    replica.start().await;
    let earlier = offset_from_end(&mut replica.conn().await, "Gtid", 5).await;
    replica.kill();
    record(&replica, 2, &earlier.to_string());
    replica.start().await;
    let mut conn = replica.conn().await;
    let recorded = status::replica(&mut conn, LIMIT).await.unwrap().relay_log.unwrap();
    assert_eq!(recorded, RelayPosition { file: "relay.000002".into(), offset: earlier });
    assert!(matches!(drained(&mut conn).await, Drain::Done(_)));
    assert_eq!(rows(&mut conn).await, "1,2,3,4,5");
}

#[tokio::test]
async fn a_relay_log_that_is_missing_is_not_taken_for_an_empty_one() {
    let mut replica = undrained().await;
    record(&replica, 1, "./relay.000001");
    record(&replica, 2, "4");
    fs::remove_file(replica.path("data").join("relay.000001")).unwrap();
    let index = replica.path("data").join("relay.index");
    let kept = fs::read_to_string(&index).unwrap().replace("./relay.000001\n", "");
    fs::write(&index, kept).unwrap();
    replica.start().await;
    let Drain::Stuck { error, .. } = drained(&mut replica.conn().await).await else { panic!("not stuck") };
    assert!(error.message.contains("relay.000001 is not there"), "{error:?}");
}

#[tokio::test]
async fn s13_a_torn_tail_is_told_from_damage() {
    let mut replica = undrained().await;
    let log = fs::OpenOptions::new().write(true).open(relay_log(&replica)).unwrap();
    log.set_len(log.metadata().unwrap().len() - 200).unwrap();
    replica.start().await;
    let mut conn = replica.conn().await;
    let Drain::Stuck { error, at } = drained(&mut conn).await else { panic!("not stuck") };
    assert_eq!(error.code, RELAY_LOG_UNREADABLE);
    assert_eq!(rows(&mut conn).await, "1,2,3,4", "all that is whole is applied");

    let at = at.unwrap();
    let mut file = fs::File::open(replica.path("data").join(&at.file)).unwrap();
    assert!(drain::ends_torn(&mut file, at.offset).unwrap(), "{at:?}");
    apply(&mut conn, Intent::ReturnToGtidMode).await;
    assert!(matches!(drained(&mut conn).await, Drain::Done(_)));
}

#[tokio::test]
async fn damage_in_the_middle_is_not_taken_for_a_torn_tail() {
    let mut replica = undrained().await;
    replica.start().await;
    let third = offset_from_end(&mut replica.conn().await, "Gtid", 3).await;
    replica.kill();
    // The event's checksum does not fit any more; all lengths do.
    let mut file = fs::OpenOptions::new().read(true).write(true).open(relay_log(&replica)).unwrap();
    file.seek(SeekFrom::Start(third + 25)).unwrap();
    file.write_all(&[0xa5; 4]).unwrap();
    replica.start().await;
    let mut conn = replica.conn().await;
    let Drain::Stuck { at: Some(at), .. } = drained(&mut conn).await else { panic!("not stuck") };
    assert_eq!(rows(&mut conn).await, "1,2");
    assert!(!drain::ends_torn(&mut file, at.offset).unwrap(), "{at:?}");
}

#[tokio::test]
async fn half_a_transaction_at_the_end_is_let_go() {
    let mut replica = undrained().await;
    replica.start().await;
    let commit = offset_from_end(&mut replica.conn().await, "Xid", 1).await;
    replica.kill();
    fs::OpenOptions::new().write(true).open(relay_log(&replica)).unwrap().set_len(commit).unwrap();
    replica.start().await;
    let mut conn = replica.conn().await;
    let since = Instant::now();
    assert!(matches!(drained(&mut conn).await, Drain::Done(_)));
    assert_eq!(rows(&mut conn).await, "1,2,3,4");
    assert!(since.elapsed().as_secs() < 10, "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_running_replica_is_drained_once_its_receiver_is_off() {
    let [primary, replica] = Server::several().await;
    let mut conn = primary.open().await;
    run(&mut conn, "CREATE DATABASE d").await;
    let mut follower = replica.follow(&primary).await;
    let made = status::facts(&mut conn, LIMIT).await.unwrap().logged;
    until("it has received", async || {
        status::replica(&mut follower, LIMIT).await.unwrap().received.contains(&made)
    })
    .await;
    assert_eq!(drained(&mut follower).await, Drain::Done(made));
    assert_eq!(status::replica(&mut follower, LIMIT).await.unwrap().receiver, status::Receiver::Off);
}
