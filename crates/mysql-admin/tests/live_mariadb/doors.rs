//! How a server begins, and what opening it takes.

use std::time::Instant;

use mysos_model::gtid::{GtidSet, mariadb::Origin};
use mysos_mysql_admin::{Flavor, Intent, intent::Switch, status};

use crate::server::{LIMIT, Server, apply, run, until, value};

#[tokio::test]
async fn a_server_begins_closed_and_acknowledges_nothing() {
    let server = Server::new(0).await;
    let mut conn = server.conn().await;
    let facts = status::facts(&mut conn, LIMIT).await.unwrap();
    assert_eq!((facts.version.flavor, facts.server_id), (Flavor::MariaDb, 10));
    assert!(facts.read_only && facts.executed.is_empty());
    let source = status::source(&mut conn, LIMIT).await.unwrap();
    assert!(!source.enabled && !source.waits && source.wait_count == 1);
    let replica = status::replica(&mut conn, LIMIT).await.unwrap();
    assert!(replica.source.is_none() && !replica.acking);
    for (variable, value_of) in [
        ("SELECT @@rpl_semi_sync_master_wait_point AS v", "AFTER_SYNC"),
        ("SELECT @@rpl_semi_sync_master_timeout AS v", "315360000000"),
        ("SELECT @@relay_log_recovery AS v", "0"),
        ("SELECT @@sync_binlog + @@sync_relay_log + @@innodb_flush_log_at_trx_commit AS v", "3"),
        ("SELECT @@innodb_buffer_pool_size AS v", "67108864"),
        ("SELECT @@local_infile + @@slave_parallel_threads + @@performance_schema AS v", "0"),
    ] {
        assert_eq!(value(&mut conn, variable).await.as_deref(), Some(value_of), "{variable}");
    }
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

#[tokio::test]
async fn a_restarted_primary_is_closed_again() {
    let mut server = Server::new(0).await;
    let mut conn = server.open().await;
    apply(&mut conn, Intent::SemiSyncSource { wait_count: 1 }).await;
    server.kill();
    server.start().await;
    let mut conn = server.conn().await;
    assert!(status::facts(&mut conn, LIMIT).await.unwrap().read_only);
    assert!(!status::source(&mut conn, LIMIT).await.unwrap().enabled);
}

#[tokio::test]
async fn what_is_written_after_a_promotion_carries_the_new_server_id() {
    let server = Server::new(0).await;
    let mut conn = server.open().await;
    run(&mut conn, "CREATE DATABASE d").await;
    apply(&mut conn, Intent::SetServerId(3001)).await;
    run(&mut conn, "CREATE TABLE d.t (id INT PRIMARY KEY)").await;
    run(&mut server.conn().await, "INSERT INTO d.t VALUES (1)").await;
    let facts = status::facts(&mut conn, LIMIT).await.unwrap();
    let GtidSet::MariaDb(logged) = &facts.logged else { panic!("{}", facts.logged) };
    assert_eq!(logged.last(Origin { domain: 0, server: 10 }), Some(1));
    assert_eq!(logged.last(Origin { domain: 0, server: 3001 }), Some(3));
}

#[tokio::test]
async fn a_fresh_start_takes_over_a_set_and_nothing_else() {
    let server = Server::new(0).await;
    let mut conn = server.open().await;
    run(&mut conn, "CREATE DATABASE d").await;
    let position = GtidSet::parse(Flavor::MariaDb, "0-1-2103").unwrap();
    apply(&mut conn, Intent::FreshStart { position: position.clone() }).await;
    let facts = status::facts(&mut conn, LIMIT).await.unwrap();
    assert_eq!(facts.executed, position);
    assert!(facts.logged.is_empty());
}

#[tokio::test]
async fn read_only_is_set_at_once_when_nothing_waits() {
    let server = Server::new(0).await;
    let mut conn = server.open().await;
    let since = Instant::now();
    apply(&mut conn, Intent::SetReadOnly(Switch::On)).await;
    assert!(since.elapsed().as_secs() < 1);
    until("it says so", async || status::facts(&mut conn, LIMIT).await.unwrap().read_only).await;
}
