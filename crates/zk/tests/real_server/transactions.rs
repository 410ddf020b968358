//! Transactions: all or nothing, and which operation it was.

use mysos_zk::{Access, Done, Kind, Multi, Reason, Version, ZkError, ZkHandle};

use crate::support::{LONG, connected, server::ZkServer};

async fn handle_with(server: &ZkServer, paths: &[&str]) -> ZkHandle {
    let handle = connected(&server.url("/m")).await;
    for path in paths {
        handle.create(path, b"0", &Access::Private, LONG).await.unwrap();
    }
    handle
}

fn refused(error: ZkError) -> (usize, &'static str, String, Reason) {
    match error {
        ZkError::Refused(refusal) => (refusal.index, refusal.verb, refusal.path, refusal.reason),
        other => panic!("not refused: {other}"),
    }
}

#[tokio::test]
async fn a_stale_check_stops_everything_and_is_named() {
    let server = ZkServer::start();
    let handle = handle_with(&server, &["/epoch", "/own"]).await;
    assert_eq!(handle.swap("/epoch", b"1", Version(0), LONG).await.unwrap(), Version(1));
    let moved = Multi::new().delete("/own", None).check("/epoch", Version(0)).create(
        "/master",
        b"me",
        Kind::Ephemeral,
        Access::WorldReadable,
    );
    let error = handle.commit(&moved, LONG).await.unwrap_err();
    assert!(error.nothing_changed());
    assert_eq!(refused(error), (1, "check", "/epoch".to_owned(), Reason::BadVersion));
    assert!(handle.read("/own", LONG).await.unwrap().is_some(), "nothing was done");

    let moved = Multi::new()
        .check("/epoch", Version(1))
        .delete("/own", Version(0))
        .create("/master", b"me", Kind::Ephemeral, Access::WorldReadable)
        .set("/epoch", b"2", Version(1));
    let done = handle.commit(&moved, LONG).await.unwrap();
    assert_eq!(done[..3], [Done::Checked, Done::Deleted, Done::Created("/master".to_owned())]);
    assert!(matches!(done[3], Done::Set(stat) if stat.version == Version(2)), "{done:?}");
    assert_eq!(handle.children("/", LONG).await.unwrap().unwrap().len(), 2);
}

#[tokio::test]
async fn every_refusal_has_its_reason() {
    let server = ZkServer::start();
    let handle = handle_with(&server, &["/a", "/a/b"]).await;
    handle.create_ephemeral(handle.session().number, ("/e", b""), &Access::Private, LONG).await.unwrap();
    let why = async |multi: Multi| refused(handle.commit(&multi, LONG).await.unwrap_err()).3;
    let make = |path: &str| Multi::new().create(path, b"", Kind::Persistent, Access::Private);
    assert_eq!(why(make("/a")).await, Reason::NodeExists);
    assert_eq!(why(make("/x/y")).await, Reason::NoNode);
    assert_eq!(why(make("/e/y")).await, Reason::EphemeralParent);
    assert_eq!(why(Multi::new().delete("/a", None)).await, Reason::NotEmpty);
    assert_eq!(why(Multi::new().delete("/x", None)).await, Reason::NoNode);
    assert_eq!(why(Multi::new().delete("/a/b", Version(3))).await, Reason::BadVersion);
    assert_eq!(why(Multi::new().set("/a", b"", Version(3))).await, Reason::BadVersion);
    assert_eq!(why(Multi::new().check("/x", Version(0))).await, Reason::NoNode);
}

#[tokio::test]
async fn a_sequential_create_in_a_transaction_returns_its_path() {
    let server = ZkServer::start();
    let handle = handle_with(&server, &["/slaves"]).await;
    let make = |kind| Multi::new().create("/slaves/member_", b"x", kind, Access::Private);
    let both = make(Kind::EphemeralSequential).with(make(Kind::PersistentSequential).ops()[0].clone());
    let done = handle.commit(&both, LONG).await.unwrap();
    let path = |number: u32| Done::Created(format!("/slaves/member_{number:010}"));
    assert_eq!(done, [path(0), path(1)]);
    let owner = handle.read("/slaves/member_0000000000", LONG).await.unwrap().unwrap().stat.owner;
    assert_eq!(owner, handle.session().id);
}

#[tokio::test]
async fn what_is_too_large_or_unfit_is_not_sent() {
    let server = ZkServer::start();
    let handle = handle_with(&server, &[]).await;
    let large = handle.create("/large", &vec![0; 1_000_000], &Access::Private, LONG).await.unwrap_err();
    assert!(large.to_string().contains("ZooKeeper takes at most 1000000"), "{large}");
    handle.create("/most", &vec![0; 999_000], &Access::Private, LONG).await.unwrap();
    for path in ["", "x", "/x/", "/x//y", "/../x"] {
        let error = handle.create(path, b"", &Access::Private, LONG).await.unwrap_err();
        assert!(matches!(error, ZkError::Misuse { .. }), "{path:?}: {error}");
        let error = handle.read(path, LONG).await.unwrap_err();
        assert!(matches!(error, ZkError::Misuse { .. }), "{path:?}: {error}");
    }
    assert_eq!(handle.commit(&Multi::new(), LONG).await, Ok(vec![]));
    assert_eq!(handle.session().connections, 1, "none of it cost the connection");
}
