//! More watched znodes than the client library sets again in one request.

use mysos_zk::{Access, Kind, Multi, SessionNumber};

use crate::support::{
    LONG, connected, eventually,
    proxy::{Mode, Proxy},
    server::ZkServer,
    until,
};

/// Longer than most names, so that fewer of them make a crowd: 128 KiB of paths are what counts.
const NAME: &str = "a-cluster-with-a-rather-long-name-that-takes-some-space-in-every-path";
const CROWD: usize = 2400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_watches_survives_a_reconnect() {
    let server = ZkServer::start();
    let proxy = Proxy::start(server.address()).await;
    let (zk, other) = (connected(&proxy.url("/m")).await, connected(&server.url("/m")).await);
    let paths: Vec<String> = (0..CROWD).map(|at| format!("/{NAME}-{at}")).collect();
    for batch in paths.chunks(400) {
        let multi = batch
            .iter()
            .fold(Multi::new(), |multi, path| multi.create(path, b"1", Kind::Persistent, Access::Private));
        other.commit(&multi, LONG).await.unwrap();
    }
    let mut streams: Vec<_> = paths.iter().map(|path| zk.watch_node(path)).collect();
    for stream in &mut streams {
        until("the first value", stream, Option::is_some).await;
    }
    proxy.set(Mode::Cut);
    eventually("the loss is told", || async { !zk.session().is_connected() }).await;
    for path in [&paths[0], &paths[CROWD - 1]] {
        other.swap(path, b"2", mysos_zk::Version(0), LONG).await.unwrap();
    }
    proxy.set(Mode::Open);
    for at in [0, CROWD - 1] {
        let changed = |node: &Option<mysos_zk::Node>| node.as_ref().is_some_and(|node| node.data == b"2");
        until("the change made meanwhile", &mut streams[at], changed).await;
    }
    assert_eq!(zk.session().number, SessionNumber(1), "the session is kept");
    assert_eq!(zk.session().connections, 2, "at the first attempt");
}
