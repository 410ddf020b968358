//! Tasks and resources, as they are sent.

use super::{Checked, Invalid, ensure, not_empty, own_id};
use crate::proto::{ExecutorInfo, Resource, TaskInfo, executor_info, value};

pub(super) fn task(task: &TaskInfo) -> Checked {
    not_empty(&task.name, "task.name")?;
    own_id(&task.task_id.value, "task.task_id")?;
    not_empty(&task.agent_id.value, "task.agent_id")?;
    resources(&task.resources)?;
    for limit in task.limits.values() {
        ensure(limit.value.is_finite(), "task.limits", "has a value that is not finite")?;
    }
    match (&task.executor, &task.command) {
        (Some(executor), None) => self::executor(executor),
        (None, Some(_)) => Ok(()),
        _ => Err(Invalid { field: "task", fault: "needs either an executor or a command" }),
    }
}

fn executor(executor: &ExecutorInfo) -> Checked {
    own_id(&executor.executor_id.value, "executor.executor_id")?;
    let custom = matches!(executor.r#type(), executor_info::Type::Custom | executor_info::Type::Unknown);
    ensure(!custom || executor.command.is_some(), "executor.command", "is missing")?;
    resources(&executor.resources)
}

pub(super) fn resources(resources: &[Resource]) -> Checked {
    resources.iter().try_for_each(resource)
}

fn resource(resource: &Resource) -> Checked {
    not_empty(&resource.name, "resource.name")?;
    let there = match value::Type::try_from(resource.r#type) {
        Ok(value::Type::Scalar) => resource.scalar.is_some(),
        Ok(value::Type::Ranges) => resource.ranges.is_some(),
        Ok(value::Type::Set) => resource.set.is_some(),
        Ok(value::Type::Text) | Err(_) => false,
    };
    ensure(there, "resource", "has no value of its type")?;
    let finite = resource.scalar.is_none_or(|scalar| scalar.value.is_finite() && scalar.value >= 0.0);
    ensure(finite, "resource.scalar", "is negative or not finite")
}
