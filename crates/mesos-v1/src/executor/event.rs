//! What an executor hears: the events of its agent, as owned values, and the
//! life of the subscription. Heartbeats stay inside.

use std::time::Duration;

use super::Reason;
use crate::proto::executor::event::{Subscribed, Type};
use crate::proto::executor::{Event, event};
use crate::proto::{KillPolicy, TaskGroupInfo, TaskId, TaskInfo};

/// One thing that happened.
#[derive(Debug)]
pub enum ExecutorEvent {
    /// The agent knows us. What was not acknowledged has been sent again.
    Subscribed(Box<Subscribed>),
    /// Start a task. It may come twice. The client has noted it as not yet
    /// acknowledged.
    Launch(Box<TaskInfo>),
    /// Start tasks together.
    LaunchGroup(TaskGroupInfo),
    /// End a task. It may come again, with less grace.
    Kill {
        /// Which.
        task_id: TaskId,
        /// If set, stands above the policy of the task.
        kill_policy: Option<KillPolicy>,
    },
    /// The agent has written an update to disk.
    Acknowledged {
        /// Of which task.
        task_id: TaskId,
        /// Which update.
        uuid: Vec<u8>,
    },
    /// From the scheduler. Nobody has checked it.
    Message(Vec<u8>),
    /// End all tasks and then yourself, within the grace period.
    Shutdown,
    /// The agent does not take an update, and never will. It is forgotten.
    UpdateRefused {
        /// Of which task.
        task_id: TaskId,
        /// Which update.
        uuid: Vec<u8>,
        /// The agent's words.
        message: String,
    },
    /// The agent is away, or an attempt to reach it failed. Tasks go on.
    Disconnected {
        /// Why.
        reason: Reason,
        /// When the next attempt begins.
        retry_in: Duration,
    },
    /// Final: the agent is away, and the framework did not ask for executors
    /// to outlive that. End all tasks and then yourself.
    NotCheckpointed,
    /// Final: the agent was away for too long. End all tasks and then yourself.
    RecoveryTimeout,
    /// Final: the agent does not know us any more, or knows another one under
    /// our name. End all tasks and then yourself.
    Gone {
        /// The agent's words.
        message: String,
    },
}

impl ExecutorEvent {
    /// Whether this is the last event: the client has given up.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            ExecutorEvent::NotCheckpointed | ExecutorEvent::RecoveryTimeout | ExecutorEvent::Gone { .. }
        )
    }
}

/// The event for the caller, if this is one for it. The message is valid.
pub(super) fn for_caller(event: Event) -> Option<ExecutorEvent> {
    Some(match event.r#type() {
        Type::Subscribed => ExecutorEvent::Subscribed(Box::new(event.subscribed?)),
        Type::Launch => ExecutorEvent::Launch(Box::new(event.launch?.task)),
        Type::LaunchGroup => ExecutorEvent::LaunchGroup(event.launch_group?.task_group),
        Type::Kill => {
            let event::Kill { task_id, kill_policy } = event.kill?;
            ExecutorEvent::Kill { task_id, kill_policy }
        }
        Type::Acknowledged => {
            let event::Acknowledged { task_id, uuid } = event.acknowledged?;
            ExecutorEvent::Acknowledged { task_id, uuid }
        }
        Type::Message => ExecutorEvent::Message(event.message?.data),
        Type::Shutdown => ExecutorEvent::Shutdown,
        // The subscription's own, and what a newer agent may send.
        Type::Error | Type::Heartbeat | Type::Unknown => return None,
    })
}
