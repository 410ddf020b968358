//! Applying what was received before anything else happens to it: executed ⊇ received.
//!
//! What was acknowledged may be in the relay log alone. MySQL keeps it over a restart. MariaDB in GTID mode
//! throws it away as soon as replication starts with both threads stopped, so after a restart the way is:
//! find the first transaction that is not executed, leave GTID mode naming its file and offset, let the
//! applier run to the end, stop it, return to GTID mode.
//!
//! There is no state here: each step follows from what the server says, so whoever crashed in the middle
//! begins again with `step`. It rests on one applier thread without helpers, as `options` sets it.

use std::{
    io::{self, Read, Seek, SeekFrom},
    time::Duration,
};

use mysos_model::{flavor::Flavor, gtid::GtidSet};

use crate::{
    conn::Conn,
    error::AdminError,
    intent::{Intent, RelayPosition},
    row::Row,
    sql::Sql,
    status::{self, Applier, Positioning, Receiver, ReplicaStatus, ReplicationError},
};

/// What one step of draining came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drain {
    /// Everything received is executed; the receiver is off. This is the set.
    Done(GtidSet),
    /// Something was set going, or still goes: take another step soon.
    Going,
    /// The applier cannot go on. What is behind the place is not executed.
    Stuck {
        /// Why.
        error: ReplicationError,
        /// Where in the relay log, on MariaDB. When the file ends torn there (see [`ends_torn`]),
        /// everything complete is executed, and [`Intent::ReturnToGtidMode`] ends the matter.
        at: Option<RelayPosition>,
    },
}

/// What a status asks for.
#[derive(Debug, PartialEq, Eq)]
enum Move {
    Done,
    Wait,
    Apply(Vec<Intent>),
    /// Look in the relay log for what is not executed; apply from there, or go on as it says.
    Search {
        /// What to do when there is nothing.
        otherwise: Option<Intent>,
    },
    Stuck(ReplicationError),
}

/// The applier of a MariaDB that reads an event which is not whole.
pub const RELAY_LOG_UNREADABLE: u16 = 1594;

fn decide(flavor: Flavor, status: &ReplicaStatus) -> Move {
    if status.source.is_none() {
        return Move::Done;
    }
    if status.receiver != Receiver::Off {
        return Move::Apply(vec![Intent::StopReceiver]);
    }
    match (flavor, status.positioning) {
        (Flavor::MySql, _) => by_mysql(status),
        (Flavor::MariaDb, Positioning::Gtid) => by_transactions(status),
        (Flavor::MariaDb, Positioning::File) => by_file(status),
    }
}

fn by_mysql(status: &ReplicaStatus) -> Move {
    match (status.is_drained(), status.applier, &status.applier_error) {
        (true, _, _) => Move::Done,
        (false, Applier::Off, Some(error)) => Move::Stuck(error.clone()),
        (false, Applier::Off, None) => Move::Apply(vec![Intent::StartApplier]),
        (false, Applier::Busy | Applier::Idle, _) => Move::Wait,
    }
}

/// A server that was not restarted knows what it received. One that was restarted knows of nothing, which
/// looks the same as having received nothing: only the relay log tells.
fn by_transactions(status: &ReplicaStatus) -> Move {
    match (status.applier, status.is_drained()) {
        (Applier::Off, _) => Move::Search { otherwise: None },
        (Applier::Busy | Applier::Idle, true) => Move::Done,
        (Applier::Busy | Applier::Idle, false) => Move::Wait,
    }
}

/// Stopping and returning go together: between them the position would be one of a relay log half read.
fn by_file(status: &ReplicaStatus) -> Move {
    match (status.applier, &status.applier_error) {
        (Applier::Off, Some(error)) => Move::Stuck(error.clone()),
        (Applier::Off, None) => Move::Search { otherwise: Some(Intent::ReturnToGtidMode) },
        (Applier::Busy, _) => Move::Wait,
        (Applier::Idle, _) => Move::Apply(vec![Intent::StopApplier, Intent::ReturnToGtidMode]),
    }
}

/// Takes one step: looks, and does at most one thing. The limit is for each statement.
pub async fn step(conn: &mut Conn, limit: Duration) -> Result<Drain, AdminError> {
    let status = status::replica(conn, limit).await?;
    let intents = match decide(conn.flavor(), &status) {
        Move::Done => return Ok(Drain::Done(status.executed)),
        Move::Wait => return Ok(Drain::Going),
        Move::Stuck(error) => return Ok(Drain::Stuck { error, at: status.relay_log }),
        Move::Apply(intents) => intents,
        Move::Search { otherwise } => match (first_unexecuted(conn, &status, limit).await?, otherwise) {
            (Found::At(at), _) => vec![Intent::DrainRelayLog(at)],
            (Found::Nothing, Some(intent)) => vec![intent],
            (Found::Nothing, None) => return Ok(Drain::Done(status.executed)),
            (Found::Missing(at), _) => return Ok(missing(at)),
        },
    };
    for intent in intents {
        conn.apply(&intent, limit).await?;
    }
    Ok(Drain::Going)
}

/// How many events are asked for at once: a transaction or some hundreds, in an answer of some 100 KiB.
const PAGE_EVENTS: u64 = 1000;
/// The server's word for "no such file" and for "cannot read on", told apart by its text.
const CANNOT_LIST: u16 = 1220;
/// Where the first event of a file is.
const FIRST_OFFSET: u64 = 4;

/// Where the relay log goes on with what is not executed.
enum Found {
    At(RelayPosition),
    Nothing,
    /// The file that the server says it stands in is not there.
    Missing(RelayPosition),
}

fn missing(at: RelayPosition) -> Drain {
    let message = format!("the relay log {} is not there, though the applier stands in it", at.file);
    Drain::Stuck { error: ReplicationError { code: CANNOT_LIST, message }, at: Some(at) }
}

/// Looks through the relay log for the first transaction that is not executed. The recorded place alone
/// would not do: the server records it after it commits, so after a crash it may lie behind.
async fn first_unexecuted(
    conn: &mut Conn,
    status: &ReplicaStatus,
    limit: Duration,
) -> Result<Found, AdminError> {
    let Some(recorded) = status.relay_log.clone() else { return Ok(Found::Nothing) };
    let mut at = recorded.clone();
    loop {
        match page(conn, &at, limit).await? {
            Page::NoFile if at.file == recorded.file => return Ok(Found::Missing(recorded)),
            // Every file begins with an event. A server that could not open its relay log at the start lists
            // none for any name.
            Page::Events(events) if events.is_empty() && at.offset == FIRST_OFFSET => {
                return Ok(Found::Missing(recorded));
            }
            // There is none after the last one.
            Page::NoFile => return Ok(Found::Nothing),
            // Not readable from here to the end of a page. The applier reads event by event, so it gets as
            // far as there is something whole.
            Page::Unreadable => return Ok(Found::At(at)),
            Page::Events(events) => match search(&events, &status.executed, at.offset) {
                Search::Unexecuted(offset) => return Ok(Found::At(RelayPosition { offset, ..at })),
                Search::GoOn(offset) => at.offset = offset,
                Search::EndOfFile => {
                    let Some(file) = next_file(&at.file) else { return Ok(Found::Missing(recorded)) };
                    at = RelayPosition { file, offset: FIRST_OFFSET };
                }
            },
        }
    }
}

enum Page {
    Events(Vec<Row>),
    NoFile,
    Unreadable,
}

async fn page(conn: &mut Conn, at: &RelayPosition, limit: Duration) -> Result<Page, AdminError> {
    let sql = Sql::new("SHOW RELAYLOG EVENTS IN ")
        .literal(&at.file)
        .words(" FROM ")
        .number(at.offset)
        .words(" LIMIT ")
        .number(PAGE_EVENTS);
    match conn.query(&sql, limit).await {
        Ok(rows) => Ok(Page::Events(rows)),
        Err(AdminError::Refused { code: CANNOT_LIST, message, .. }) if message.contains("target log") => {
            Ok(Page::NoFile)
        }
        Err(AdminError::Refused { code: CANNOT_LIST, .. }) => Ok(Page::Unreadable),
        Err(error) => Err(error),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Search {
    /// A transaction that is not executed begins here.
    Unexecuted(u64),
    /// None so far; the next page begins here.
    GoOn(u64),
    /// None in this file.
    EndOfFile,
}

/// Looks through a page of events that begins at `from`.
fn search(events: &[Row], executed: &GtidSet, from: u64) -> Search {
    let offset = |row: &Row| row.number::<u64>(&["Pos"]).ok();
    let unexecuted = |row: &&Row| {
        row.get("Event_type") == Some("Gtid")
            && row.get("Info").and_then(transaction).is_some_and(|gtid| !executed.contains(&gtid))
    };
    if let Some(offset) = events.iter().find(unexecuted).and_then(offset) {
        return Search::Unexecuted(offset);
    }
    // A full page ends in an event that the next page begins with.
    match events.last().and_then(offset) {
        Some(last) if events.len() as u64 >= PAGE_EVENTS && last > from => Search::GoOn(last),
        _ => Search::EndOfFile,
    }
}

/// The transaction that an event begins: `BEGIN GTID 0-1-6 cid=3` or `GTID 0-1-7`.
fn transaction(info: &str) -> Option<GtidSet> {
    let text = info.split_whitespace().skip_while(|word| *word != "GTID").nth(1)?;
    GtidSet::parse(Flavor::MariaDb, text).ok().filter(|set| !set.is_empty())
}

/// `relay.000009` is followed by `relay.000010`.
fn next_file(file: &str) -> Option<String> {
    let (base, number) = file.rsplit_once('.')?;
    let next = number.parse::<u64>().ok()?.checked_add(1)?;
    Some(format!("{base}.{next:0width$}", width = number.len()))
}

/// Length of the part of an event that says how long the event is.
const EVENT_HEADER_BYTES: u64 = 19;

/// Whether a relay log ends within an event, looked at from `offset`, where an event begins.
///
/// Such an event was never acknowledged: an acknowledgement follows the synced write of a whole transaction.
/// An applier that stopped with [`RELAY_LOG_UNREADABLE`] before a file that does not end so stands before
/// damage, and what is behind that may have been acknowledged.
pub fn ends_torn(log: &mut (impl Read + Seek), offset: u64) -> io::Result<bool> {
    let end = log.seek(SeekFrom::End(0))?;
    let mut at = offset;
    while at + EVENT_HEADER_BYTES <= end {
        log.seek(SeekFrom::Start(at + LENGTH_IN_HEADER))?;
        let mut length = [0; 4];
        log.read_exact(&mut length)?;
        let length = u64::from(u32::from_le_bytes(length));
        if length < EVENT_HEADER_BYTES {
            return Ok(false);
        }
        at += length;
    }
    Ok(at != end)
}

/// Where in its header an event says its length.
const LENGTH_IN_HEADER: u64 = 9;

#[cfg(test)]
mod tests;
