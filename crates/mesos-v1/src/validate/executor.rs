//! Calls and events of the executor API.

use super::{Checked, Invalid, ensure, not_empty, own_id, own_uuid, present, uuid};
use crate::proto::executor::call::Type as CallType;
use crate::proto::executor::event::Type as EventType;
use crate::proto::executor::{Call, Event};
use crate::proto::{TaskInfo, TaskState, TaskStatus, task_status};

/// Whether the agent would take this call.
pub fn executor_call(call: &Call) -> Checked {
    not_empty(&call.executor_id.value, "executor_id")?;
    not_empty(&call.framework_id.value, "framework_id")?;
    match call.r#type() {
        CallType::Unknown => Err(Invalid { field: "call.type", fault: "is missing" }),
        CallType::Subscribe => {
            let subscribe = present(call.subscribe.as_ref(), "subscribe")?;
            subscribe.unacknowledged_updates.iter().try_for_each(|update| own_status(&update.status))
        }
        CallType::Update => own_status(&present(call.update.as_ref(), "update")?.status),
        CallType::Message => present(call.message.as_ref(), "message").map(drop),
        CallType::Heartbeat => Ok(()),
    }
}

/// Whether the agent would take this status from an executor.
pub(crate) fn own_status(status: &TaskStatus) -> Checked {
    own_id(&status.task_id.value, "status.task_id")?;
    own_uuid(status.uuid.as_deref().unwrap_or_default(), "status.uuid")?;
    let from_executor = status.source == Some(task_status::Source::Executor as i32);
    ensure(from_executor, "status.source", "is not SOURCE_EXECUTOR")?;
    match TaskState::try_from(status.state) {
        Ok(TaskState::TaskStaging) => Err(Invalid { field: "status.state", fault: "is TASK_STAGING" }),
        Ok(_) => Ok(()),
        Err(_) => Err(Invalid { field: "status.state", fault: "is not a state" }),
    }
}

/// Whether an event has what its type promises. Types that are not known, and
/// those without a body, pass.
pub fn executor_event(event: &Event) -> Checked {
    match event.r#type() {
        EventType::Unknown | EventType::Heartbeat | EventType::Shutdown => Ok(()),
        EventType::Subscribed => {
            let subscribed = present(event.subscribed.as_ref(), "subscribed")?;
            not_empty(&subscribed.executor_info.executor_id.value, "subscribed.executor_info.executor_id")
        }
        EventType::Launch => launched(&present(event.launch.as_ref(), "launch")?.task),
        EventType::LaunchGroup => present(event.launch_group.as_ref(), "launch_group")?
            .task_group
            .tasks
            .iter()
            .try_for_each(launched),
        EventType::Kill => not_empty(&present(event.kill.as_ref(), "kill")?.task_id.value, "kill.task_id"),
        EventType::Acknowledged => {
            let acknowledged = present(event.acknowledged.as_ref(), "acknowledged")?;
            not_empty(&acknowledged.task_id.value, "acknowledged.task_id")?;
            uuid(&acknowledged.uuid, "acknowledged.uuid")
        }
        EventType::Message => present(event.message.as_ref(), "message").map(drop),
        EventType::Error => present(event.error.as_ref(), "error").map(drop),
    }
}

fn launched(task: &TaskInfo) -> Checked {
    not_empty(&task.task_id.value, "task.task_id")
}
