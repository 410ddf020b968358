//! Following, moving to another primary, and coming back as a replica.

use std::time::{Duration, Instant};

use mysos_mysql_admin::{
    Conn, Intent,
    intent::Switch,
    status::{self, Receiver},
};

use crate::server::{LIMIT, Server, apply, run, until, value};

async fn has(conn: &mut Conn, of: &mut Conn) -> bool {
    let wanted = status::facts(of, LIMIT).await.unwrap().logged;
    status::facts(conn, LIMIT).await.unwrap().logged.contains(&wanted)
}

/// One row in `d.t` on the primary, and both replicas have it.
async fn three() -> ([Server; 3], [Conn; 3]) {
    let servers = Server::several().await;
    let mut primary = servers[0].open().await;
    run(&mut primary, "CREATE DATABASE d").await;
    run(&mut primary, "CREATE TABLE d.t (id INT PRIMARY KEY)").await;
    run(&mut primary, "INSERT INTO d.t VALUES (1)").await;
    let mut first = servers[1].follow(&servers[0]).await;
    let mut second = servers[2].follow(&servers[0]).await;
    until("the first replica has it", async || has(&mut first, &mut primary).await).await;
    until("the second replica has it", async || has(&mut second, &mut primary).await).await;
    (servers, [primary, first, second])
}

#[tokio::test]
async fn a_replica_moves_to_another_primary_and_the_old_primary_follows_it() {
    let (mut servers, [_, mut first, mut second]) = three().await;
    servers[0].kill();
    apply(&mut first, Intent::StopReplication).await;
    apply(&mut first, Intent::SetServerId(2011)).await;
    apply(&mut first, Intent::UnlockAccount(servers[0].ordinal)).await;
    apply(&mut first, Intent::UnlockAccount(servers[2].ordinal)).await;
    apply(&mut first, Intent::SetReadOnly(Switch::Off)).await;
    run(&mut first, "INSERT INTO d.t VALUES (2)").await;
    apply(&mut first, Intent::ForgetSource).await;
    assert_eq!(status::replica(&mut first, LIMIT).await.unwrap().source, None);

    apply(&mut second, Intent::StopReplication).await;
    apply(&mut second, Intent::MoveReceiver(servers[1].as_source_of(&servers[2]))).await;
    apply(&mut second, Intent::StartReplication).await;
    until("the other replica follows", async || {
        value(&mut second, "SELECT COUNT(*) AS v FROM d.t").await.as_deref() == Some("2")
    })
    .await;

    // The old primary never applied anything: it knows its place from its binary log only.
    servers[0].start().await;
    let mut back = servers[0].follow(&servers[1]).await;
    until("the old primary follows", async || {
        value(&mut back, "SELECT COUNT(*) AS v FROM d.t").await.as_deref() == Some("2")
    })
    .await;
    let status = status::replica(&mut back, LIMIT).await.unwrap();
    assert_eq!((status.receiver, status.applier_error), (Receiver::On, None));
    let source = status.source.unwrap();
    assert_eq!((source.host, source.port), (servers[1].address.clone(), servers[1].port));
}

#[tokio::test]
async fn a_receiver_retries_without_end_and_finds_its_primary_again() {
    let (mut servers, [_, mut first, _]) = three().await;
    servers[0].kill();
    until("the receiver notices", async || {
        status::replica(&mut first, LIMIT).await.unwrap().receiver_error.is_some()
    })
    .await;
    // Several retries at one a second: with a count that means "not at all" it would have ended by now.
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(4) {
        let status = status::replica(&mut first, LIMIT).await.unwrap();
        assert_eq!(status.receiver, Receiver::Connecting, "{:?}", status.receiver_error);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    servers[0].start().await;
    until("it receives again", async || {
        status::replica(&mut first, LIMIT).await.unwrap().receiver == Receiver::On
    })
    .await;
}

#[tokio::test]
async fn a_receiver_stops_soon_though_its_primary_is_frozen() {
    let (servers, [mut primary, mut first, _]) = three().await;
    apply(&mut primary, Intent::SemiSyncSource { wait_count: 1 }).await;
    apply(&mut first, Intent::SetAcking(Switch::On)).await;
    apply(&mut first, Intent::StopReceiver).await;
    apply(&mut first, Intent::StartReceiver).await;
    until("it acknowledges", async || status::replica(&mut first, LIMIT).await.unwrap().acks_now).await;
    servers[0].signal("STOP");
    let since = Instant::now();
    apply(&mut first, Intent::StopReceiver).await;
    let took = since.elapsed();
    servers[0].signal("CONT");
    assert!(took < Duration::from_secs(3), "it took {took:?}");
    assert_eq!(status::replica(&mut first, LIMIT).await.unwrap().receiver, Receiver::Off);
}
