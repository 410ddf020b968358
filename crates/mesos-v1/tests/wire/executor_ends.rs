//! When an executor's client gives up, and when it does not.

use std::time::Duration;

use mesos_v1::executor::{Environment, ExecutorEvent, Reason, Recovery, UpdateError};
use mesos_v1::proto::TaskState;
use mesos_v1::proto::executor::Event;
use mesos_v1::proto::executor::event::{self, Type as EventType};
use tokio::time::{Instant, pause};

use crate::executor::{Executor, environment, status};
use crate::http::{Server, soon};

/// Nothing comes after the last event.
async fn has_ended(mut executor: Executor) {
    assert!(soon("the events end", executor.events.recv()).await.is_none());
    let update = executor.client.update(status("t", TaskState::TaskRunning, 1)).await;
    assert_eq!(update, Err(UpdateError::Ended));
    soon("nobody waits for an agent that is gone", executor.client.drained()).await;
}

#[tokio::test]
async fn agent_that_does_not_know_us_is_the_end() {
    for (answer, text) in [
        ("400 Bad Request", "Executor cannot be found"),
        ("400 Bad Request", "Framework cannot be found"),
        ("403 Forbidden", "The claims do not match"),
    ] {
        let agent = Server::new().await;
        let mut executor = Executor::new(environment(&agent));
        agent.request().await.answer(answer, "", text).await;
        executor.is_disconnected().await;
        let event = executor.event().await;
        assert!(matches!(&event, ExecutorEvent::Gone { message } if message == text), "{event:?}");
        assert!(event.is_final());
        has_ended(executor).await;
    }
}

#[tokio::test]
async fn executor_without_a_checkpoint_ends_with_its_agent() {
    let agent = Server::new().await;
    let mut executor = Executor::new(Environment { recovery: None, ..environment(&agent) });
    // An agent that is not ready yet is no reason.
    agent.request().await.answer("503 Service Unavailable", "", "").await;
    executor.is_disconnected().await;
    executor.subscribed(&agent).await.end().await;
    executor.is_disconnected().await;
    let event = executor.event().await;
    assert!(matches!(event, ExecutorEvent::NotCheckpointed), "{event:?}");
    has_ended(executor).await;
}

#[tokio::test]
async fn agent_is_looked_for_every_two_seconds_until_the_recovery_timeout() {
    let agent = Server::new().await;
    let recovery = Recovery { timeout: Duration::from_secs(900), backoff_max: Duration::from_secs(2) };
    let mut executor = Executor::new(Environment { recovery: Some(recovery), ..environment(&agent) });
    let stream = executor.subscribed(&agent).await;
    drop(agent);
    stream.end().await;
    executor.is_disconnected().await;
    let start = Instant::now();
    pause();
    let mut attempts = 0;
    let last = loop {
        match executor.events.recv().await.unwrap() {
            ExecutorEvent::Disconnected { retry_in, .. } => {
                assert!(retry_in <= Duration::from_secs(2), "{retry_in:?}");
                attempts += 1;
            }
            other => break other,
        }
    };
    assert!(matches!(last, ExecutorEvent::RecoveryTimeout), "{last:?}");
    assert!((898..=902).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    // A wait of up to 2 s, and at most 1 s for a connection.
    assert!(attempts > 300, "{attempts} attempts");
    has_ended(executor).await;
}

#[tokio::test]
async fn error_of_the_agent_is_not_the_end() {
    let agent = Server::new().await;
    let mut executor = Executor::new(environment(&agent));
    let mut stream = executor.subscribed(&agent).await;
    let error = event::Error { message: "no".to_owned() };
    stream
        .event(&Event { r#type: Some(EventType::Error as i32), error: Some(error), ..Default::default() })
        .await;
    let event = executor.event().await;
    assert!(matches!(&event, ExecutorEvent::Disconnected { reason: Reason::Error { .. }, .. }), "{event:?}");
    executor.subscribed(&agent).await;
}
