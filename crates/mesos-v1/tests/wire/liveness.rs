//! Silence. These tests stop the clock of the runtime once there is nothing
//! to be read; it then jumps to whatever is waited for.

use std::time::Duration;

use futures::{StreamExt, channel::mpsc};
use mesos_v1::detector::Detector;
use mesos_v1::scheduler::{Disconnected, Reason, SchedulerEvent};
use tokio::time::{Instant, pause, resume};

use crate::http::{Server, soon};
use crate::scheduler::{Caller, config, leader, update};

/// Up to a scheduling delay in real time.
fn about(elapsed: Duration, seconds: u64) -> bool {
    (Duration::from_secs(seconds)..Duration::from_secs(seconds + 2)).contains(&elapsed)
}

#[tokio::test]
async fn five_heartbeats_of_silence_end_the_subscription() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let _stream = caller.subscribed(&server).await;
    let start = Instant::now();
    pause();
    let event = caller.events.recv().await.unwrap();
    assert!(about(start.elapsed(), 75), "{:?}", start.elapsed());
    let SchedulerEvent::Disconnected(Disconnected { reason, .. }) = event else { panic!("{event:?}") };
    assert!(matches!(reason, Reason::Silent(silence) if silence.as_secs() == 75), "{reason:?}");
}

#[tokio::test]
async fn any_event_is_a_sign_of_life() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let mut stream = caller.subscribed(&server).await;
    let start = Instant::now();
    pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    resume();
    stream.event(&update("t")).await;
    assert!(matches!(caller.event().await, SchedulerEvent::Update(_)));
    pause();
    let event = caller.events.recv().await.unwrap();
    assert!(about(start.elapsed(), 135), "{:?}", start.elapsed());
    assert!(matches!(event, SchedulerEvent::Disconnected(_)), "{event:?}");
}

#[tokio::test]
async fn stream_that_stays_empty_is_given_up() {
    let server = Server::new().await;
    let mut config = config();
    config.timing.first_event = Duration::from_millis(50);
    let mut caller = Caller::of(&server, config);
    let mut stream = caller.subscribe_request(&server).await;
    stream.open(Some("s")).await;
    // Bytes, but not yet an event.
    stream.chunk(b"7").await;
    let reason = caller.reason().await;
    assert!(matches!(reason, Reason::NoFirstEvent(_)), "{reason:?}");
    stream.closed_by_client().await;
}

#[tokio::test]
async fn new_leader_is_subscribed_to_at_once() {
    let (old, new) = (Server::new().await, Server::new().await);
    let (leaders, stream) = mpsc::unbounded();
    let mut caller = Caller::new(config(), Detector::stream(stream.boxed()));
    let event = caller.event().await;
    assert!(
        matches!(&event, SchedulerEvent::Disconnected(over) if matches!(over.reason, Reason::NoLeader)),
        "{event:?}"
    );
    leaders.unbounded_send(Some(leader(&old))).unwrap();
    let mut first = caller.subscribed(&old).await;
    // Nobody leads: a stream that lives is kept.
    leaders.unbounded_send(None).unwrap();
    first.event(&update("t")).await;
    assert!(matches!(caller.event().await, SchedulerEvent::Update(_)));
    leaders.unbounded_send(Some(leader(&new))).unwrap();
    assert!(matches!(caller.reason().await, Reason::LeaderChanged));
    soon("the old stream is closed", first.closed_by_client()).await;
    caller.subscribed(&new).await;
}

#[tokio::test]
async fn host_that_does_not_answer_is_passed_over() {
    let (gone, server) = (Server::new().await, Server::new().await);
    let hosts = vec![leader(&gone), leader(&server)];
    drop(gone);
    let mut caller = Caller::new(config(), Detector::Hosts(hosts));
    assert!(matches!(caller.reason().await, Reason::Failed(_)));
    caller.subscribed(&server).await;
}
