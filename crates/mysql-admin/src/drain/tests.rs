//! What each status asks for, and how a relay log is searched.

use super::*;
use crate::status::SourceAddress;

fn set(flavor: Flavor, text: &str) -> GtidSet {
    GtidSet::parse(flavor, text).unwrap()
}

const UUID: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

/// A restarted server with everything off, that knows of nothing received.
fn restarted(flavor: Flavor) -> ReplicaStatus {
    let executed = match flavor {
        Flavor::MariaDb => "0-1-5".to_owned(),
        Flavor::MySql => format!("{UUID}:1-5"),
    };
    ReplicaStatus {
        source: Some(SourceAddress { host: "127.0.0.10".into(), port: 3306 }),
        receiver: Receiver::Off,
        applier: Applier::Off,
        positioning: Positioning::Gtid,
        received: GtidSet::empty(flavor),
        executed: set(flavor, &executed),
        relay_log: Some(RelayPosition { file: "relay.000002".into(), offset: 1408 }),
        lag: None,
        receiver_error: None,
        applier_error: None,
        acking: false,
        acks_now: false,
    }
}

fn error() -> ReplicationError {
    ReplicationError { code: RELAY_LOG_UNREADABLE, message: "cannot read".into() }
}

#[test]
fn who_follows_nobody_is_drained() {
    for flavor in Flavor::ALL {
        let status = ReplicaStatus { source: None, ..restarted(flavor) };
        assert_eq!(decide(flavor, &status), Move::Done);
    }
}

#[test]
fn a_receiver_that_only_retries_is_stopped_first() {
    for flavor in Flavor::ALL {
        let status = ReplicaStatus { receiver: Receiver::Connecting, ..restarted(flavor) };
        assert_eq!(decide(flavor, &status), Move::Apply(vec![Intent::StopReceiver]));
    }
}

#[test]
fn mysql_starts_its_applier_and_waits_for_what_it_received() {
    let received = set(Flavor::MySql, &format!("{UUID}:4-9"));
    let mut status = ReplicaStatus { received, ..restarted(Flavor::MySql) };
    assert_eq!(decide(Flavor::MySql, &status), Move::Apply(vec![Intent::StartApplier]));
    status.applier = Applier::Idle;
    assert_eq!(decide(Flavor::MySql, &status), Move::Wait);
    status.executed = set(Flavor::MySql, &format!("{UUID}:1-9"));
    assert_eq!(decide(Flavor::MySql, &status), Move::Done);
    status.executed = GtidSet::empty(Flavor::MySql);
    (status.applier, status.applier_error) = (Applier::Off, Some(error()));
    assert_eq!(decide(Flavor::MySql, &status), Move::Stuck(error()));
}

#[test]
fn a_restarted_mariadb_never_starts_anything_in_gtid_mode() {
    assert_eq!(decide(Flavor::MariaDb, &restarted(Flavor::MariaDb)), Move::Search { otherwise: None });
    // Not even when it seems to have received no more than it executed.
    let status = ReplicaStatus { received: set(Flavor::MariaDb, "0-1-5"), ..restarted(Flavor::MariaDb) };
    assert_eq!(decide(Flavor::MariaDb, &status), Move::Search { otherwise: None });
}

#[test]
fn a_mariadb_that_runs_is_drained_when_it_has_executed_what_it_received() {
    let received = set(Flavor::MariaDb, "0-1-9");
    let mut status = ReplicaStatus { applier: Applier::Busy, received, ..restarted(Flavor::MariaDb) };
    assert_eq!(decide(Flavor::MariaDb, &status), Move::Wait);
    status.executed = set(Flavor::MariaDb, "0-1-9");
    assert_eq!(decide(Flavor::MariaDb, &status), Move::Done);
}

#[test]
fn outside_gtid_mode_the_applier_runs_to_the_end_and_then_all_goes_back() {
    let mut status = ReplicaStatus { positioning: Positioning::File, ..restarted(Flavor::MariaDb) };
    let back = Some(Intent::ReturnToGtidMode);
    assert_eq!(decide(Flavor::MariaDb, &status), Move::Search { otherwise: back });
    status.applier = Applier::Busy;
    assert_eq!(decide(Flavor::MariaDb, &status), Move::Wait);
    status.applier = Applier::Idle;
    let stop_and_return = vec![Intent::StopApplier, Intent::ReturnToGtidMode];
    assert_eq!(decide(Flavor::MariaDb, &status), Move::Apply(stop_and_return));
    (status.applier, status.applier_error) = (Applier::Off, Some(error()));
    assert_eq!(decide(Flavor::MariaDb, &status), Move::Stuck(error()));
}

fn event(offset: u64, kind: &str, info: &str) -> Row {
    let offset = offset.to_string();
    Row::from_iter([("Pos", Some(offset.as_str())), ("Event_type", Some(kind)), ("Info", Some(info))])
}

#[test]
fn the_first_transaction_that_is_not_executed_is_found_behind_those_that_are() {
    let events = [
        event(1408, "Gtid", "BEGIN GTID 0-1-5"),
        event(1450, "Xid", "COMMIT /* xid=22 */"),
        event(1500, "Gtid", "GTID 0-1-6"),
        event(1540, "Query", "create table t (i int) -- BEGIN GTID 0-9-9"),
        event(1600, "Gtid", "BEGIN GTID 0-1-7 cid=31"),
    ];
    let executed = |text| set(Flavor::MariaDb, text);
    assert_eq!(search(&events, &executed("0-1-5"), 1408), Search::Unexecuted(1500));
    assert_eq!(search(&events, &executed("0-1-6"), 1408), Search::Unexecuted(1600));
    assert_eq!(search(&events, &executed("0-1-7"), 1408), Search::EndOfFile);
    assert_eq!(search(&[], &executed(""), 4), Search::EndOfFile);
}

#[test]
fn a_full_page_leads_to_the_next_and_always_moves_on() {
    let full: Vec<Row> = (0..PAGE_EVENTS).map(|n| event(100 + n, "Write_rows_v1", "")).collect();
    let executed = set(Flavor::MariaDb, "0-1-5");
    assert_eq!(search(&full, &executed, 100), Search::GoOn(100 + PAGE_EVENTS - 1));
    let stuck: Vec<Row> = (0..PAGE_EVENTS).map(|_| event(100, "Write_rows_v1", "")).collect();
    assert_eq!(search(&stuck, &executed, 100), Search::EndOfFile);
}

#[test]
fn relay_logs_are_numbered() {
    assert_eq!(next_file("relay.000009").as_deref(), Some("relay.000010"));
    assert_eq!(next_file("relay-bin.999999").as_deref(), Some("relay-bin.1000000"));
    assert_eq!(next_file("relay"), None);
}

fn event_bytes(length: u32) -> Vec<u8> {
    let mut bytes = vec![0; length as usize];
    bytes[9..13].copy_from_slice(&length.to_le_bytes());
    bytes
}

#[test]
fn a_file_that_ends_within_an_event_is_torn_and_one_that_ends_between_two_is_not() {
    let mut whole = vec![0xfe; 4];
    whole.extend(event_bytes(100));
    whole.extend(event_bytes(42));
    let torn = |end: usize| ends_torn(&mut io::Cursor::new(&whole[..end]), 4).unwrap();
    assert!(!torn(146) && !torn(104));
    assert!(torn(145) && torn(105) && torn(122) && torn(30));
    // An event shorter than its own header is damage, wherever the file ends.
    let mut damaged = event_bytes(40);
    damaged[9] = 3;
    assert!(!ends_torn(&mut io::Cursor::new(damaged), 0).unwrap());
}
