//! Roots and rights.

use mysos_zk::{Access, Credentials, DigestId, Options, Reason, Root, ZkHandle};

use crate::support::{LONG, SESSION, connected, server::ZkServer};

#[tokio::test]
async fn the_root_is_made_and_paths_are_below_it() {
    let server = ZkServer::start();
    let handle = connected(&server.url("/deep/down/m")).await;
    handle.create("/x", b"1", &Access::Private, LONG).await.unwrap();
    let top = connected(&server.url("")).await;
    assert_eq!(top.read("/deep/down/m/x", LONG).await.unwrap().unwrap().data, b"1");
    let second = connected(&server.url("/deep/down/m")).await;
    assert_eq!(second.children("/", LONG).await.unwrap().unwrap().len(), 1, "the root that is there is used");
}

#[tokio::test]
async fn a_root_of_somebody_else_is_left_alone() {
    let server = ZkServer::start();
    let url = server.url("/mesos").parse().unwrap();
    let handle = ZkHandle::open(&url, Options::new(SESSION).root(Root::AsIs));
    handle.ready(LONG).await.unwrap();
    assert_eq!(handle.children("/", LONG).await.unwrap(), None);
    let top = connected(&server.url("")).await;
    assert_eq!(top.read("/mesos", LONG).await.unwrap(), None);
}

#[tokio::test]
async fn a_stranger_is_denied() {
    let server = ZkServer::start();
    let owner = connected(&server.url_as("me:secret", "/m")).await;
    owner.create("/private", b"x", &Access::Private, LONG).await.unwrap();
    owner.create("/public", b"x", &Access::WorldReadable, LONG).await.unwrap();
    for account in ["", "me:wrong@", "other:secret@"] {
        let url = format!("zk://{account}{}/m", server.address());
        let stranger = connected(&url).await;
        let denied = |error: mysos_zk::ZkError| assert_eq!(error.reason(), Some(Reason::NoAuth), "{error}");
        denied(stranger.read("/private", LONG).await.unwrap_err());
        denied(stranger.children("/", LONG).await.unwrap_err());
        denied(stranger.create("/mine", b"", &Access::Private, LONG).await.unwrap_err());
        let public = stranger.read("/public", LONG).await.unwrap().unwrap();
        denied(stranger.swap("/public", b"y", public.stat.version, LONG).await.unwrap_err());
        denied(stranger.delete_if("/public", public.stat.version, LONG).await.unwrap_err());
        stranger.ensure_path("/private", &Access::Private, LONG).await.unwrap();
    }
}

#[tokio::test]
async fn a_second_account_reads_and_nobody_else() {
    let server = ZkServer::start();
    let owner = connected(&server.url_as("me:secret", "/m")).await;
    let reader = Credentials::new("reader", "public").unwrap();
    let access = Access::ReadableBy(DigestId::of(&reader));
    owner.create("/shared", b"x", &access, LONG).await.unwrap();
    let (reader, nobody) =
        (connected(&server.url_as("reader:public", "/m")).await, connected(&server.url("/m")).await);
    assert_eq!(reader.read("/shared", LONG).await.unwrap().unwrap().data, b"x");
    let error = reader.create("/shared/x", b"", &Access::Private, LONG).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::NoAuth));
    assert_eq!(nobody.read("/shared", LONG).await.unwrap_err().reason(), Some(Reason::NoAuth));
}

#[tokio::test]
async fn a_watch_without_the_right_says_so_and_works_once_it_has_it() {
    let server = ZkServer::start();
    let (owner, nobody) =
        (connected(&server.url_as("me:secret", "/m")).await, connected(&server.url("/m")).await);
    owner.create("/x", b"1", &Access::Private, LONG).await.unwrap();
    let mut stream = nobody.watch_node("/x");
    crate::support::eventually("the trouble is told", || {
        let trouble = stream.trouble();
        async move { trouble.is_some_and(|text| text.contains("not authorized")) }
    })
    .await;
    let version = owner.read("/x", LONG).await.unwrap().unwrap().stat.version;
    owner.delete_if("/x", version, LONG).await.unwrap();
    owner.create("/x", b"2", &Access::WorldReadable, LONG).await.unwrap();
    let seen = crate::support::until("the open one", &mut stream, Option::is_some).await.unwrap();
    assert_eq!(seen.data, b"2");
    assert_eq!(stream.trouble(), None);
}
