//! Calls: when they are taken, where they go, what their answers mean.

use std::time::Duration;

use mesos_v1::proto::scheduler::Call;
use mesos_v1::proto::scheduler::call::Type;
use mesos_v1::scheduler::{CallError, Reason, SchedulerClient, SchedulerConfig, call};
use mesos_v1::transport::{TransportConfig, TransportError};
use tokio::task::JoinHandle;

use crate::http::{Exchange, Server, soon};
use crate::scheduler::{Caller, config, error};

fn decline(client: &SchedulerClient, offer: &str) -> JoinHandle<Result<(), CallError>> {
    let (client, call) = (client.clone(), call::decline(vec![offer.into()], 5.0));
    tokio::spawn(async move { client.call(call).await })
}

fn declined(request: &Exchange) -> String {
    let call: Call = request.call();
    assert_eq!((call.r#type(), call.framework_id), (Type::Decline, Some("F".into())));
    call.decline.unwrap().offer_ids.remove(0).value
}

#[tokio::test]
async fn calls_follow_each_other_on_one_connection_with_the_stream_id() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let _stream = caller.subscribed(&server).await;
    let first = decline(&caller.client, "1");
    let mut request = server.request().await;
    // The second waits for the answer to the first.
    let second = decline(&caller.client, "2");
    assert_eq!(declined(&request), "1");
    assert_eq!(request.header("mesos-stream-id"), Some("stream-1"));
    assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(request.header("accept"), Some("application/x-protobuf"));
    request.answer("202 Accepted", "", "").await;
    first.await.unwrap().unwrap();
    let mut request = request.next().await;
    assert_eq!(declined(&request), "2");
    request.answer("202 Accepted", "", "").await;
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn call_without_a_subscription_is_refused_and_not_kept() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let refused = caller.client.call(call::revive(vec![])).await;
    assert!(matches!(refused, Err(CallError::NotSubscribed)), "{refused:?}");
    let _stream = caller.subscribed(&server).await;
    let sent = decline(&caller.client, "1");
    let mut request = server.request().await;
    assert_eq!(declined(&request), "1", "the one before was not kept");
    request.answer("202 Accepted", "", "").await;
    sent.await.unwrap().unwrap();
}

#[tokio::test]
async fn call_that_is_not_valid_is_not_sent() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let _stream = caller.subscribed(&server).await;
    let invalid = caller.client.call(call::decline(vec![], 5.0)).await;
    assert!(matches!(invalid, Err(CallError::Invalid(_))), "{invalid:?}");
    let sent = decline(&caller.client, "1");
    let mut request = server.request().await;
    assert_eq!(declined(&request), "1");
    request.answer("202 Accepted", "", "").await;
    sent.await.unwrap().unwrap();
}

/// Answers one call, and returns what its caller hears.
async fn answered(caller: &mut Caller, server: &Server, status: &str, text: &str) -> TransportError {
    let sent = decline(&caller.client, "1");
    server.request().await.answer(status, "", text).await;
    match sent.await.unwrap() {
        Err(CallError::Refused(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn stream_id_that_does_not_match_means_superseded() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let stream = caller.subscribed(&server).await;
    let text = "The stream ID 'stream-1' included in this request didn't match the stream ID currently associated with framework ID F";
    let error = answered(&mut caller, &server, "400 Bad Request", text).await;
    assert!(matches!(error, TransportError::Superseded { .. }), "{error:?}");
    let reason = caller.reason().await;
    assert!(matches!(reason, Reason::Superseded { .. }), "{reason:?}");
    stream.closed_by_client().await;
}

#[tokio::test]
async fn master_that_forgot_us_is_subscribed_to_again() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    for (status, text) in
        [("403 Forbidden", "Framework is not subscribed"), ("400 Bad Request", "Framework cannot be found")]
    {
        let _stream = caller.subscribed(&server).await;
        answered(&mut caller, &server, status, text).await;
        let reason = caller.reason().await;
        assert!(matches!(reason, Reason::Forgotten { .. }), "{reason:?}");
    }
    let _stream = caller.subscribed(&server).await;
    answered(&mut caller, &server, "307 Temporary Redirect", "").await;
    assert!(matches!(caller.reason().await, Reason::LeaderChanged));
}

#[tokio::test]
async fn wrong_call_does_not_end_the_subscription() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let mut stream = caller.subscribed(&server).await;
    let sent = decline(&caller.client, "1");
    let mut request = server.request().await;
    request.answer("400 Bad Request", "", "Failed to validate scheduler::Call: no").await;
    let refused = sent.await.unwrap();
    assert!(
        matches!(&refused, Err(CallError::Refused(TransportError::Invalid { status: 400, .. }))),
        "{refused:?}"
    );
    let sent = decline(&caller.client, "2");
    request.next().await.answer("202 Accepted", "", "").await;
    sent.await.unwrap().unwrap();
    stream.event(&error("the end")).await;
    assert!(matches!(caller.reason().await, Reason::Error { .. }));
}

#[tokio::test]
async fn call_without_an_answer_ends_the_subscription() {
    let server = Server::new().await;
    let transport =
        TransportConfig { answer_timeout: Duration::from_millis(300), ..TransportConfig::default() };
    let mut caller = Caller::of(&server, SchedulerConfig { transport, ..config() });
    let _stream = caller.subscribed(&server).await;
    let sent = decline(&caller.client, "1");
    let waiting = decline(&caller.client, "2");
    let _unanswered = server.request().await;
    let late = sent.await.unwrap();
    assert!(matches!(&late, Err(CallError::Refused(error)) if error.may_have_arrived()), "{late:?}");
    assert!(matches!(caller.reason().await, Reason::CallFailed));
    let lost = waiting.await.unwrap();
    assert!(matches!(lost, Err(CallError::Lost)), "{lost:?}");
}

#[tokio::test]
async fn end_of_the_stream_is_the_end_for_calls_that_wait_but_not_for_an_answer() {
    let server = Server::new().await;
    let mut caller = Caller::of(&server, config());
    let stream = caller.subscribed(&server).await;
    let client = caller.client.clone();
    let sent = tokio::spawn(async move { client.call(call::teardown()).await });
    let mut request = server.request().await;
    let waiting = decline(&caller.client, "1");
    // The call is in the queue when its task has run.
    tokio::task::yield_now().await;
    stream.end().await;
    let over = async {
        while caller.client.framework_id().is_some() {
            tokio::task::yield_now().await;
        }
    };
    soon("the client notices", over).await;
    request.answer("202 Accepted", "", "").await;
    sent.await.unwrap().unwrap();
    let lost = waiting.await.unwrap();
    assert!(matches!(lost, Err(CallError::Lost)), "{lost:?}");
    request.closed_by_client().await;
    assert!(matches!(caller.reason().await, Reason::Closed));
}
