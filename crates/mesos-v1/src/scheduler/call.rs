//! Calls, ready to be sent with [`SchedulerClient::call`](super::SchedulerClient::call),
//! which adds the framework id.

use crate::proto::offer::Operation;
use crate::proto::scheduler::Call;
use crate::proto::scheduler::call::reconcile_operations::Operation as AskedOperation;
use crate::proto::scheduler::call::{
    Accept, AcceptInverseOffers, Acknowledge, AcknowledgeOperationStatus, Decline, DeclineInverseOffers,
    Kill, Message, Reconcile, ReconcileOperations, Revive, Shutdown, Subscribe, Suppress, Type,
    UpdateFramework, reconcile,
};
use crate::proto::{AgentId, ExecutorId, Filters, KillPolicy, OfferId, OperationStatus, TaskId, TaskStatus};

fn of(r#type: Type) -> Call {
    Call { r#type: Some(r#type as i32), ..Default::default() }
}

/// Not to be offered the same for so long. Always say it: silence means 5 s.
fn refuse(seconds: f64) -> Filters {
    Filters { refuse_seconds: Some(seconds) }
}

/// Opens a stream. Only the client itself sends it.
pub(super) fn subscribe(subscribe: Subscribe) -> Call {
    let framework_id = subscribe.framework_info.id.clone();
    Call { framework_id, subscribe: Some(subscribe), ..of(Type::Subscribe) }
}

/// Uses offers of one agent and one role; the rest of them is declined.
pub fn accept(offer_ids: Vec<OfferId>, operations: Vec<Operation>, refuse_seconds: f64) -> Call {
    Call {
        accept: Some(Accept { offer_ids, operations, filters: Some(refuse(refuse_seconds)) }),
        ..of(Type::Accept)
    }
}

/// Gives offers back.
pub fn decline(offer_ids: Vec<OfferId>, refuse_seconds: f64) -> Call {
    Call { decline: Some(Decline { offer_ids, filters: Some(refuse(refuse_seconds)) }), ..of(Type::Decline) }
}

/// Agrees to give resources back.
pub fn accept_inverse_offers(inverse_offer_ids: Vec<OfferId>, refuse_seconds: f64) -> Call {
    let accept = AcceptInverseOffers { inverse_offer_ids, filters: Some(refuse(refuse_seconds)) };
    Call { accept_inverse_offers: Some(accept), ..of(Type::AcceptInverseOffers) }
}

/// Does not agree to give resources back.
pub fn decline_inverse_offers(inverse_offer_ids: Vec<OfferId>, refuse_seconds: f64) -> Call {
    let decline = DeclineInverseOffers { inverse_offer_ids, filters: Some(refuse(refuse_seconds)) };
    Call { decline_inverse_offers: Some(decline), ..of(Type::DeclineInverseOffers) }
}

/// Wants offers for these roles again. Clears every filter, those of inverse
/// offers too.
pub fn revive(roles: Vec<String>) -> Call {
    Call { revive: Some(Revive { roles }), ..of(Type::Revive) }
}

/// Wants no offers for these roles.
pub fn suppress(roles: Vec<String>) -> Call {
    Call { suppress: Some(Suppress { roles }), ..of(Type::Suppress) }
}

/// Ends a task. Without the right agent it may be ignored in silence.
pub fn kill(task_id: TaskId, agent_id: Option<AgentId>, kill_policy: Option<KillPolicy>) -> Call {
    Call { kill: Some(Kill { task_id, agent_id, kill_policy }), ..of(Type::Kill) }
}

/// Ends an executor.
pub fn shutdown(executor_id: ExecutorId, agent_id: AgentId) -> Call {
    Call { shutdown: Some(Shutdown { executor_id, agent_id }), ..of(Type::Shutdown) }
}

/// Acknowledges a status, if it wants to be: those without a uuid (answers to
/// a reconciliation, and what the master makes up) do not.
pub fn acknowledge(status: &TaskStatus) -> Option<Call> {
    let uuid = status.uuid.clone().filter(|uuid| !uuid.is_empty())?;
    let acknowledge =
        Acknowledge { agent_id: status.agent_id.clone()?, task_id: status.task_id.clone(), uuid };
    Some(Call { acknowledge: Some(acknowledge), ..of(Type::Acknowledge) })
}

/// Acknowledges the status of an operation, if it wants to be.
pub fn acknowledge_operation(status: &OperationStatus) -> Option<Call> {
    let acknowledge = AcknowledgeOperationStatus {
        agent_id: status.agent_id.clone(),
        resource_provider_id: status.resource_provider_id.clone(),
        uuid: status.uuid.as_ref()?.value.clone(),
        operation_id: status.operation_id.clone()?,
    };
    Some(Call { acknowledge_operation_status: Some(acknowledge), ..of(Type::AcknowledgeOperationStatus) })
}

/// Asks for the states of these tasks, or with none named, of all of them.
/// Without its agent, a task gets no answer while any agent is recovering.
pub fn reconcile(tasks: impl IntoIterator<Item = (TaskId, Option<AgentId>)>) -> Call {
    let tasks = tasks.into_iter().map(|(task_id, agent_id)| reconcile::Task { task_id, agent_id }).collect();
    Call { reconcile: Some(Reconcile { tasks }), ..of(Type::Reconcile) }
}

/// Asks for the states of these operations, or with none named, of all of them.
pub fn reconcile_operations(operations: Vec<AskedOperation>) -> Call {
    Call { reconcile_operations: Some(ReconcileOperations { operations }), ..of(Type::ReconcileOperations) }
}

/// Tells an executor something. It may never arrive.
pub fn message(agent_id: AgentId, executor_id: ExecutorId, data: Vec<u8>) -> Call {
    Call { message: Some(Message { agent_id, executor_id, data }), ..of(Type::Message) }
}

/// Changes what was said in the subscription. Since Mesos 1.9.
pub fn update_framework(update: UpdateFramework) -> Call {
    Call { update_framework: Some(update), ..of(Type::UpdateFramework) }
}

/// Ends the framework and all its tasks, for ever. Volumes and reservations
/// stay behind.
pub fn teardown() -> Call {
    of(Type::Teardown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{OperationState, TaskState, Uuid};
    use crate::validate::scheduler_call;

    fn status(uuid: Option<Vec<u8>>) -> TaskStatus {
        TaskStatus {
            task_id: "t".into(),
            state: TaskState::TaskRunning as i32,
            agent_id: Some("a".into()),
            uuid,
            ..Default::default()
        }
    }

    #[test]
    fn only_what_wants_an_acknowledgement_gets_one() {
        assert_eq!(acknowledge(&status(None)), None);
        assert_eq!(acknowledge(&status(Some(vec![]))), None);
        let call = acknowledge(&status(Some(vec![7; 16]))).unwrap();
        assert_eq!(scheduler_call(&call), Ok(()));
    }

    #[test]
    fn operation_is_acknowledged_with_its_agent_and_bare_uuid() {
        let status = OperationStatus {
            operation_id: Some("o".into()),
            state: OperationState::OperationFinished as i32,
            uuid: Some(Uuid { value: vec![7; 16] }),
            agent_id: Some("a".into()),
            ..Default::default()
        };
        let call = acknowledge_operation(&status).unwrap();
        assert_eq!(scheduler_call(&call), Ok(()));
        assert_eq!(acknowledge_operation(&OperationStatus { uuid: None, ..status.clone() }), None);
        let without_agent = acknowledge_operation(&OperationStatus { agent_id: None, ..status }).unwrap();
        assert!(scheduler_call(&without_agent).is_err());
    }

    #[test]
    fn refusal_is_always_said() {
        let call = decline(vec!["o".into()], 5.0);
        assert_eq!(call.decline.unwrap().filters.unwrap().refuse_seconds, Some(5.0));
    }

    #[test]
    fn calls_are_valid_as_they_are_made() {
        for call in [
            accept(vec!["o".into()], vec![], 1.0),
            accept_inverse_offers(vec!["o".into()], 1.0),
            decline_inverse_offers(vec!["o".into()], 1.0),
            revive(vec!["r".to_owned()]),
            suppress(vec![]),
            kill("t".into(), Some("a".into()), None),
            shutdown("e".into(), "a".into()),
            reconcile([("t".into(), None)]),
            reconcile([]),
            reconcile_operations(vec![]),
            message("a".into(), "e".into(), vec![]),
        ] {
            assert_eq!(scheduler_call(&call), Ok(()), "{call:?}");
        }
        assert!(scheduler_call(&decline(vec![], 1.0)).is_err());
        assert!(scheduler_call(&teardown()).is_err(), "it needs the framework id");
    }
}
