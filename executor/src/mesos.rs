//! The task as Mesos sees it: LAUNCH, KILL and SHUTDOWN come in, updates go out.

use std::time::Duration;

use mesos_v1::{
    executor::{ExecutorClient, ExecutorEvent},
    proto::{TaskId, TaskInfo, TaskState, TaskStatus},
};
use mysos_ha::{
    Event,
    action::{Outcome, Report},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use crate::{clock, records::Inbox};

/// Longest message of an update: it is shown in Mesos' pages and kept by the master.
const MESSAGE_BYTES: usize = 1000;

/// Sends updates of one task.
#[derive(Clone)]
pub(crate) struct Reporter {
    client: ExecutorClient,
    task: TaskId,
}

impl Reporter {
    /// For this task.
    pub(crate) fn new(client: ExecutorClient, task: TaskId) -> Self {
        Self { client, task }
    }

    /// Hands an update to the client, which sends it until it is acknowledged.
    pub(crate) async fn report(&self, report: &Report) -> Outcome {
        let (state, message) = match report {
            Report::Starting(what) => (TaskState::TaskStarting, what.clone()),
            Report::Running => (TaskState::TaskRunning, "mysqld answers".to_owned()),
            Report::Killing => (TaskState::TaskKilling, "mysqld is being stopped".to_owned()),
            Report::Killed => (TaskState::TaskKilled, "mysqld is stopped".to_owned()),
            Report::Failed(why) => (TaskState::TaskFailed, why.clone()),
        };
        tracing::info!(state = state.as_str_name(), message, "task update");
        let status = TaskStatus {
            task_id: self.task.clone(),
            state: state as i32,
            message: Some(cut(&message)),
            uuid: Some(clock::uuid_bytes().to_vec()),
            timestamp: Some(clock::now().0 as f64 / 1000.0),
            ..TaskStatus::default()
        };
        match self.client.update(status).await {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    /// Waits until the agent has taken every update, at most this long.
    pub(crate) async fn drained(&self, within: Duration) {
        if tokio::time::timeout(within, self.client.drained()).await.is_err() {
            tracing::warn!("the agent did not acknowledge the last update in time");
        }
    }
}

/// Keeps the end: of a server's log that is where the cause stands.
fn cut(text: &str) -> String {
    let over = text.len().saturating_sub(MESSAGE_BYTES);
    let start = text.char_indices().map(|(at, _)| at).find(|at| *at >= over).unwrap_or(0);
    text.get(start..).unwrap_or_default().to_owned()
}

/// What a task may take to stop when nothing else is said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grace {
    /// By the task's own policy.
    pub(crate) kill: Duration,
    /// By the executor's.
    pub(crate) shutdown: Duration,
}

/// Passes on what concerns the running task until the client ends.
pub(crate) async fn follow(
    mut events: mpsc::Receiver<ExecutorEvent>,
    task: TaskInfo,
    grace: Grace,
    inbox: Inbox,
) {
    while let Some(event) = events.recv().await {
        let Some(grace) = stop(&event, &task, grace) else { continue };
        let stop = Event::Stop { grace_ms: grace.as_millis() as u64 };
        if inbox.send(stop).await.is_err() {
            return;
        }
    }
}

/// Passes on that the machine, or a person, wants the executor to end: the server is stopped cleanly first.
pub(crate) async fn terminated(grace: Grace, inbox: Inbox) {
    let Ok(mut signal) = signal(SignalKind::terminate()) else {
        tracing::warn!("SIGTERM cannot be caught; it ends the executor, and mysqld with it");
        return;
    };
    while signal.recv().await.is_some() {
        tracing::info!("asked to end by SIGTERM; stopping");
        let stop = Event::Stop { grace_ms: grace.shutdown.as_millis() as u64 };
        if inbox.send(stop).await.is_err() {
            return;
        }
    }
}

/// The grace, if the event asks for a stop.
fn stop(event: &ExecutorEvent, task: &TaskInfo, grace: Grace) -> Option<Duration> {
    match event {
        ExecutorEvent::Kill { task_id, kill_policy } if *task_id == task.task_id => {
            let named = kill_policy.as_ref().or(task.kill_policy.as_ref());
            let nanos = named.and_then(|policy| policy.grace_period.as_ref()).map(|it| it.nanoseconds);
            Some(nanos.map_or(grace.kill, |nanos| Duration::from_nanos(nanos.max(0) as u64)))
        }
        ExecutorEvent::Shutdown => Some(grace.shutdown),
        event if event.is_final() => {
            tracing::warn!(?event, "the agent will not have this executor any more; stopping");
            Some(grace.shutdown)
        }
        ExecutorEvent::Disconnected { reason, .. } => {
            tracing::warn!(%reason, "the agent is away; mysqld goes on");
            None
        }
        ExecutorEvent::Subscribed(_) => {
            tracing::info!("subscribed with the agent");
            None
        }
        ExecutorEvent::UpdateRefused { message, .. } => {
            tracing::error!(error = message, "the agent refuses an update");
            None
        }
        ExecutorEvent::Launch(again) if again.task_id != task.task_id => {
            tracing::error!(task.id = again.task_id.value, "one executor runs one task; refused");
            None
        }
        _ => None,
    }
}
