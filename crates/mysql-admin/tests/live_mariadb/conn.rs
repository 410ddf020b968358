//! Limits: whoever breaks one is out, and nobody gets the answer of another statement.

use std::time::{Duration, Instant};

use mysos_model::secret::Password;
use mysos_mysql_admin::{AdminError, Conn, Intent, sql::Sql};

use crate::server::{LIMIT, Server, value};

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn after_a_limit_nobody_reads_the_answer_of_the_statement_before() {
    let server = Server::new(0).await;
    let mut conn = server.conn().await;
    let error = conn.query(&Sql::new("SELECT SLEEP(2) AS v"), SHORT).await.unwrap_err();
    assert!(matches!(error, AdminError::Timeout { .. }), "{error:?}");
    assert!(!conn.is_usable());
    let error = conn.query(&Sql::new("SELECT 42 AS v"), LIMIT).await.unwrap_err();
    assert!(matches!(error, AdminError::Closed { .. }), "{error:?}");
}

#[tokio::test]
async fn a_dropped_call_gives_the_connection_up_too() {
    let server = Server::new(0).await;
    let mut conn = server.conn().await;
    let sql = Sql::new("SELECT SLEEP(2) AS v");
    let dropped = tokio::time::timeout(SHORT, conn.query(&sql, LIMIT)).await;
    assert!(dropped.is_err() && !conn.is_usable());
    // The server sees the line closed when it has slept, and ends the connection.
    let mut other = server.conn().await;
    let count = "SELECT COUNT(*) AS v FROM information_schema.processlist WHERE user = 'mysos_admin'";
    crate::server::until("the connection is gone", async || {
        value(&mut other, count).await.as_deref() == Some("1")
    })
    .await;
}

#[tokio::test]
async fn a_frozen_server_costs_the_limit_and_no_more() {
    let server = Server::new(0).await;
    let mut conn = server.conn().await;
    server.signal("STOP");
    let since = Instant::now();
    let opened = Conn::open(&server.admin(), SHORT).await;
    let asked = conn.query(&Sql::new("SELECT 1 AS v"), SHORT).await;
    let took = since.elapsed();
    server.signal("CONT");
    assert!(matches!(opened, Err(AdminError::Timeout { .. })), "{opened:?}");
    assert!(matches!(asked, Err(AdminError::Timeout { .. })), "{asked:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn a_refusal_leaves_the_connection_usable_and_a_dead_server_is_unreachable() {
    let mut server = Server::new(0).await;
    let mut conn = server.conn().await;
    let error = conn.query(&Sql::new("SELECT nonsense"), LIMIT).await.unwrap_err();
    assert_eq!(error.code(), Some(1054), "{error:?}");
    assert_eq!(value(&mut conn, "SELECT 42 AS v").await.as_deref(), Some("42"));
    server.kill();
    let error = conn.query(&Sql::new("SELECT 1"), LIMIT).await.unwrap_err();
    assert!(matches!(error, AdminError::Unreachable { .. }), "{error:?}");
    let error = Conn::open(&server.admin(), LIMIT).await.unwrap_err();
    assert!(matches!(error, AdminError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_refused_statement_with_a_secret_is_not_repeated_in_the_error() {
    let server = Server::new(0).await;
    let mut conn = server.conn().await;
    // A literal in a place where the grammar has none: the server's error quotes what follows.
    let sql = Sql::new("SELECT FROM ").secret(&Password::new("hunter2"));
    let error = conn.query(&sql, LIMIT).await.unwrap_err();
    assert_eq!(error.code(), Some(1064));
    let chain = format!("{error} {error:?}");
    assert!(!chain.contains("hunter2"), "{chain}");
}

#[tokio::test]
async fn a_connection_that_failed_with_the_binary_log_off_is_not_used_again() {
    let server = Server::new(0).await;
    let mut conn = server.conn().await;
    // There is no account for this slot.
    let intent = Intent::LockAccount(mysos_model::name::Ordinal(99));
    let error = conn.apply(&intent, LIMIT).await.unwrap_err();
    assert_eq!(error.code(), Some(1396), "{error:?}");
    assert!(!conn.is_usable());
}

#[tokio::test]
async fn ending_a_connection_that_has_gone_is_no_error() {
    let server = Server::new(0).await;
    let mut conn = server.conn().await;
    let intent = Intent::Kill(mysos_mysql_admin::intent::ConnectionId(999_999));
    conn.apply(&intent, LIMIT).await.unwrap();
    assert!(conn.is_usable());
}
