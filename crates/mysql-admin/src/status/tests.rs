//! Answers of real servers, MariaDB 10.11 and MySQL 9.7, cut to what is read.

use super::*;
use crate::{flavor::ServerVersion, intent::RelayPosition};

fn row<const N: usize>(columns: [(&str, &str); N]) -> Row {
    columns.into_iter().map(|(column, text)| (column, Some(text))).collect()
}

fn set(flavor: Flavor, text: &str) -> GtidSet {
    GtidSet::parse(flavor, text).unwrap()
}

fn mariadb_status() -> Row {
    row([
        ("Master_Host", "127.77.1.1"),
        ("Master_Port", "33999"),
        ("Relay_Log_File", "relay.000002"),
        ("Relay_Log_Pos", "1408"),
        ("Slave_IO_Running", "Yes"),
        ("Slave_SQL_Running", "Yes"),
        ("Seconds_Behind_Master", "0"),
        ("Last_IO_Errno", "0"),
        ("Last_IO_Error", ""),
        ("Last_SQL_Errno", "0"),
        ("Last_SQL_Error", ""),
        ("Using_Gtid", "Slave_Pos"),
        ("Gtid_IO_Pos", "0-1-9"),
        ("Slave_SQL_Running_State", "Slave has read all relay log; waiting for more updates"),
    ])
}

fn mariadb_variables() -> Row {
    row([
        ("read_only", "1"),
        ("server_id", "2"),
        ("gtid_binlog_state", "0-1-9,0-7-3"),
        ("gtid_slave_pos", "0-1-9"),
        ("rpl_semi_sync_slave_enabled", "ON"),
        ("rpl_semi_sync_slave_status", "ON"),
    ])
}

const UUID: &str = "9eb9c814-e5a3-11f1-8a03-02fc00000001";

fn mysql_status() -> Row {
    let received = format!("{UUID}:1-11");
    row([
        ("Source_Host", "127.77.2.1"),
        ("Source_Port", "33061"),
        ("Relay_Log_File", "relay.000002"),
        ("Relay_Log_Pos", "3265"),
        ("Replica_IO_Running", "Connecting"),
        ("Replica_SQL_Running", "No"),
        ("Last_IO_Errno", "2003"),
        ("Last_IO_Error", "Error connecting to source"),
        ("Last_SQL_Errno", "1062"),
        ("Last_SQL_Error", "Duplicate entry"),
        ("Replica_SQL_Running_State", ""),
        ("Retrieved_Gtid_Set", received.as_str()),
        ("Auto_Position", "1"),
    ])
}

fn mysql_variables() -> Row {
    let (executed, owned) = (format!("{UUID}:1-5:\n7"), format!("{UUID}:8#42:9#43"));
    row([
        ("read_only", "0"),
        ("server_id", "1"),
        ("server_uuid", UUID),
        ("gtid_executed", executed.as_str()),
        ("gtid_owned", owned.as_str()),
        ("rpl_semi_sync_replica_enabled", "ON"),
        ("rpl_semi_sync_replica_status", "OFF"),
    ])
}

#[test]
fn a_mariadb_that_follows() {
    let status =
        ReplicaStatus::parse(Flavor::MariaDb, Some(&mariadb_status()), &mariadb_variables()).unwrap();
    assert_eq!(status.source, Some(SourceAddress { host: "127.77.1.1".into(), port: 33999 }));
    assert_eq!((status.receiver, status.applier), (Receiver::On, Applier::Idle));
    assert_eq!(status.positioning, Positioning::Gtid);
    assert_eq!(status.received, set(Flavor::MariaDb, "0-1-9"));
    assert_eq!(status.executed, set(Flavor::MariaDb, "0-1-9,0-7-3"));
    assert_eq!(status.relay_log, Some(RelayPosition { file: "relay.000002".into(), offset: 1408 }));
    assert_eq!(status.lag, Some(Duration::ZERO));
    assert_eq!((status.receiver_error.as_ref(), status.applier_error.as_ref()), (None, None));
    assert!(status.is_drained() && status.acking && status.acks_now);
}

#[test]
fn a_mysql_that_cannot_connect_and_stopped_applying() {
    let status = ReplicaStatus::parse(Flavor::MySql, Some(&mysql_status()), &mysql_variables()).unwrap();
    assert_eq!((status.receiver, status.applier), (Receiver::Connecting, Applier::Off));
    assert_eq!(status.receiver_error.as_ref().map(|error| error.code), Some(2003));
    let stopped = status.applier_error.as_ref().unwrap();
    assert_eq!((stopped.code, stopped.message.as_str()), (1062, "Duplicate entry"));
    assert_eq!(status.executed, set(Flavor::MySql, &format!("{UUID}:1-5:7")));
    assert_eq!(status.lag, None);
    assert!(!status.is_drained() && status.acking && !status.acks_now);
}

#[test]
fn a_server_that_follows_nobody_still_says_what_it_has() {
    let status = ReplicaStatus::parse(Flavor::MariaDb, None, &mariadb_variables()).unwrap();
    assert_eq!((status.source.as_ref(), status.receiver), (None, Receiver::Off));
    assert_eq!(status.executed, set(Flavor::MariaDb, "0-1-9,0-7-3"));
}

#[test]
fn a_mariadb_outside_gtid_mode_is_seen() {
    let columns = row([("Using_Gtid", "No"), ("Gtid_IO_Pos", ""), ("Slave_IO_Running", "Preparing")]);
    let status =
        ReplicaStatus::parse(Flavor::MariaDb, Some(&columns.with(mariadb_status())), &mariadb_variables())
            .unwrap();
    assert_eq!((status.positioning, status.receiver), (Positioning::File, Receiver::Connecting));
    assert!(status.received.is_empty());
}

#[test]
fn what_mariadb_holds_is_its_log_and_what_it_applied() {
    let version = ServerVersion::from_select("10.11.19-MariaDB").unwrap();
    let copied = row([("gtid_binlog_state", ""), ("gtid_slave_pos", "0-1-2103")]).with(mariadb_variables());
    let facts = ServerFacts::parse(version, &copied).unwrap();
    assert_eq!(facts.executed, set(Flavor::MariaDb, "0-1-2103"));
    assert!(facts.logged.is_empty() && facts.read_only);
    assert_eq!((facts.server_id, facts.server_uuid), (2, None));
}

#[test]
fn what_mysql_logs_counts_commits_that_still_wait() {
    let version = ServerVersion::from_select("9.7.4").unwrap();
    let facts = ServerFacts::parse(version, &mysql_variables()).unwrap();
    assert_eq!(facts.executed, set(Flavor::MySql, &format!("{UUID}:1-5:7")));
    assert_eq!(facts.logged, set(Flavor::MySql, &format!("{UUID}:1-5:7-9")));
    assert_eq!(facts.server_uuid.as_deref(), Some(UUID));
    assert!(!facts.read_only);
}

#[test]
fn the_source_side_of_both() {
    let mariadb = row([
        ("rpl_semi_sync_master_enabled", "ON"),
        ("rpl_semi_sync_master_status", "OFF"),
        ("rpl_semi_sync_master_clients", "0"),
        ("rpl_semi_sync_master_wait_sessions", "0"),
    ]);
    let degraded = SourceStatus::parse(Flavor::MariaDb, &mariadb).unwrap();
    assert!(degraded.enabled && !degraded.waits && degraded.wait_count == 1);
    let mysql = row([
        ("rpl_semi_sync_source_enabled", "ON"),
        ("rpl_semi_sync_source_status", "ON"),
        ("rpl_semi_sync_source_clients", "2"),
        ("rpl_semi_sync_source_wait_for_replica_count", "2"),
        ("rpl_semi_sync_source_wait_sessions", "3"),
    ]);
    let status = SourceStatus::parse(Flavor::MySql, &mysql).unwrap();
    assert_eq!((status.clients, status.wait_count, status.waiting_sessions), (2, 2, 3));
}

#[test]
fn an_answer_that_lacks_something_says_what() {
    let error = ReplicaStatus::parse(Flavor::MySql, None, &Row::default()).unwrap_err();
    assert_eq!(error, StatusError::Row(RowError::Missing { column: "gtid_executed".into() }));
    let broken = row([("gtid_binlog_state", "0-1")]).with(mariadb_variables());
    let error = ReplicaStatus::parse(Flavor::MariaDb, None, &broken).unwrap_err();
    assert!(matches!(error, StatusError::Gtid { column: "gtid_binlog_state", .. }));
}
