//! An executor's client with a scripted agent: updates and tasks over
//! restarts of the agent.

use std::path::PathBuf;
use std::time::Duration;

use mesos_v1::auth::Secret;
use mesos_v1::executor::{Environment, ExecutorClient, ExecutorConfig, ExecutorEvent, Recovery, UpdateError};
use mesos_v1::proto::executor::call::Type;
use mesos_v1::proto::executor::event::{self, Type as EventType};
use mesos_v1::proto::executor::{Call, Event};
use mesos_v1::proto::{ExecutorInfo, TaskInfo, TaskState, TaskStatus};
use mesos_v1::validate::uuid_from_random;
use tokio::net::UnixListener;
use tokio::sync::mpsc;

use crate::http::{Exchange, Server, request_at, soon};

pub(crate) fn environment(server: &Server) -> Environment {
    Environment {
        framework_id: "F".into(),
        executor_id: "E".into(),
        agent_id: None,
        url: format!("http://{}/api/v1/executor", server.address),
        domain_socket: None,
        sandbox: PathBuf::from("."),
        recovery: Some(Recovery {
            timeout: Duration::from_secs(900),
            backoff_max: Duration::from_millis(20),
        }),
        shutdown_grace_period: Duration::from_secs(5),
        token: None,
    }
}

/// A client and its events.
pub(crate) struct Executor {
    pub(crate) client: ExecutorClient,
    pub(crate) events: mpsc::Receiver<ExecutorEvent>,
}

impl Executor {
    pub(crate) fn new(environment: Environment) -> Self {
        let (client, events) = ExecutorClient::connect(environment, ExecutorConfig::default());
        Executor { client, events }
    }

    pub(crate) async fn event(&mut self) -> ExecutorEvent {
        soon("an event", self.events.recv()).await.expect("the client runs")
    }

    pub(crate) async fn is_subscribed(&mut self) {
        let event = self.event().await;
        assert!(matches!(event, ExecutorEvent::Subscribed(_)), "{event:?}");
    }

    pub(crate) async fn is_disconnected(&mut self) {
        let event = self.event().await;
        assert!(matches!(event, ExecutorEvent::Disconnected { .. }), "{event:?}");
    }

    /// A running subscription, and the connection its stream is on.
    pub(crate) async fn subscribed(&mut self, server: &Server) -> Exchange {
        let mut stream = server.request().await;
        stream.open(None).await;
        stream.event(&subscribed()).await;
        self.is_subscribed().await;
        stream
    }
}

pub(crate) fn subscribed() -> Event {
    let executor_info = ExecutorInfo { executor_id: "E".into(), ..Default::default() };
    let subscribed = event::Subscribed { executor_info, ..Default::default() };
    Event { r#type: Some(EventType::Subscribed as i32), subscribed: Some(subscribed), ..Default::default() }
}

fn launch(task: &str) -> Event {
    let task = TaskInfo { name: task.to_owned(), task_id: task.into(), ..Default::default() };
    Event {
        r#type: Some(EventType::Launch as i32),
        launch: Some(event::Launch { task }),
        ..Default::default()
    }
}

fn acknowledged(status: &TaskStatus) -> Event {
    let acknowledged = event::Acknowledged { task_id: status.task_id.clone(), uuid: status.uuid().to_vec() };
    Event {
        r#type: Some(EventType::Acknowledged as i32),
        acknowledged: Some(acknowledged),
        ..Default::default()
    }
}

pub(crate) fn status(task: &str, state: TaskState, number: u8) -> TaskStatus {
    TaskStatus {
        task_id: task.into(),
        state: state as i32,
        uuid: Some(uuid_from_random([number; 16])),
        ..Default::default()
    }
}

/// Tasks and updates that a SUBSCRIBE names.
fn named(request: &Exchange) -> (Vec<String>, Vec<u8>) {
    let call: Call = request.call();
    assert_eq!(call.r#type(), Type::Subscribe);
    assert_eq!((call.framework_id.value.as_str(), call.executor_id.value.as_str()), ("F", "E"));
    let subscribe = call.subscribe.unwrap();
    let tasks = subscribe.unacknowledged_tasks.into_iter().map(|task| task.task_id.value).collect();
    let updates = subscribe.unacknowledged_updates.iter().map(|update| update.status.uuid()[0]).collect();
    (tasks, updates)
}

#[tokio::test]
async fn agent_that_restarts_is_told_what_it_has_not_acknowledged() {
    let agent = Server::new().await;
    let address = agent.address;
    let mut executor = Executor::new(environment(&agent));
    let mut stream = agent.request().await;
    assert_eq!(stream.request_line, "POST /api/v1/executor HTTP/1.1");
    assert_eq!(stream.header("mesos-stream-id"), None);
    assert_eq!(named(&stream), (vec![], vec![]));
    stream.open(None).await;
    stream.event(&subscribed()).await;
    executor.is_subscribed().await;
    stream.event(&launch("t")).await;
    assert!(matches!(executor.event().await, ExecutorEvent::Launch(_)));
    executor.client.update(status("t", TaskState::TaskStarting, 1)).await.unwrap();
    let mut update = agent.request().await;
    assert_eq!(update.call::<Call>().r#type(), Type::Update);
    update.answer("202 Accepted", "", "").await;
    assert_eq!(executor.client.unacknowledged(), 1, "accepted is not acknowledged");

    // It dies. First nobody listens, then it starts, then it recovers.
    drop((stream, update, agent));
    executor.is_disconnected().await;
    executor.is_disconnected().await;
    executor.client.update(status("t", TaskState::TaskRunning, 2)).await.unwrap();
    let agent = Server::at(address).await;
    for status in ["404 Not Found", "503 Service Unavailable"] {
        agent.request().await.answer(status, "", "Agent has not finished recovery").await;
    }
    let mut stream = agent.request().await;
    assert_eq!(named(&stream), (vec!["t".to_owned()], vec![1, 2]));
    stream.open(None).await;
    stream.event(&subscribed()).await;
    stream.event(&acknowledged(&status("t", TaskState::TaskStarting, 1))).await;
    while !matches!(executor.event().await, ExecutorEvent::Acknowledged { .. }) {}
    assert_eq!(executor.client.unacknowledged(), 1);

    // The next restart: what was acknowledged is not named again.
    stream.end().await;
    let mut stream = agent.request().await;
    assert_eq!(named(&stream), (vec![], vec![2]));
    stream.open(None).await;
    stream.event(&subscribed()).await;
    stream.event(&acknowledged(&status("t", TaskState::TaskRunning, 2))).await;
    soon("nothing is left to be acknowledged", executor.client.drained()).await;
}

#[tokio::test]
async fn updates_go_out_in_order_one_by_one() {
    let agent = Server::new().await;
    let mut executor = Executor::new(environment(&agent));
    let _stream = executor.subscribed(&agent).await;
    for number in 1..=3 {
        executor.client.update(status("t", TaskState::TaskRunning, number)).await.unwrap();
    }
    let mut request = agent.request().await;
    for number in 1..=3 {
        assert_eq!(request.call::<Call>().update.unwrap().status.uuid()[0], number);
        request.answer("202 Accepted", "", "").await;
        if number < 3 {
            request = request.next().await;
        }
    }
}

#[tokio::test]
async fn update_that_the_agent_cannot_take_now_goes_with_the_next_subscription() {
    let agent = Server::new().await;
    let mut executor = Executor::new(environment(&agent));
    let _stream = executor.subscribed(&agent).await;
    executor.client.update(status("t", TaskState::TaskRunning, 1)).await.unwrap();
    agent.request().await.answer("503 Service Unavailable", "", "Agent is recovering").await;
    executor.is_disconnected().await;
    assert_eq!(named(&agent.request().await), (vec![], vec![1]));
}

#[tokio::test]
async fn update_that_the_agent_never_takes_is_told_and_forgotten() {
    let agent = Server::new().await;
    let mut executor = Executor::new(environment(&agent));
    let _stream = executor.subscribed(&agent).await;
    executor.client.update(status("t", TaskState::TaskRunning, 1)).await.unwrap();
    agent.request().await.answer("400 Bad Request", "", "Failed to validate").await;
    let event = executor.event().await;
    assert!(matches!(&event, ExecutorEvent::UpdateRefused { uuid, .. } if uuid[0] == 1), "{event:?}");
    assert_eq!(executor.client.unacknowledged(), 0);
}

#[tokio::test]
async fn update_that_is_not_valid_is_not_kept() {
    let agent = Server::new().await;
    let executor = Executor::new(environment(&agent));
    let refused = executor.client.update(TaskStatus { uuid: None, ..status("t", TaskState::TaskRunning, 1) });
    assert!(matches!(refused.await, Err(UpdateError::Invalid(_))));
    let refused = executor.client.update(status("t", TaskState::TaskStaging, 1));
    assert!(matches!(refused.await, Err(UpdateError::Invalid(_))));
    assert_eq!(executor.client.unacknowledged(), 0);
}

#[tokio::test]
async fn token_is_shown_to_the_agent() {
    let agent = Server::new().await;
    let token = Some(Secret::new("j.w.t"));
    let _executor = Executor::new(Environment { token, ..environment(&agent) });
    assert_eq!(agent.request().await.header("authorization"), Some("Bearer j.w.t"));
}

#[tokio::test]
async fn socket_in_the_file_system_stands_for_the_network() {
    let agent = Server::new().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let mut executor = Executor::new(Environment { domain_socket: Some(path), ..environment(&agent) });
    let mut stream = request_at(&listener).await;
    stream.open(None).await;
    stream.event(&subscribed()).await;
    executor.is_subscribed().await;
}
