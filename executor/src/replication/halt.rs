//! Stopping: replication where an applier holds half a transaction, and a primary that commits hold open. MySQL needs
//! help with both.

use std::time::Duration;

use mysos_model::Flavor;
use mysos_mysql_admin::{AdminError, Conn, Intent, intent::Switch, session, status};
use tokio::time::{sleep, timeout};

use super::{AGAIN, say};
use crate::{membership::Membership, orders::STATEMENT};

/// How long MySQL may take to stop its threads before its applier is ended. Stopping takes 0.1 s; inside half a
/// transaction it takes a minute.
const STOPS: Duration = Duration::from_millis(500);
/// How long commits may still wait for their acknowledgement after their clients were ended. Those that have an acker
/// are through within this.
const ACKNOWLEDGED: Duration = Duration::from_millis(300);

/// Stops both threads. Everything whole that was received is applied: what is left of half a transaction is rolled back.
pub(super) async fn stop_replication(conn: &mut Conn, member: &Membership) -> Result<(), AdminError> {
    if conn.flavor() == Flavor::MariaDb {
        return say(conn, Intent::StopReplication).await;
    }
    let mut stop = std::pin::pin!(conn.apply(&Intent::StopReplication, STATEMENT));
    let own = member.identity().mysql;
    loop {
        // It ends by its own limit at the latest.
        if let Ok(stopped) = timeout(STOPS, &mut stop).await {
            return stopped;
        }
        let mut other = Conn::open(&member.login(&own), STATEMENT).await?;
        let ended = session::end_idle_appliers(&mut other, STATEMENT).await?;
        tracing::info!(ended, "the applier holds half a transaction and is ended");
    }
}

/// On MySQL an applier that holds half a transaction holds its locks, and its number: a promoted server would show it
/// among what it holds. MariaDB shows nothing of it.
pub(super) async fn let_go_of_halves(conn: &mut Conn, member: &Membership) -> Result<(), AdminError> {
    let facts = status::facts(conn, STATEMENT).await?;
    if conn.flavor() == Flavor::MariaDb || facts.logged == facts.executed {
        return Ok(());
    }
    stop_replication(conn, member).await
}

/// Read-only within the bound. A commit that waits for its acknowledgement holds that up, so clients are
/// ended first: on MariaDB that frees them without an OK. Who is held up still is killed with the server by
/// the caller.
pub(super) async fn close(conn: &mut Conn, within: Duration) -> Result<(), AdminError> {
    session::end_clients(conn, within).await?;
    if conn.flavor() == Flavor::MySql {
        see_commits_through(conn).await?;
    }
    conn.apply(&Intent::SetReadOnly(Switch::On), within).await?;
    session::end_clients(conn, within).await?;
    Ok(())
}

/// On MySQL nothing frees a commit that waits, so there is nothing to wait for when nobody acknowledges.
async fn see_commits_through(conn: &mut Conn) -> Result<(), AdminError> {
    let through = async {
        while status::source(conn, STATEMENT).await?.waiting_sessions > 0 {
            sleep(AGAIN).await;
        }
        Ok(())
    };
    let blocked = AdminError::Blocked { doing: "become read-only".to_owned() };
    timeout(ACKNOWLEDGED, through).await.unwrap_or(Err(blocked))
}
