//! Who acknowledges, and what waits until somebody has.

use std::time::{Duration, Instant};

use mysos_model::epoch::{Epoch, Turn};
use mysos_mysql_admin::{AdminError, Conn, Intent, intent::Switch, session, status};

use crate::server::{LIMIT, Server, apply, run, until, value};

/// Long enough that a write which is not held back would be through.
const A_WHILE: Duration = Duration::from_secs(2);

async fn receiver_restarts(conn: &mut Conn) {
    apply(conn, Intent::StopReceiver).await;
    apply(conn, Intent::StartReceiver).await;
}

async fn clients(conn: &mut Conn) -> u32 {
    status::source(conn, LIMIT).await.unwrap().clients
}

const MARKER: Intent = Intent::WriteMarker { epoch: Epoch(1), turn: Turn(2) };

/// A primary that waits for one acknowledgement, with two replicas that give none.
async fn held() -> ([Server; 3], Conn, [Conn; 2]) {
    let servers = Server::several().await;
    let mut primary = servers[0].open().await;
    let replicas = [servers[1].follow(&servers[0]).await, servers[2].follow(&servers[0]).await];
    apply(&mut primary, Intent::SemiSyncSource { wait_count: 1 }).await;
    (servers, primary, replicas)
}

#[tokio::test]
async fn a_write_waits_until_an_acker_has_it() {
    let (servers, mut primary, [mut first, _second]) = held().await;
    let status = status::source(&mut primary, LIMIT).await.unwrap();
    assert!(status.enabled && status.waits && status.clients == 0, "{status:?}");

    let mut writer = servers[0].conn().await;
    let error = writer.apply(&MARKER, A_WHILE).await.unwrap_err();
    assert!(matches!(error, AdminError::Timeout { .. }), "{error:?}");
    assert_eq!(status::source(&mut primary, LIMIT).await.unwrap().waiting_sessions, 1);

    // Switched on, it counts only when the receiver begins anew.
    apply(&mut first, Intent::SetAcking(Switch::On)).await;
    let seen = status::replica(&mut first, LIMIT).await.unwrap();
    assert!(seen.acking && !seen.acks_now);
    receiver_restarts(&mut first).await;
    until("the replica counts as an acker", async || clients(&mut primary).await == 1).await;
    assert!(status::replica(&mut first, LIMIT).await.unwrap().acks_now);
    // What the acker had received before it was one, it does not acknowledge: the write waits on, until a
    // later one is acknowledged. So whoever attaches an acker writes a marker row.
    let since = Instant::now();
    while since.elapsed() < A_WHILE {
        assert_eq!(status::source(&mut primary, LIMIT).await.unwrap().waiting_sessions, 1);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    apply(&mut servers[0].conn().await, MARKER).await;
    until("nothing waits any more", async || {
        status::source(&mut primary, LIMIT).await.unwrap().waiting_sessions == 0
    })
    .await;

    // Off, it is an acker until its receiver begins anew.
    apply(&mut first, Intent::SetAcking(Switch::Off)).await;
    apply(&mut servers[0].conn().await, MARKER).await;
    receiver_restarts(&mut first).await;
    until("nobody acknowledges any more", async || clients(&mut primary).await == 0).await;
    let error = servers[0].conn().await.apply(&MARKER, A_WHILE).await.unwrap_err();
    assert!(matches!(error, AdminError::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn each_marker_row_is_a_transaction_of_its_own_and_the_old_ones_are_removed() {
    let server = Server::new(0).await;
    let mut conn = server.open().await;
    let mut before = status::facts(&mut conn, LIMIT).await.unwrap().logged;
    assert!(before.is_empty(), "the table was there already: {before}");
    for _ in 0..103 {
        apply(&mut conn, MARKER).await;
        let after = status::facts(&mut conn, LIMIT).await.unwrap().logged;
        assert!(after > before, "{after} after {before}");
        before = after;
    }
    apply(&mut conn, Intent::TrimMarker).await;
    let row = "SELECT CONCAT_WS(' ', COUNT(*), MIN(id), MAX(epoch), MAX(turn)) AS v FROM mysos.marker";
    assert_eq!(value(&mut conn, row).await.as_deref(), Some("100 4 1 2"));
    // An owner may drop what is not his.
    run(&mut conn, "DROP DATABASE mysos").await;
    assert_eq!(conn.apply(&MARKER, LIMIT).await.unwrap_err().code(), Some(1146));
    apply(&mut conn, Intent::EnsureMarker).await;
    apply(&mut conn, MARKER).await;
}

#[tokio::test]
async fn while_a_commit_waits_read_only_cannot_be_set_and_kill_frees_it() {
    let (servers, mut primary, _replicas) = held().await;
    let mut writer = servers[0].conn().await;
    let waiting = writer.id();
    let write = tokio::spawn(async move { writer.apply(&MARKER, LIMIT).await });
    until("the write waits", async || {
        status::source(&mut primary, LIMIT).await.unwrap().waiting_sessions == 1
    })
    .await;

    let mut closer = servers[0].conn().await;
    let error = closer.apply(&Intent::SetReadOnly(Switch::On), A_WHILE).await.unwrap_err();
    assert!(matches!(error, AdminError::Timeout { .. }), "{error:?}");
    let error = closer.apply(&Intent::SetReadOnly(Switch::On), A_WHILE).await.unwrap_err();
    assert!(matches!(error, AdminError::Closed { .. }), "{error:?}");

    apply(&mut primary, Intent::Kill(waiting)).await;
    let outcome = write.await.unwrap();
    assert!(outcome.is_err(), "the client is told nothing good: {outcome:?}");
    until("the server is read-only", async || {
        let set = primary.apply(&Intent::SetReadOnly(Switch::On), LIMIT).await;
        set.is_ok() && status::facts(&mut primary, LIMIT).await.unwrap().read_only
    })
    .await;
}

#[tokio::test]
async fn an_account_can_be_locked_while_the_primary_is_blocked() {
    let (servers, mut primary, [mut first, _second]) = held().await;
    let mut writer = servers[0].conn().await;
    let _ = writer.apply(&MARKER, A_WHILE).await;
    apply(&mut primary, Intent::LockAccount(servers[1].ordinal)).await;
    session::end_dumps(&mut primary, Some(servers[1].ordinal), LIMIT).await.unwrap();
    apply(&mut first, Intent::SetAcking(Switch::On)).await;
    receiver_restarts(&mut first).await;
    until("the locked replica is refused", async || {
        status::replica(&mut first, LIMIT).await.unwrap().receiver_error.is_some()
    })
    .await;
    assert_eq!(clients(&mut primary).await, 0);
}

#[tokio::test]
async fn clients_are_ended_and_the_administrator_is_not() {
    let server = Server::new(0).await;
    let mut conn = server.open().await;
    let user = "app".parse().unwrap();
    apply(&mut conn, Intent::EnsureClusterUser { user, password: crate::server::password() }).await;
    let mut client = Conn::open(&server.login("app"), LIMIT).await.unwrap();
    assert_eq!(session::end_clients(&mut conn, LIMIT).await.unwrap(), 1);
    let error = client.query(&mysos_mysql_admin::sql::Sql::new("SELECT 1"), LIMIT).await.unwrap_err();
    assert!(matches!(error, AdminError::Unreachable { .. }), "{error:?}");
    run(&mut conn, "SELECT 1").await;
}
