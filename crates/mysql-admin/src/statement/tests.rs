//! Golden files: every intent, as it is said to each flavor. A change of one is a change of behavior.

use std::fmt::Write;

use mysos_model::{
    epoch::{Epoch, Turn},
    gtid::GtidSet,
    secret::Password,
};

use super::*;
use crate::intent::{ConnectionId, RelayPosition, Source, Switch};

fn source() -> Source {
    let password = Password::new("repl'secret");
    Source { host: "127.0.0.11".into(), port: 31001, ordinal: Ordinal(2), password }
}

fn position(flavor: Flavor) -> GtidSet {
    let text = match flavor {
        Flavor::MariaDb => "0-1-2103",
        Flavor::MySql => "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-2103",
    };
    GtidSet::parse(flavor, text).unwrap()
}

fn every_intent(flavor: Flavor) -> Vec<Intent> {
    let password = || Password::new("top\\secret");
    let at = RelayPosition { file: "relay.000002".into(), offset: 1408 };
    vec![
        Intent::SetReadOnly(Switch::On),
        Intent::SetReadOnly(Switch::Off),
        Intent::SemiSyncSource { wait_count: 1 },
        Intent::SemiSyncSource { wait_count: 2 },
        Intent::SemiSyncSourceOff,
        Intent::SetAcking(Switch::On),
        Intent::SetAcking(Switch::Off),
        Intent::StartReceiver,
        Intent::StopReceiver,
        Intent::StartApplier,
        Intent::StopApplier,
        Intent::StartReplication,
        Intent::StopReplication,
        Intent::PointAt(source()),
        Intent::MoveReceiver(source()),
        Intent::ForgetSource,
        Intent::DrainRelayLog(at),
        Intent::ReturnToGtidMode,
        Intent::FreshStart { position: position(flavor) },
        Intent::ResetPosition(position(flavor)),
        Intent::SetServerId(1007),
        Intent::EnsureAdmin { password: password() },
        Intent::EnsureReplicationAccount { ordinal: Ordinal(2), password: password() },
        Intent::LockAccount(Ordinal(2)),
        Intent::UnlockAccount(Ordinal(2)),
        Intent::EnsureClusterUser { user: "app.user".parse().unwrap(), password: password() },
        Intent::Kill(ConnectionId(42)),
        Intent::EnsureMarker,
        Intent::WriteMarker { epoch: Epoch(3), turn: Turn(17) },
        Intent::TrimMarker,
    ]
}

fn golden(flavor: Flavor) -> String {
    let mut text = String::new();
    for intent in every_intent(flavor) {
        writeln!(text, "-- {}", intent.describe()).unwrap();
        match statements(flavor, &intent) {
            Err(error) => writeln!(text, "!  {error}").unwrap(),
            Ok(all) => {
                for Statement { sql, log, .. } in all {
                    let mark = match log {
                        BinaryLog::Written => "log",
                        BinaryLog::Off => "off",
                        BinaryLog::Never => "   ",
                    };
                    writeln!(text, "{mark} {sql};").unwrap();
                }
            }
        }
    }
    text
}

#[test]
fn every_intent_in_the_words_of_mariadb() {
    insta::assert_snapshot!(golden(Flavor::MariaDb));
}

#[test]
fn every_intent_in_the_words_of_mysql() {
    insta::assert_snapshot!(golden(Flavor::MySql));
}

#[test]
fn no_secret_is_in_what_is_shown() {
    for flavor in Flavor::ALL {
        let shown = golden(flavor) + &format!("{:?}", every_intent(flavor));
        assert!(!shown.contains("secret"), "{shown}");
    }
}

#[test]
fn a_set_of_the_other_flavor_is_not_taken_over() {
    let crossed = [(Flavor::MariaDb, Flavor::MySql), (Flavor::MySql, Flavor::MariaDb)];
    for (flavor, set) in crossed {
        let intent = Intent::FreshStart { position: position(set) };
        assert_eq!(statements(flavor, &intent), Err(StatementError::ForeignSet { flavor, set }));
    }
}
