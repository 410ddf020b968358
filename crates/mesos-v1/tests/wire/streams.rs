//! Streams that are cut, garbled or too much.

use mesos_v1::proto::scheduler::Event;
use mesos_v1::recordio;
use mesos_v1::scheduler::{Garbled, Reason, SchedulerConfig, SchedulerEvent};
use prost::Message;

use crate::http::{Server, soon};
use crate::scheduler::{Caller, config, heartbeat, offers, subscribed, update};

#[tokio::test]
async fn stream_cut_at_every_byte_says_the_same() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let mut stream = caller.subscribe_request(&server).await;
    stream.open(Some("s")).await;
    for event in [subscribed("F"), heartbeat(), offers(&"o".repeat(200)), update("t")] {
        for byte in recordio::encode(&event.encode_to_vec()) {
            stream.chunk(&[byte]).await;
        }
    }
    caller.is_subscribed().await;
    let event = caller.event().await;
    assert!(matches!(&event, SchedulerEvent::Offers(offers) if offers[0].id.value.len() == 200), "{event:?}");
    let event = caller.event().await;
    assert!(matches!(&event, SchedulerEvent::Update(status) if status.task_id.value == "t"), "{event:?}");
}

#[tokio::test]
async fn stream_that_ends_within_a_record_is_over_without_it() {
    let server = Server::new().await;
    let record = recordio::encode(&update("t").encode_to_vec());
    let mut caller = Caller::of(&server, config());
    for cut in [1, record.len() / 2, record.len() - 1] {
        let mut stream = caller.subscribed(&server).await;
        stream.chunk(&record[..cut]).await;
        stream.end().await;
        assert!(matches!(caller.reason().await, Reason::Closed));
    }
    // The connection itself breaks, within a chunk.
    drop(caller.subscribed(&server).await);
    let reason = caller.reason().await;
    assert!(matches!(reason, Reason::Broken(_)), "{reason:?}");
}

#[tokio::test]
async fn garbage_ends_the_subscription() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, SchedulerConfig { max_record_bytes: 1000, ..config() });
    for garbage in [&b"<html>"[..], b"-5\nhello", b"1001\n", b"000000000000000000000"] {
        let mut stream = caller.subscribed(&server).await;
        stream.chunk(garbage).await;
        let reason = caller.reason().await;
        assert!(matches!(reason, Reason::Garbled(Garbled::Frame(_))), "{reason:?}");
        stream.closed_by_client().await;
    }
    let mut stream = caller.subscribed(&server).await;
    stream.chunk(b"2\n\xff\xff").await;
    let reason = caller.reason().await;
    assert!(matches!(reason, Reason::Garbled(Garbled::Record(_))), "{reason:?}");
    let mut stream = caller.subscribed(&server).await;
    stream.event(&Event { update: None, offers: None, ..update("t") }).await;
    let reason = caller.reason().await;
    assert!(matches!(reason, Reason::Garbled(Garbled::Event(_))), "{reason:?}");
}

#[tokio::test]
async fn answer_without_a_stream_id_is_none() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    caller.subscribe_request(&server).await.open(None).await;
    let reason = caller.reason().await;
    assert!(matches!(reason, Reason::Garbled(Garbled::StreamId)), "{reason:?}");
}

#[tokio::test]
async fn event_of_an_unknown_type_is_passed_over() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let mut stream = caller.subscribed(&server).await;
    stream.event(&Event { r#type: Some(99), ..Default::default() }).await;
    stream.event(&update("t")).await;
    assert!(matches!(caller.event().await, SchedulerEvent::Update(_)));
}

#[tokio::test]
async fn caller_that_does_not_keep_up_loses_the_subscription_and_no_event() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, SchedulerConfig { event_queue: 4, ..config() });
    let mut stream = caller.subscribed(&server).await;
    for task in 0..6 {
        stream.event(&update(&task.to_string())).await;
    }
    stream.closed_by_client().await;
    for task in 0..4 {
        let event = soon("a queued event", caller.events.recv()).await.unwrap();
        assert!(
            matches!(&event, SchedulerEvent::Update(s) if s.task_id.value == task.to_string()),
            "{event:?}"
        );
    }
    let reason = caller.reason().await;
    assert!(matches!(reason, Reason::Overflow(4)), "{reason:?}");
    caller.subscribed(&server).await;
}
