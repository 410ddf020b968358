//! Servers that die, fall silent or are cut off for less than a session.

use std::time::Duration;

use mysos_zk::{Access, SessionNumber, SessionState, ZkError};
use tokio::time::{Instant, sleep, timeout};

use crate::support::{
    LONG, SESSION, connected, eventually,
    proxy::{Mode, Proxy},
    server::ZkServer,
    until,
};

#[tokio::test]
async fn a_server_back_in_time_keeps_session_watches_and_login() {
    let mut server = ZkServer::start();
    let handle = connected(&server.url_as("me:secret", "/m")).await;
    let first = handle.session();
    handle.create("/secret", b"1", &Access::Private, LONG).await.unwrap();
    handle.create_ephemeral(first.number, ("/e", b""), &Access::Private, LONG).await.unwrap();
    let mut names = handle.watch_children("/");
    assert_eq!(names.next().await.unwrap().value.unwrap().len(), 2);

    server.kill();
    eventually("the loss is told", || async {
        matches!(handle.session().state, SessionState::Suspended { .. })
    })
    .await;
    sleep(Duration::from_secs(1)).await; // the outage itself
    server.restart();
    handle.ready(LONG).await.unwrap();

    let now = handle.session();
    assert_eq!((now.number, now.id), (first.number, first.id), "the session is kept");
    assert!(now.connections > first.connections);
    assert_eq!(handle.sync_then_read("/secret", LONG).await.unwrap().unwrap().data, b"1", "logged in again");
    let owner = handle.read("/e", LONG).await.unwrap().unwrap().stat.owner;
    assert_eq!(owner, first.id, "the ephemeral is still there");
    handle.create("/later", b"", &Access::Private, LONG).await.unwrap();
    until("the watch fires after the reconnect", &mut names, |names| {
        names.as_ref().is_some_and(|names| names.contains("later"))
    })
    .await;
}

#[tokio::test]
async fn a_change_missed_while_cut_off_is_delivered() {
    let server = ZkServer::start();
    let proxy = Proxy::start(server.address()).await;
    let (handle, other) = (connected(&proxy.url("/m")).await, connected(&server.url("/m")).await);
    let mut names = handle.watch_children("/");
    assert_eq!(names.next().await.unwrap().value.unwrap().len(), 0);
    proxy.set(Mode::Cut);
    other.create("/missed", b"", &Access::Private, LONG).await.unwrap();
    eventually("the loss is told", || async { !handle.session().is_connected() }).await;
    proxy.set(Mode::Open);
    until("the missed child", &mut names, |names| names.as_ref().is_some_and(|names| names.len() == 1)).await;
    assert_eq!(handle.session().number, SessionNumber(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ensemble_whose_connected_server_falls_silent_keeps_the_session() {
    let servers = ZkServer::start_three();
    // The leader stays: without it the others would first have to elect.
    let followers: Vec<&ZkServer> = servers.iter().filter(|server| server.is_follower()).collect();
    assert_eq!(followers.len(), 2);
    let list = format!("{},{}", followers[0].address(), followers[1].address());
    let handle = connected(&format!("zk://{list}/m")).await;
    let first = handle.session();
    handle.create_ephemeral(first.number, ("/e", b""), &Access::Private, LONG).await.unwrap();
    let mut names = handle.watch_children("/");
    names.next().await.unwrap();

    let sid = first.id.unwrap().to_string();
    let at = followers.iter().position(|server| server.ask("cons").contains(&sid)).expect("connected to one");
    let other = connected(&followers[1 - at].url("/m")).await;
    followers[at].freeze();
    other.create("/during", b"", &Access::Private, LONG).await.unwrap();
    let begun = Instant::now();
    until("a change made meanwhile", &mut names, |names| {
        names.as_ref().is_some_and(|names| names.contains("during"))
    })
    .await;
    assert!(begun.elapsed() < SESSION, "moved before the session ended: {:?}", begun.elapsed());
    assert!(other.sync_then_read("/e", LONG).await.unwrap().is_some(), "the ephemeral never went");
    handle.ready(LONG).await.unwrap();
    assert_eq!((handle.session().number, handle.session().id), (first.number, first.id));
    followers[at].thaw();
}

#[tokio::test]
async fn last_contact_stops_when_the_server_is_not_heard() {
    let server = ZkServer::start();
    let proxy = Proxy::start(server.address()).await;
    let handle = connected(&proxy.url("/m")).await;
    let first = handle.session().last_contact.unwrap();
    let risen = |than| {
        let handle = handle.clone();
        move || {
            let now = handle.session().last_contact.unwrap();
            async move { now > than }
        }
    };
    eventually("contact without any traffic of ours", risen(first)).await;
    proxy.set(Mode::Held);
    let held = std::time::Instant::now();
    eventually("the silence is noticed", || async {
        matches!(handle.session().state, SessionState::Suspended { .. })
    })
    .await;
    assert!(handle.session().last_contact.unwrap() <= held, "no contact is claimed while nothing is heard");
    proxy.set(Mode::Cut);
    proxy.set(Mode::Open);
    eventually("contact again", risen(held)).await;
}

#[tokio::test]
async fn a_write_given_up_is_unknown_and_may_still_be_done() {
    let server = ZkServer::start();
    let proxy = Proxy::start(server.address()).await;
    let (handle, other) = (connected(&proxy.url("/m")).await, connected(&server.url("/m")).await);
    proxy.set(Mode::Held);
    let error =
        handle.create("/zombie", b"", &Access::Private, Duration::from_millis(300)).await.unwrap_err();
    assert!(matches!(error, ZkError::Unknown { verb: "create", session: SessionNumber(1), .. }), "{error}");
    assert!(!error.nothing_changed());
    assert_eq!(other.sync_then_read("/zombie", LONG).await.unwrap(), None, "not done yet");
    proxy.set(Mode::Open);
    let found = handle.sync_then_read("/zombie", LONG).await.unwrap();
    assert!(found.is_some(), "a read answered in the same session tells the outcome");
}

#[tokio::test]
async fn a_write_during_an_outage_is_not_handed_over() {
    let server = ZkServer::start();
    let proxy = Proxy::start(server.address()).await;
    let handle = connected(&proxy.url("/m")).await;
    proxy.set(Mode::Cut);
    eventually("the loss is told", || async { !handle.session().is_connected() }).await;
    let error = handle.create("/never", b"", &Access::Private, Duration::from_millis(200)).await.unwrap_err();
    assert!(matches!(error, ZkError::Unavailable { .. }), "{error}");
    // And one that is given the time is done when the server is back.
    let patient = tokio::spawn({
        let handle = handle.clone();
        async move { handle.create("/patient", b"", &Access::Private, LONG).await }
    });
    proxy.set(Mode::Open);
    timeout(LONG, patient).await.unwrap().unwrap().unwrap();
    assert_eq!(handle.sync_then_read("/never", LONG).await.unwrap(), None);
}
