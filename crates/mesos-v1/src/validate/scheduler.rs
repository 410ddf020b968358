//! Calls and events of the scheduler API.

use super::task::{resources, task};
use super::{Checked, Invalid, ensure, not_empty, own_id, present, uuid};
use crate::proto::scheduler::call::{self, Type as CallType};
use crate::proto::scheduler::event::Type as EventType;
use crate::proto::scheduler::{Call, Event};
use crate::proto::{FrameworkInfo, Offer, TaskStatus, offer};

/// Whether the master would read this call as it is meant.
pub fn scheduler_call(call: &Call) -> Checked {
    match call.r#type() {
        CallType::Unknown => Err(Invalid { field: "call.type", fault: "is missing" }),
        CallType::Subscribe => subscribe(call),
        CallType::Teardown => framework_id(call),
        CallType::Accept => accept(present(call.accept.as_ref(), "accept")?),
        CallType::Decline => offer_ids(&present(call.decline.as_ref(), "decline")?.offer_ids),
        CallType::AcceptInverseOffers => offer_ids(
            &present(call.accept_inverse_offers.as_ref(), "accept_inverse_offers")?.inverse_offer_ids,
        ),
        CallType::DeclineInverseOffers => offer_ids(
            &present(call.decline_inverse_offers.as_ref(), "decline_inverse_offers")?.inverse_offer_ids,
        ),
        CallType::Revive => present(call.revive.as_ref(), "revive").map(drop),
        CallType::Suppress => present(call.suppress.as_ref(), "suppress").map(drop),
        CallType::Kill => own_id(&present(call.kill.as_ref(), "kill")?.task_id.value, "kill.task_id"),
        CallType::Shutdown => shutdown(present(call.shutdown.as_ref(), "shutdown")?),
        CallType::Acknowledge => acknowledge(present(call.acknowledge.as_ref(), "acknowledge")?),
        CallType::AcknowledgeOperationStatus => acknowledge_operation(present(
            call.acknowledge_operation_status.as_ref(),
            "acknowledge_operation_status",
        )?),
        CallType::Reconcile => reconcile(present(call.reconcile.as_ref(), "reconcile")?),
        CallType::ReconcileOperations => {
            present(call.reconcile_operations.as_ref(), "reconcile_operations").map(drop)
        }
        CallType::Message => message(present(call.message.as_ref(), "message")?),
        CallType::UpdateFramework => {
            update_framework(present(call.update_framework.as_ref(), "update_framework")?)
        }
    }
}

fn framework_id(call: &Call) -> Checked {
    not_empty(&present(call.framework_id.as_ref(), "framework_id")?.value, "framework_id")
}

fn subscribe(call: &Call) -> Checked {
    let info = &present(call.subscribe.as_ref(), "subscribe")?.framework_info;
    framework(info)?;
    ensure(call.framework_id == info.id, "framework_id", "is not the id in framework_info")
}

fn update_framework(update: &call::UpdateFramework) -> Checked {
    framework(&update.framework_info)?;
    present(update.framework_info.id.as_ref(), "framework_info.id").map(drop)
}

fn framework(info: &FrameworkInfo) -> Checked {
    not_empty(&info.user, "framework_info.user")?;
    not_empty(&info.name, "framework_info.name")?;
    let timeout = info.failover_timeout();
    ensure(timeout.is_finite() && timeout >= 0.0, "framework_info.failover_timeout", "is no length of time")
}

fn offer_ids(ids: &[crate::proto::OfferId]) -> Checked {
    ensure(!ids.is_empty(), "offer_ids", "is empty")?;
    ids.iter().try_for_each(|id| not_empty(&id.value, "offer_id"))
}

fn accept(accept: &call::Accept) -> Checked {
    offer_ids(&accept.offer_ids)?;
    accept.operations.iter().try_for_each(operation)
}

fn operation(operation: &offer::Operation) -> Checked {
    use offer::operation::Type;
    match operation.r#type() {
        Type::Unknown => Err(Invalid { field: "operation.type", fault: "is missing" }),
        Type::Launch => {
            ensure(operation.id.is_none(), "operation.id", "is not for a launch")?;
            present(operation.launch.as_ref(), "launch")?.task_infos.iter().try_for_each(task)
        }
        Type::Reserve => resources(&present(operation.reserve.as_ref(), "reserve")?.resources),
        Type::Unreserve => resources(&present(operation.unreserve.as_ref(), "unreserve")?.resources),
        Type::Create => volumes(&present(operation.create.as_ref(), "create")?.volumes),
        Type::Destroy => volumes(&present(operation.destroy.as_ref(), "destroy")?.volumes),
        Type::GrowVolume => {
            let grow = present(operation.grow_volume.as_ref(), "grow_volume")?;
            resources(&[grow.volume.clone(), grow.addition.clone()])
        }
        Type::ShrinkVolume => {
            let shrink = present(operation.shrink_volume.as_ref(), "shrink_volume")?;
            resources(std::slice::from_ref(&shrink.volume))
        }
    }
}

fn volumes(volumes: &[crate::proto::Resource]) -> Checked {
    resources(volumes)?;
    volumes
        .iter()
        .try_for_each(|volume| own_id(volume.volume_id().unwrap_or_default(), "disk.persistence.id"))
}

fn shutdown(shutdown: &call::Shutdown) -> Checked {
    not_empty(&shutdown.executor_id.value, "shutdown.executor_id")?;
    not_empty(&shutdown.agent_id.value, "shutdown.agent_id")
}

fn acknowledge(acknowledge: &call::Acknowledge) -> Checked {
    not_empty(&acknowledge.agent_id.value, "acknowledge.agent_id")?;
    not_empty(&acknowledge.task_id.value, "acknowledge.task_id")?;
    uuid(&acknowledge.uuid, "acknowledge.uuid")
}

fn acknowledge_operation(acknowledge: &call::AcknowledgeOperationStatus) -> Checked {
    // Optional in the message, but refused without.
    let agent = present(acknowledge.agent_id.as_ref(), "acknowledge_operation_status.agent_id")?;
    not_empty(&agent.value, "acknowledge_operation_status.agent_id")?;
    not_empty(&acknowledge.operation_id.value, "acknowledge_operation_status.operation_id")?;
    uuid(&acknowledge.uuid, "acknowledge_operation_status.uuid")
}

fn reconcile(reconcile: &call::Reconcile) -> Checked {
    reconcile.tasks.iter().try_for_each(|task| not_empty(&task.task_id.value, "reconcile.task_id"))
}

fn message(message: &call::Message) -> Checked {
    not_empty(&message.agent_id.value, "message.agent_id")?;
    not_empty(&message.executor_id.value, "message.executor_id")
}

/// Whether an event has what its type promises. Types that are not known, and
/// those without a body, pass.
pub fn scheduler_event(event: &Event) -> Checked {
    match event.r#type() {
        EventType::Unknown | EventType::Heartbeat => Ok(()),
        EventType::Subscribed => {
            let subscribed = present(event.subscribed.as_ref(), "subscribed")?;
            not_empty(&subscribed.framework_id.value, "subscribed.framework_id")
        }
        EventType::Offers => present(event.offers.as_ref(), "offers")?.offers.iter().try_for_each(offer),
        EventType::InverseOffers => present(event.inverse_offers.as_ref(), "inverse_offers")?
            .inverse_offers
            .iter()
            .try_for_each(|offer| not_empty(&offer.id.value, "inverse_offer.id")),
        EventType::Rescind => {
            not_empty(&present(event.rescind.as_ref(), "rescind")?.offer_id.value, "rescind.offer_id")
        }
        EventType::RescindInverseOffer => not_empty(
            &present(event.rescind_inverse_offer.as_ref(), "rescind_inverse_offer")?.inverse_offer_id.value,
            "rescind_inverse_offer.inverse_offer_id",
        ),
        EventType::Update => status(&present(event.update.as_ref(), "update")?.status),
        EventType::UpdateOperationStatus => {
            present(event.update_operation_status.as_ref(), "update_operation_status").map(drop)
        }
        EventType::Message => {
            let message = present(event.message.as_ref(), "message")?;
            not_empty(&message.executor_id.value, "message.executor_id")
        }
        EventType::Failure => present(event.failure.as_ref(), "failure").map(drop),
        EventType::Error => present(event.error.as_ref(), "error").map(drop),
    }
}

fn offer(offer: &Offer) -> Checked {
    not_empty(&offer.id.value, "offer.id")?;
    not_empty(&offer.agent_id.value, "offer.agent_id")?;
    not_empty(&offer.hostname, "offer.hostname")
}

fn status(status: &TaskStatus) -> Checked {
    not_empty(&status.task_id.value, "status.task_id")?;
    status.uuid.as_ref().filter(|bytes| !bytes.is_empty()).map_or(Ok(()), |bytes| uuid(bytes, "status.uuid"))
}
