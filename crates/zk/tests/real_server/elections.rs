//! Who leads: among schedulers, and among the masters of Mesos.

use std::time::Duration;

use mysos_model::Term;
use mysos_zk::{
    Access, Election, Leadership, Lost, Multi, Options, Reason, Root, Version, ZkError, ZkHandle,
    leading_master,
};
use tokio::time::{Instant, timeout};

use crate::support::{
    LONG, SESSION, connected,
    proxy::{Mode, Proxy},
    server::ZkServer,
    takeover::end_session,
    until,
};

async fn won(election: &Election) -> Leadership {
    timeout(LONG, election.win()).await.expect("won in time").unwrap()
}

async fn save(zk: &ZkHandle, leadership: &Leadership, data: &str) -> Result<(), ZkError> {
    let version = zk.sync_then_read("/state", LONG).await?.unwrap().stat.version;
    let multi = leadership.fence().guard(Multi::new().set("/state", data, version));
    zk.commit_in(leadership.session(), &multi, LONG).await.map(drop)
}

#[tokio::test]
async fn the_next_leads_at_once_when_the_leader_goes_and_the_term_rises() {
    let server = ZkServer::start();
    let (one, two) = (connected(&server.url("/m")).await, connected(&server.url("/m")).await);
    let first = Election::new(&one, "/leader", "http://one");
    let leadership = won(&first).await;
    assert_eq!(leadership.term(), Term(1));
    assert!(leadership.is_held());

    let second = Election::new(&two, "/leader", "http://two");
    let mut leader = second.leader();
    until("the one who leads", &mut leader, |data| data.as_deref() == Some(b"http://one")).await;
    let early = timeout(Duration::from_millis(500), second.win()).await;
    assert!(early.is_err(), "a standby waits");
    assert_eq!(won(&first).await.term(), Term(2), "who leads may win again");

    let lost = tokio::spawn(async move { leadership.lost().await });
    one.close(LONG).await.unwrap();
    let begun = Instant::now();
    let leadership = won(&second).await;
    assert!(begun.elapsed() < SESSION / 2, "did not wait for a timeout: {:?}", begun.elapsed());
    assert_eq!(leadership.term(), Term(3));
    assert!(matches!(lost.await.unwrap(), Lost::Session(_) | Lost::Term));
    until("the new one", &mut leader, |data| data.as_deref() == Some(b"http://two")).await;
}

#[tokio::test]
async fn a_leader_that_was_frozen_cannot_write() {
    let server = ZkServer::start();
    let proxy = Proxy::start(server.address()).await;
    let (stale, next) = (connected(&proxy.url("/m")).await, connected(&server.url("/m")).await);
    next.create("/state", b"", &Access::Private, LONG).await.unwrap();
    let old = won(&Election::new(&stale, "/leader", "stale")).await;
    save(&stale, &old, "1").await.unwrap();
    proxy.set(Mode::Cut);
    let new = won(&Election::new(&next, "/leader", "next")).await;
    assert_eq!(new.term(), Term(2));
    assert_eq!(timeout(LONG, old.lost()).await.unwrap(), Lost::Session(old.session()));
    assert!(!old.is_held());
    proxy.set(Mode::Open);
    stale.ready(LONG).await.unwrap();
    let error = save(&stale, &old, "late").await.unwrap_err();
    assert_eq!(error, ZkError::SessionOver { session: old.session() });
    let multi = old.fence().guard(Multi::new().set("/state", b"late", None));
    let error = stale.commit(&multi, LONG).await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::BadVersion), "the fence holds even without the session");
    save(&next, &new, "2").await.unwrap();
    assert_eq!(stale.sync_then_read("/state", LONG).await.unwrap().unwrap().data, b"2");
}

#[tokio::test]
async fn a_leader_whose_session_ends_leads_again_without_waiting_for_itself() {
    let server = ZkServer::start();
    let proxy = Proxy::start(server.address()).await;
    let zk = connected(&proxy.url("/m")).await;
    let election = Election::new(&zk, "/leader", "me");
    let first = won(&election).await;
    proxy.set(Mode::Cut);
    end_session(server.address(), zk.session().id.unwrap()).await;
    proxy.set(Mode::Open);
    assert_eq!(timeout(LONG, first.lost()).await.unwrap(), Lost::Session(first.session()));
    let second = won(&election).await;
    assert!(second.term() > first.term() && second.session() > first.session());
}

#[tokio::test]
async fn a_candidacy_taken_away_is_noticed() {
    let server = ZkServer::start();
    let (zk, other) = (connected(&server.url("/m")).await, connected(&server.url("/m")).await);
    let leadership = won(&Election::new(&zk, "/leader", "me")).await;
    other.delete_if("/leader/member_0000000000", Version(0), LONG).await.unwrap();
    assert_eq!(timeout(LONG, leadership.lost()).await.unwrap(), Lost::Candidacy);
}

#[tokio::test]
async fn a_path_of_something_else_is_refused() {
    let server = ZkServer::start();
    let zk = connected(&server.url("/m")).await;
    zk.ensure_path("/leader", &Access::Private, LONG).await.unwrap();
    zk.create("/leader/term", b"{\"theirs\": 1}", &Access::Private, LONG).await.unwrap();
    let error = timeout(LONG, Election::new(&zk, "/leader", "me").win()).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("is this path used by something else?"), "{error}");
}

#[tokio::test]
async fn the_leading_master_is_the_lowest_and_changes_are_seen() {
    let server = ZkServer::start();
    let top = connected(&server.url("")).await;
    let url = server.url("/mesos").parse().unwrap();
    let zk = ZkHandle::open(&url, Options::new(SESSION).root(Root::AsIs));
    let mut leader = leading_master(&zk);
    assert_eq!(timeout(LONG, leader.next()).await.unwrap().unwrap().value, None, "nobody yet");
    top.ensure_path("/mesos/log_replicas", &Access::Private, LONG).await.unwrap();
    for (name, data) in
        [("json.info_0000000010", "ten"), ("info_0000000001", "v0"), ("json.info_0000000009", "nine")]
    {
        top.create(&format!("/mesos/{name}"), data.as_bytes(), &Access::Private, LONG).await.unwrap();
    }
    let is = |wanted: &'static [u8]| move |data: &Option<Vec<u8>>| data.as_deref() == Some(wanted);
    until("the lowest number", &mut leader, is(b"nine")).await;
    top.delete_if("/mesos/json.info_0000000009", Version(0), LONG).await.unwrap();
    until("the next one", &mut leader, is(b"ten")).await;
    top.delete_if("/mesos/json.info_0000000010", Version(0), LONG).await.unwrap();
    until("nobody", &mut leader, Option::is_none).await;
}
