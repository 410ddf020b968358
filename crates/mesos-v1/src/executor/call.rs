//! The calls of an executor.

use super::Environment;
use crate::proto::TaskStatus;
use crate::proto::executor::Call;
use crate::proto::executor::call::{Message, Subscribe, Type, Update};

fn of(environment: &Environment, r#type: Type) -> Call {
    Call {
        executor_id: environment.executor_id.clone(),
        framework_id: environment.framework_id.clone(),
        r#type: Some(r#type as i32),
        ..Default::default()
    }
}

pub(super) fn subscribe(environment: &Environment, subscribe: Subscribe) -> Call {
    Call { subscribe: Some(subscribe), ..of(environment, Type::Subscribe) }
}

pub(super) fn update(environment: &Environment, status: TaskStatus) -> Call {
    Call { update: Some(Update { status }), ..of(environment, Type::Update) }
}

pub(super) fn message(environment: &Environment, data: Vec<u8>) -> Call {
    Call { message: Some(Message { data }), ..of(environment, Type::Message) }
}

pub(super) fn heartbeat(environment: &Environment) -> Call {
    of(environment, Type::Heartbeat)
}
