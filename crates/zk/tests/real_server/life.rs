//! How a handle begins and ends.

use std::time::Duration;

use mysos_zk::{Access, Options, SessionNumber, SessionState, ZkError, ZkHandle};
use tokio::{net::TcpListener, time::Instant};

use crate::support::{
    LONG, SESSION, connected, eventually, open,
    server::{ZkServer, free_address},
};

#[tokio::test]
async fn close_removes_ephemerals_at_once() {
    let server = ZkServer::start();
    let (owner, other) = (connected(&server.url("/m")).await, connected(&server.url("/m")).await);
    let session = owner.session().number;
    owner.create_ephemeral(session, ("/e", b"x"), &Access::Private, LONG).await.unwrap();
    assert!(other.sync_then_read("/e", LONG).await.unwrap().is_some());
    owner.close(LONG).await.unwrap();
    assert_eq!(other.sync_then_read("/e", LONG).await.unwrap(), None);
    assert_eq!(owner.session().state, SessionState::Closed);
    assert_eq!(owner.read("/e", LONG).await, Err(ZkError::Closed));
    assert_eq!(owner.close(LONG).await, Ok(()), "closing twice is fine");
}

#[tokio::test]
async fn close_frees_whoever_waits() {
    let server = ZkServer::start();
    let owner = connected(&server.url("/m")).await;
    let mut stream = owner.watch_node("/x");
    assert_eq!(stream.next().await.unwrap().value, None);
    let waiting = tokio::spawn(async move { stream.next().await });
    owner.close(LONG).await.unwrap();
    assert!(waiting.await.unwrap().is_none(), "the stream ends");
}

#[tokio::test]
async fn dropping_the_last_clone_removes_ephemerals() {
    let server = ZkServer::start();
    let (owner, other) = (connected(&server.url("/m")).await, connected(&server.url("/m")).await);
    let clone = owner.clone();
    let stream = owner.watch_node("/e");
    owner.create_ephemeral(owner.session().number, ("/e", b"x"), &Access::Private, LONG).await.unwrap();
    drop(owner);
    assert!(clone.read("/e", LONG).await.unwrap().is_some(), "a clone keeps the session");
    let dropped = Instant::now();
    drop(clone);
    eventually("the ephemeral goes", || async { other.sync_then_read("/e", LONG).await.unwrap().is_none() })
        .await;
    assert!(dropped.elapsed() < SESSION / 2, "closed, not timed out: {:?}", dropped.elapsed());
    drop(stream);
}

#[tokio::test]
async fn nobody_listening_is_an_error_in_time_that_names_the_servers() {
    let (a, b) = (free_address(), free_address());
    let handle = open(&format!("zk://me:hunter2@{a},{b}/m"));
    let begun = Instant::now();
    let error = handle.ready(Duration::from_secs(2)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(3), "bounded: {:?}", begun.elapsed());
    let text = error.to_string();
    assert!(text.contains(&format!("{a},{b}")), "{text}");
    assert!(text.contains(&format!("{a}: Connection refused")), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(error.nothing_changed());
    let error = handle.create("/x", b"", &Access::Private, Duration::from_millis(200)).await.unwrap_err();
    assert!(matches!(error, ZkError::Unavailable { .. }), "{error}");
    assert!(matches!(handle.session().state, SessionState::Connecting { attempts: 1.., .. }));
}

#[tokio::test]
async fn a_port_that_only_accepts_is_told_from_one_that_refuses() {
    let listener = TcpListener::bind(free_address()).await.unwrap();
    let handle = open(&format!("zk://{}/m", listener.local_addr().unwrap()));
    // Two fifths of a session until the client gives a silent server up.
    let error = handle.ready(SESSION + Duration::from_secs(4)).await.unwrap_err().to_string();
    assert!(error.contains("accepts connections but grants no session"), "{error}");
}

#[tokio::test]
async fn a_handle_waits_for_a_server_that_starts_later() {
    let mut server = ZkServer::start();
    server.kill();
    let handle = open(&server.url("/m"));
    assert!(handle.ready(Duration::from_millis(300)).await.is_err());
    server.restart();
    let session = handle.ready(LONG).await.unwrap();
    assert_eq!(session.number, SessionNumber(1));
    assert!(session.last_contact.is_some());
}

#[tokio::test]
async fn the_granted_timeout_is_told() {
    let server = ZkServer::start();
    let url = server.url("").parse().unwrap();
    // Twenty ticks of half a second are the most that the server grants.
    let handle = ZkHandle::open(&url, Options::new(Duration::from_secs(60)));
    assert_eq!(handle.ready(LONG).await.unwrap().timeout, Duration::from_secs(10));
}
