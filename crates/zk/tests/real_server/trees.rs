//! Paths with parents, and whole trees.

use std::time::Duration;

use mysos_zk::{Access, Kind, Multi};

use crate::support::{LONG, connected, server::ZkServer};

#[tokio::test]
async fn a_path_is_made_with_its_parents_by_several_at_once() {
    let server = ZkServer::start();
    let (one, two) = (connected(&server.url("/m")).await, connected(&server.url("/m")).await);
    let (a, b) = tokio::join!(
        one.ensure_path("/a/b/c", &Access::Private, LONG),
        two.ensure_path("/a/b/d", &Access::Private, LONG),
    );
    assert_eq!((a, b), (Ok(()), Ok(())));
    one.ensure_path("/a/b/c", &Access::Private, LONG).await.unwrap();
    assert_eq!(two.children("/a/b", LONG).await.unwrap().unwrap().len(), 2);
}

#[tokio::test]
async fn a_tree_larger_than_one_transaction_is_deleted_to_the_root() {
    let server = ZkServer::start();
    let handle = connected(&server.url("/m")).await;
    handle.ensure_path("/tree/branch", &Access::Private, LONG).await.unwrap();
    for batch in 0..3 {
        let multi = (0..250).fold(Multi::new(), |multi, leaf| {
            let path = format!("/tree/branch/{batch}-{leaf}");
            multi.create(path, b"x", Kind::Persistent, Access::Private)
        });
        handle.commit(&multi, LONG).await.unwrap();
    }
    handle.delete_tree("/tree", LONG).await.unwrap();
    assert_eq!(handle.stat("/tree", LONG).await.unwrap(), None);
    handle.delete_tree("/tree", LONG).await.unwrap();
}

#[tokio::test]
async fn a_tree_that_grows_meanwhile_is_deleted_all_the_same() {
    let server = ZkServer::start();
    let (one, two) = (connected(&server.url("/m")).await, connected(&server.url("/m")).await);
    one.ensure_path("/tree/branch", &Access::Private, LONG).await.unwrap();
    let grower = tokio::spawn(async move {
        let mut made = 0;
        // Ends when the branch is gone.
        while two.create(&format!("/tree/branch/{made}"), b"", &Access::Private, LONG).await.is_ok() {
            made += 1;
            tokio::time::sleep(Duration::from_millis(20)).await; // else nobody could win against it
        }
        made
    });
    while one.children("/tree/branch", LONG).await.unwrap().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    one.delete_tree("/tree", LONG).await.unwrap();
    assert!(grower.await.unwrap() > 0);
    assert_eq!(one.sync_then_read("/tree", LONG).await.unwrap(), None);
}
