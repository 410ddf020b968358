//! Who is connected to a server: what a demotion ends, and what an eviction must see gone.

use std::{collections::BTreeSet, time::Duration};

use mysos_model::name::Ordinal;

use crate::{
    account,
    conn::Conn,
    error::AdminError,
    intent::{ConnectionId, Intent},
    row::{Row, RowError},
    sql::Sql,
};

/// What a connection is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A replica's: what is written is sent to it.
    Dump,
    /// Our own administrator's.
    Admin,
    /// The thread that applies, at the end of what is received. Half a transaction may be left there.
    IdleApplier,
    /// Another thread of the server itself.
    System,
    /// A client's.
    Client,
    /// Anybody's that was ended and has not gone yet.
    Ending,
}

/// One connection of a server. Its statement is not kept: values of users never leave the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The server's number of it.
    pub id: ConnectionId,
    /// The account.
    pub user: String,
    /// What it is there for.
    pub purpose: Purpose,
}

impl Session {
    fn parse(row: &Row) -> Result<Self, RowError> {
        let user = row.need(&["User"])?;
        let command = row.any(&["Command"]).unwrap_or_default();
        let state = row.any(&["State"]).unwrap_or_default();
        let purpose = match (user, command) {
            ("system user", _) if state.contains(APPLIED) => Purpose::IdleApplier,
            // One that is being ended, or has not asked for anything yet, counts as well: it may still send.
            (user, _) if account::replication_slot(user).is_some() => Purpose::Dump,
            (_, command) if command.starts_with("Binlog Dump") => Purpose::Dump,
            // It runs no statement any more.
            (_, "Killed") => Purpose::Ending,
            ("system user" | "event_scheduler", _) | (_, "Daemon") => Purpose::System,
            (account::ADMIN_USER, _) => Purpose::Admin,
            _ => Purpose::Client,
        };
        Ok(Self { id: ConnectionId(row.number(&["Id"])?), user: user.to_owned(), purpose })
    }
}

/// What an applier says of itself when it waits for more, after its own name for itself.
pub(crate) const APPLIED: &str = "has read all relay log";

/// Everybody connected.
pub async fn list(conn: &mut Conn, limit: Duration) -> Result<Vec<Session>, AdminError> {
    let rows = conn.query(&Sql::new("SHOW PROCESSLIST"), limit).await?;
    let sessions: Result<Vec<Session>, RowError> = rows.iter().map(Session::parse).collect();
    sessions.map_err(|error| conn.strange("list its connections", error.into()))
}

/// Ends the connections that send to replicas: of one member, or of all. Answers how many there were: the
/// caller asks again until there are none.
pub async fn end_dumps(conn: &mut Conn, of: Option<Ordinal>, limit: Duration) -> Result<usize, AdminError> {
    let user = of.map(account::replication_user);
    let is_his = |session: &Session| user.as_ref().is_none_or(|user| session.user == *user);
    end(conn, limit, |session| session.purpose == Purpose::Dump && is_his(session)).await
}

/// Ends the connections of clients, those that wait for an acknowledgement too. On MySQL their commits go on
/// waiting. Answers how many there were.
pub async fn end_clients(conn: &mut Conn, limit: Duration) -> Result<usize, AdminError> {
    end(conn, limit, |session| session.purpose == Purpose::Client).await
}

/// Ends the connections of copies that were given up: what is idle has ended by itself, what waits for a lock has not
/// noticed. Answers how many there were.
pub async fn end_copies(conn: &mut Conn, limit: Duration) -> Result<usize, AdminError> {
    let rows = conn.query(&Sql::new("SHOW PROCESSLIST"), limit).await?;
    let mut ended = 0;
    for row in rows.iter().filter(|row| is_copy(row)) {
        let id: u64 =
            row.number(&["Id"]).map_err(|error| conn.strange("list its connections", error.into()))?;
        conn.apply(&Intent::Kill(ConnectionId(id)), limit).await?;
        ended += 1;
    }
    Ok(ended)
}

/// Whether a connection copies: a clone, or our own administrator's at one of the statements of a backup.
fn is_copy(row: &Row) -> bool {
    let word = |name: &str| row.get(name).unwrap_or_default().to_ascii_uppercase();
    let ours = row.get("User") == Some(account::ADMIN_USER);
    let (command, statement) = (word("Command"), word("Info"));
    ours && (command.contains("CLONE")
        || ["BACKUP ", "FLUSH ", "LOCK "].iter().any(|begin| statement.starts_with(begin)))
}

/// Ends the applier that is at the end of what is received. On MySQL one that was told to stop inside half a
/// transaction waits a minute for the other half; ended so it stops at once, and what it had applied of it is
/// rolled back (seen on 9.7). Answers how many there were.
pub async fn end_idle_appliers(conn: &mut Conn, limit: Duration) -> Result<usize, AdminError> {
    end(conn, limit, |session| session.purpose == Purpose::IdleApplier).await
}

/// The connections of clients that are there now.
pub async fn clients(conn: &mut Conn, limit: Duration) -> Result<BTreeSet<ConnectionId>, AdminError> {
    let sessions = list(conn, limit).await?;
    let clients = sessions.iter().filter(|session| session.purpose == Purpose::Client);
    Ok(clients.map(|session| session.id).collect())
}

/// The limit is for each statement: there are as many as connections.
async fn end(conn: &mut Conn, limit: Duration, whom: impl Fn(&Session) -> bool) -> Result<usize, AdminError> {
    let sessions = list(conn, limit).await?;
    let mut ended = 0;
    for session in sessions.iter().filter(|session| whom(session)) {
        conn.apply(&Intent::Kill(session.id), limit).await?;
        ended += 1;
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purpose(user: &str, command: &str) -> Purpose {
        purpose_in(user, command, "")
    }

    fn purpose_in(user: &str, command: &str, state: &str) -> Purpose {
        let row =
            [("Id", Some("7")), ("User", Some(user)), ("Command", Some(command)), ("State", Some(state))];
        Session::parse(&Row::from_iter(row)).unwrap().purpose
    }

    #[test]
    fn connections_are_told_apart() {
        assert_eq!(purpose("mysos_repl_1", "Binlog Dump"), Purpose::Dump);
        assert_eq!(purpose("mysos_repl_1", "Binlog Dump GTID"), Purpose::Dump);
        assert_eq!(purpose("mysos_repl_1", "Sleep"), Purpose::Dump);
        assert_eq!(purpose("mysos_repl_1", "Killed"), Purpose::Dump);
        assert_eq!(purpose("app", "Killed"), Purpose::Ending);
        assert_eq!(purpose("system user", "Slave_IO"), Purpose::System);
        let idle = "Replica has read all relay log; waiting for more updates";
        assert_eq!(purpose_in("system user", "Query", idle), Purpose::IdleApplier);
        assert_eq!(purpose_in("system user", "Connect", "Waiting for source to send event"), Purpose::System);
        assert_eq!(purpose_in("app", "Query", idle), Purpose::Client);
        assert_eq!(purpose("event_scheduler", "Daemon"), Purpose::System);
        assert_eq!(purpose("mysos_admin", "Query"), Purpose::Admin);
        assert_eq!(purpose("app", "Query"), Purpose::Client);
    }
}
