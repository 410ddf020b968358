//! Sessions that end against our will.

use std::time::Duration;

use mysos_zk::{Access, SessionNumber, ZkError};
use tokio::time::timeout;

use crate::support::{
    LONG, connected, eventually,
    proxy::{Mode, Proxy},
    server::ZkServer,
    takeover::end_session,
    until,
};

#[tokio::test]
async fn an_ended_session_is_never_silent() {
    let server = ZkServer::start();
    let proxy = Proxy::start(server.address()).await;
    let (handle, other) = (connected(&proxy.url("/m")).await, connected(&server.url("/m")).await);
    let first = handle.session();
    handle.create_ephemeral(first.number, ("/e", b"1"), &Access::Private, LONG).await.unwrap();
    let mut node = handle.watch_node("/e");
    assert!(node.next().await.unwrap().value.is_some());

    proxy.set(Mode::Cut);
    end_session(server.address(), first.id.unwrap()).await;
    proxy.set(Mode::Open);
    timeout(LONG, handle.over(first.number)).await.expect("the owner learns of it");
    let second = handle.ready(LONG).await.unwrap();
    assert_eq!(second.number, SessionNumber(2));
    assert_ne!(second.id, first.id);
    until("the ephemeral is seen to be gone", &mut node, Option::is_none).await;

    let stale = handle.create_ephemeral(first.number, ("/e", b"stale"), &Access::Private, LONG).await;
    assert_eq!(stale, Err(ZkError::SessionOver { session: first.number }));
    assert_eq!(other.sync_then_read("/e", LONG).await.unwrap(), None);
    handle.create_ephemeral(second.number, ("/e", b"2"), &Access::Private, LONG).await.unwrap();
    let seen = until("the one made anew", &mut node, Option::is_some).await.unwrap();
    assert_eq!((seen.data.as_slice(), seen.stat.owner), (b"2".as_slice(), second.id));
}

#[tokio::test]
async fn an_outage_longer_than_the_session_ends_it_and_the_owner_builds_up_again() {
    let mut server = ZkServer::start();
    let handle = connected(&server.url_as("me:secret", "/m")).await;
    let first = handle.session();
    handle.create_ephemeral(first.number, ("/e", b"1"), &Access::Private, LONG).await.unwrap();
    let mut names = handle.watch_children("/");
    names.next().await.unwrap();
    server.kill();
    timeout(LONG, handle.over(first.number)).await.expect("given up without any server");
    server.restart();
    let second = handle.ready(LONG).await.unwrap();
    assert_eq!(second.number, SessionNumber(2));

    // The server that starts anew lets old sessions live for one more timeout, so the leftover is in the way.
    let leftover = handle.sync_then_read("/e", LONG).await.unwrap().expect("a leftover of the first session");
    assert_eq!(leftover.stat.owner, first.id);
    handle.create_ephemeral(second.number, ("/e", b"2"), &Access::Private, LONG).await.unwrap();
    let replaced = handle.sync_then_read("/e", LONG).await.unwrap().unwrap();
    assert_eq!((replaced.data.as_slice(), replaced.stat.owner), (b"2".as_slice(), second.id));

    eventually("the first session times out at the server", || async {
        !server.ask("dump").contains(&first.id.unwrap().to_string())
    })
    .await;
    assert!(handle.sync_then_read("/e", LONG).await.unwrap().is_some(), "ours outlives it");
    handle.create("/later", b"", &Access::Private, LONG).await.unwrap();
    until("watches work in the new session", &mut names, |names| {
        names.as_ref().is_some_and(|names| names.contains("later"))
    })
    .await;
}

#[tokio::test]
async fn what_another_holds_is_not_taken() {
    let server = ZkServer::start();
    let (one, two) = (connected(&server.url("/m")).await, connected(&server.url("/m")).await);
    one.create_ephemeral(SessionNumber(1), ("/e", b"one"), &Access::Private, LONG).await.unwrap();
    // Again is fine, also with other data.
    one.create_ephemeral(SessionNumber(1), ("/e", b"one"), &Access::Private, LONG).await.unwrap();
    one.create_ephemeral(SessionNumber(1), ("/e", b"1!"), &Access::Private, LONG).await.unwrap();
    let error =
        two.create_ephemeral(SessionNumber(1), ("/e", b"two"), &Access::Private, LONG).await.unwrap_err();
    assert_eq!(error.reason(), Some(mysos_zk::Reason::NodeExists));
    assert_eq!(two.sync_then_read("/e", LONG).await.unwrap().unwrap().data, b"1!");
    let short = Duration::from_secs(1);
    let error =
        two.create_ephemeral(SessionNumber(1), ("/a/b", b""), &Access::Private, short).await.unwrap_err();
    assert_eq!(error.reason(), Some(mysos_zk::Reason::NoNode), "a missing parent is no race");
}
