//! Reading `SHOW SLAVE STATUS` and `SHOW REPLICA STATUS`.

use std::time::Duration;

use mysos_model::{flavor::Flavor, gtid::GtidSet};

use super::{StatusError, gtid, server};
use crate::{intent::RelayPosition, row::Row, session::APPLIED};

/// The thread that receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// Not running.
    Off,
    /// Running, without a source that answers: it retries.
    Connecting,
    /// Receiving.
    On,
}

/// The thread that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applier {
    /// Not running.
    Off,
    /// Running, with something left to apply.
    Busy,
    /// Running, and at the end of the relay log. Half a transaction may be left there.
    Idle,
}

/// How a MariaDB replica counts what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positioning {
    /// By transactions. MySQL always does.
    Gtid,
    /// By file and offset: only while `drain` is under way.
    File,
}

/// Whom a replica receives from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceAddress {
    /// Address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// Why a thread stopped, or why it cannot connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicationError {
    /// The server's error number.
    pub code: u16,
    /// Its text.
    pub message: String,
}

/// How a server follows, and what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// Whom it is told to follow; `None` when nobody.
    pub source: Option<SourceAddress>,
    /// Its receiver.
    pub receiver: Receiver,
    /// Its applier.
    pub applier: Applier,
    /// How it counts.
    pub positioning: Positioning,
    /// What it has received and knows of: whole transactions only. A MariaDB that was restarted knows of
    /// nothing in its relay log.
    pub received: GtidSet,
    /// What it has executed, received or not.
    pub executed: GtidSet,
    /// Where in its relay log the applier goes on, on MariaDB.
    pub relay_log: Option<RelayPosition>,
    /// How far it is behind, as the server reckons; `None` when it does not know.
    pub lag: Option<Duration>,
    /// Why the receiver stopped or cannot connect.
    pub receiver_error: Option<ReplicationError>,
    /// Why the applier stopped.
    pub applier_error: Option<ReplicationError>,
    /// Whether it is told to acknowledge, from the next start of its receiver on.
    pub acking: bool,
    /// Whether it acknowledges now.
    pub acks_now: bool,
}

/// Column names of one flavor.
struct Columns {
    host: &'static [&'static str],
    port: &'static [&'static str],
    receiver: &'static [&'static str],
    applier: &'static [&'static str],
    applier_state: &'static [&'static str],
    lag: &'static [&'static str],
    received: &'static str,
    acking: &'static [&'static str],
    acks_now: &'static [&'static str],
}

const MARIADB: Columns = Columns {
    host: &["Master_Host"],
    port: &["Master_Port"],
    receiver: &["Slave_IO_Running"],
    applier: &["Slave_SQL_Running"],
    applier_state: &["Slave_SQL_Running_State"],
    lag: &["Seconds_Behind_Master"],
    received: "Gtid_IO_Pos",
    acking: &["rpl_semi_sync_slave_enabled"],
    acks_now: &["rpl_semi_sync_slave_status"],
};

const MYSQL: Columns = Columns {
    host: &["Source_Host"],
    port: &["Source_Port"],
    receiver: &["Replica_IO_Running"],
    applier: &["Replica_SQL_Running"],
    applier_state: &["Replica_SQL_Running_State"],
    lag: &["Seconds_Behind_Source"],
    received: "Retrieved_Gtid_Set",
    acking: &["rpl_semi_sync_replica_enabled"],
    acks_now: &["rpl_semi_sync_replica_status"],
};

impl ReplicaStatus {
    /// Whether all that is known to be received is executed.
    pub fn is_drained(&self) -> bool {
        self.executed.contains(&self.received)
    }

    /// Reads the row of the status, which is missing when nobody is followed, and the row of variables.
    pub(super) fn parse(flavor: Flavor, status: Option<&Row>, variables: &Row) -> Result<Self, StatusError> {
        let columns = match flavor {
            Flavor::MariaDb => &MARIADB,
            Flavor::MySql => &MYSQL,
        };
        let nobody = Self {
            source: None,
            receiver: Receiver::Off,
            applier: Applier::Off,
            positioning: Positioning::Gtid,
            received: GtidSet::empty(flavor),
            executed: server::executed(flavor, variables)?,
            relay_log: None,
            lag: None,
            receiver_error: None,
            applier_error: None,
            acking: variables.switch(columns.acking)?,
            acks_now: variables.switch(columns.acks_now)?,
        };
        match status {
            None => Ok(nobody),
            Some(row) => nobody.following(flavor, row, columns),
        }
    }

    fn following(self, flavor: Flavor, row: &Row, columns: &Columns) -> Result<Self, StatusError> {
        Ok(Self {
            source: Some(SourceAddress {
                host: row.need(columns.host)?.to_owned(),
                port: row.number(columns.port)?,
            }),
            receiver: receiver(row.need(columns.receiver)?),
            applier: applier(row.need(columns.applier)?, row.any(columns.applier_state)),
            positioning: positioning(row.get("Using_Gtid")),
            received: gtid(flavor, row, columns.received)?,
            relay_log: relay_log(row)?,
            lag: row.any(columns.lag).and_then(|text| text.parse().ok()).map(Duration::from_secs),
            receiver_error: error(row, "Last_IO_Errno", "Last_IO_Error"),
            applier_error: error(row, "Last_SQL_Errno", "Last_SQL_Error"),
            ..self
        })
    }
}

fn receiver(text: &str) -> Receiver {
    match text {
        "Yes" => Receiver::On,
        // A MariaDB that was just told to start says "Preparing" first.
        "Connecting" | "Preparing" => Receiver::Connecting,
        _ => Receiver::Off,
    }
}

fn applier(running: &str, state: Option<&str>) -> Applier {
    // Both flavors begin with their own name for themselves, and end in what they wait for.
    let idle = state.is_some_and(|state| state.contains(APPLIED));
    match (running, idle) {
        ("Yes", true) => Applier::Idle,
        ("Yes", false) => Applier::Busy,
        _ => Applier::Off,
    }
}

/// MySQL has no such column: it is always told to position itself.
fn positioning(using_gtid: Option<&str>) -> Positioning {
    match using_gtid {
        Some("No") => Positioning::File,
        _ => Positioning::Gtid,
    }
}

fn relay_log(row: &Row) -> Result<Option<RelayPosition>, StatusError> {
    let Some(file) = row.get("Relay_Log_File").filter(|file| !file.is_empty()) else { return Ok(None) };
    Ok(Some(RelayPosition { file: file.to_owned(), offset: row.number(&["Relay_Log_Pos"])? }))
}

fn error(row: &Row, code: &str, message: &str) -> Option<ReplicationError> {
    let code = row.get(code)?.parse().ok().filter(|code| *code != 0)?;
    Some(ReplicationError { code, message: row.get(message).unwrap_or_default().to_owned() })
}
