//! Streams of values: nothing final is missed.

use std::{sync::Arc, time::Duration};

use mysos_zk::{Access, ChildNodes, Node, Options, Version, ZkError, ZkHandle};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use crate::support::{
    LONG, SESSION, connected, eventually, open,
    proxy::{Mode, Proxy},
    server::ZkServer,
    until,
};

#[allow(clippy::ref_option, reason = "it takes the value of a stream as it is")]
fn data(node: &Option<Node>) -> Option<&[u8]> {
    node.as_ref().map(|node| node.data.as_slice())
}

#[tokio::test]
async fn a_znode_is_followed_through_its_whole_life() {
    let server = ZkServer::start();
    let handle = connected(&server.url("/m")).await;
    let mut stream = handle.watch_node("/x");
    assert_eq!(stream.next().await.unwrap().value, None, "absent is a value");
    handle.create("/x", b"1", &Access::Private, LONG).await.unwrap();
    let first = until("created", &mut stream, Option::is_some).await.unwrap();
    assert_eq!((first.data.as_slice(), first.stat.version), (b"1".as_slice(), Version(0)));
    handle.swap("/x", b"2", Version(0), LONG).await.unwrap();
    until("changed", &mut stream, |node| data(node) == Some(b"2")).await;
    handle.delete_if("/x", Version(1), LONG).await.unwrap();
    until("deleted", &mut stream, Option::is_none).await;
    handle.create("/x", b"1", &Access::Private, LONG).await.unwrap();
    let again = until("made anew", &mut stream, Option::is_some).await.unwrap();
    assert!(again.stat.created > first.stat.created && again.stat.version == first.stat.version);
}

#[tokio::test]
async fn children_are_followed_with_their_data() {
    let server = ZkServer::start();
    let handle = connected(&server.url("/m")).await;
    let mut stream = handle.watch_child_nodes("/g");
    assert_eq!(stream.next().await.unwrap().value, None);
    let holds = |wanted: &'static [(&str, &[u8])]| {
        move |nodes: &ChildNodes| {
            nodes.as_ref().is_some_and(|nodes| {
                nodes
                    .iter()
                    .map(|(name, node)| (name.as_str(), node.data.as_slice()))
                    .eq(wanted.iter().copied())
            })
        }
    };
    handle.create("/g", b"", &Access::Private, LONG).await.unwrap();
    until("an empty group", &mut stream, holds(&[])).await;
    handle.create("/g/a", b"1", &Access::Private, LONG).await.unwrap();
    until("one child", &mut stream, holds(&[("a", b"1")])).await;
    handle.create("/g/b", b"1", &Access::Private, LONG).await.unwrap();
    handle.swap("/g/a", b"2", Version(0), LONG).await.unwrap();
    until("two, one changed", &mut stream, holds(&[("a", b"2"), ("b", b"1")])).await;
    handle.delete_if("/g/a", Version(1), LONG).await.unwrap();
    until("one left", &mut stream, holds(&[("b", b"1")])).await;
    handle.delete_tree("/g", LONG).await.unwrap();
    until("the group is gone", &mut stream, Option::is_none).await;
}

#[tokio::test]
async fn the_newest_children_are_followed_while_old_ones_go() {
    let server = ZkServer::start();
    let handle = connected(&server.url("/m")).await;
    let mut stream = handle.watch_newest("/j", 2);
    assert_eq!(stream.next().await.unwrap().value, None);
    let names = |wanted: &'static [&'static str]| {
        move |nodes: &ChildNodes| {
            nodes.as_ref().is_some_and(|nodes| {
                nodes.iter().all(|(name, node)| node.data == name.as_bytes())
                    && nodes.keys().eq(wanted.iter().copied())
            })
        }
    };
    handle.create("/j", b"", &Access::Private, LONG).await.unwrap();
    for name in ["a", "b", "c"] {
        handle.create(&format!("/j/{name}"), name.as_bytes(), &Access::Private, LONG).await.unwrap();
    }
    until("the newest two", &mut stream, names(&["b", "c"])).await;
    handle.delete_if("/j/a", Version(0), LONG).await.unwrap();
    handle.create("/j/d", b"d", &Access::Private, LONG).await.unwrap();
    until("one more", &mut stream, names(&["c", "d"])).await;
    handle.delete_if("/j/d", Version(0), LONG).await.unwrap();
    until("an earlier one again", &mut stream, names(&["b", "c"])).await;
    handle.delete_tree("/j", LONG).await.unwrap();
    until("all gone", &mut stream, Option::is_none).await;
}

#[tokio::test]
async fn a_stream_reads_again_even_when_nothing_happens() {
    let server = ZkServer::start();
    let options = Options { poll: Duration::from_millis(100), ..Options::new(SESSION) };
    let handle = ZkHandle::open(&server.url("/m").parse().unwrap(), options);
    let mut stream = handle.watch_node("/x");
    let first = stream.next().await.unwrap();
    eventually("the slow poll", || {
        let latest = stream.latest().unwrap();
        async move { latest.at > first.at }
    })
    .await;
    let silent = timeout(Duration::from_millis(300), stream.next()).await;
    assert!(silent.is_err(), "the same value is not told twice");
}

#[tokio::test]
async fn a_stream_made_before_the_first_connection_waits() {
    let mut server = ZkServer::start();
    server.kill();
    let handle = open(&server.url("/m"));
    let mut stream = handle.watch_node("/");
    assert!(stream.latest().is_none(), "unknown is not absent");
    server.restart();
    assert!(stream.next().await.unwrap().value.is_some());
}

#[tokio::test]
async fn the_last_value_survives_an_outage() {
    let mut server = ZkServer::start();
    let handle = connected(&server.url("/m")).await;
    handle.create("/x", b"1", &Access::Private, LONG).await.unwrap();
    let mut stream = handle.watch_node("/x");
    until("read", &mut stream, Option::is_some).await;
    server.kill();
    handle.over(handle.session().number).await;
    assert_eq!(data(&stream.latest().unwrap().value), Some(b"1".as_slice()));
}

/// Counts up in a znode until told to stop; the last value that was acknowledged, or may have been done.
async fn count(handle: ZkHandle, stop: Arc<Notify>) -> u64 {
    let mut value = 0;
    let stopped = stop.notified();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => break,
            () = sleep(Duration::from_millis(3)) => {}
        }
        let Ok(Some(node)) = handle.sync_then_read("/n", LONG).await else { continue };
        value = String::from_utf8(node.data).unwrap().parse::<u64>().unwrap() + 1;
        let _lost_or_refused: Result<Version, ZkError> =
            handle.swap("/n", value.to_string().as_bytes(), node.stat.version, LONG).await;
        let _lost_or_refused = handle.create(&format!("/g/{value}"), b"", &Access::Private, LONG).await;
    }
    value
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_final_value_is_seen_however_often_the_server_dies() {
    let mut server = ZkServer::start();
    let proxy = Proxy::start(server.address()).await;
    let (reader, writer) = (connected(&proxy.url("/m")).await, connected(&server.url("/m")).await);
    writer.create("/n", b"0", &Access::Private, LONG).await.unwrap();
    writer.create("/g", b"", &Access::Private, LONG).await.unwrap();
    let (mut value, mut group) = (reader.watch_node("/n"), reader.watch_children("/g"));
    for round in 0..4 {
        let stop = Arc::new(Notify::new());
        let counting = tokio::spawn(count(writer.clone(), Arc::clone(&stop)));
        sleep(Duration::from_millis(150)).await; // let it write before, during and after
        proxy.set(if round % 2 == 0 { Mode::Cut } else { Mode::Open });
        server.kill();
        server.restart();
        sleep(Duration::from_millis(200)).await;
        proxy.set(Mode::Open);
        stop.notify_one();
        counting.await.unwrap();
        let last = writer.sync_then_read("/n", LONG).await.unwrap().unwrap().data;
        let names = writer.children("/g", LONG).await.unwrap();
        assert!(names.as_ref().unwrap().len() > round, "something was written in each round");
        until("the final value", &mut value, |node| data(node) == Some(&last)).await;
        until("the final children", &mut group, |seen| *seen == names).await;
    }
    let total = group.latest().unwrap().value.unwrap().len();
    println!("{total} children made over 4 deaths of the server");
}
