//! What the caller hears: the events of Mesos, as owned values, and the life
//! of the subscription. Heartbeats stay inside.

use std::time::Duration;

use super::Reason;
use crate::proto::scheduler::event::Type;
use crate::proto::scheduler::{Event, event};
use crate::proto::{
    AgentId, ExecutorId, FrameworkId, InverseOffer, MasterInfo, Offer, OfferId, OperationStatus, TaskStatus,
};

/// One thing that happened.
#[derive(Debug)]
pub enum SchedulerEvent {
    /// The client is about to subscribe. It waits, for as long as it takes,
    /// for [`subscribe`](super::SchedulerClient::subscribe) to say as whom.
    SubscribeWanted,
    /// Calls are taken from now on. All offers of before are void.
    Subscribed(Subscribed),
    /// No calls are taken from now on; or an attempt to subscribe failed.
    Disconnected(Disconnected),
    /// New offers. Each has to be used or declined.
    Offers(Vec<Offer>),
    /// New inverse offers.
    InverseOffers(Vec<InverseOffer>),
    /// An offer is void.
    Rescind(OfferId),
    /// An inverse offer is void.
    RescindInverseOffer(OfferId),
    /// The state of a task. To be acknowledged if it has a uuid.
    Update(Box<TaskStatus>),
    /// The state of an operation. To be acknowledged if it has a uuid.
    UpdateOperationStatus(Box<OperationStatus>),
    /// From an executor.
    Message(Message),
    /// A hint that an agent or an executor is gone.
    Failure(Failure),
}

/// A subscription has begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribed {
    /// Our id. To be saved before anything else is done, if it is new.
    pub framework_id: FrameworkId,
    /// How often the master says something.
    pub heartbeat: Duration,
    /// The master, if it tells.
    pub master: Option<MasterInfo>,
}

/// A subscription, or an attempt at one, has ended.
#[derive(Debug)]
pub struct Disconnected {
    /// Why.
    pub reason: Reason,
    /// When the next attempt begins; unknown while nobody leads.
    pub retry_in: Option<Duration>,
}

/// A message of an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its agent.
    pub agent_id: AgentId,
    /// It.
    pub executor_id: ExecutorId,
    /// What it says. Nobody has checked it.
    pub data: Vec<u8>,
}

/// An agent or an executor that may be gone. It may be wrong, late or missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The agent, or that of the executor.
    pub agent_id: Option<AgentId>,
    /// The executor; if none, it is the agent that is gone.
    pub executor_id: Option<ExecutorId>,
    /// The raw wait status of the executor.
    pub status: Option<i32>,
}

/// The event for the caller, if this is one for it. The message is valid.
pub(super) fn for_caller(event: Event) -> Option<SchedulerEvent> {
    Some(match event.r#type() {
        Type::Offers => SchedulerEvent::Offers(event.offers?.offers),
        Type::InverseOffers => SchedulerEvent::InverseOffers(event.inverse_offers?.inverse_offers),
        Type::Rescind => SchedulerEvent::Rescind(event.rescind?.offer_id),
        Type::RescindInverseOffer => {
            SchedulerEvent::RescindInverseOffer(event.rescind_inverse_offer?.inverse_offer_id)
        }
        Type::Update => SchedulerEvent::Update(Box::new(event.update?.status)),
        Type::UpdateOperationStatus => {
            SchedulerEvent::UpdateOperationStatus(Box::new(event.update_operation_status?.status))
        }
        Type::Message => SchedulerEvent::Message(event.message?.into()),
        Type::Failure => SchedulerEvent::Failure(event.failure?.into()),
        // The subscription's own, and what a newer master may send.
        Type::Subscribed | Type::Error | Type::Heartbeat | Type::Unknown => return None,
    })
}

impl From<event::Message> for Message {
    fn from(message: event::Message) -> Self {
        Message { agent_id: message.agent_id, executor_id: message.executor_id, data: message.data }
    }
}

impl From<event::Failure> for Failure {
    fn from(failure: event::Failure) -> Self {
        Failure { agent_id: failure.agent_id, executor_id: failure.executor_id, status: failure.status }
    }
}
