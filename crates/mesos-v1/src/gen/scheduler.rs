//! Generated from `mesos/v1/scheduler/scheduler.proto` by `cargo xtask codegen`; not to be edited.

/// What the master tells a scheduler. The type says which body is there.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Event {
    #[prost(enumeration = "event::Type", optional, tag = "1")]
    pub r#type: ::core::option::Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub subscribed: ::core::option::Option<event::Subscribed>,
    #[prost(message, optional, tag = "3")]
    pub offers: ::core::option::Option<event::Offers>,
    #[prost(message, optional, tag = "9")]
    pub inverse_offers: ::core::option::Option<event::InverseOffers>,
    #[prost(message, optional, tag = "4")]
    pub rescind: ::core::option::Option<event::Rescind>,
    #[prost(message, optional, tag = "10")]
    pub rescind_inverse_offer: ::core::option::Option<event::RescindInverseOffer>,
    #[prost(message, optional, tag = "5")]
    pub update: ::core::option::Option<event::Update>,
    #[prost(message, optional, tag = "11")]
    pub update_operation_status: ::core::option::Option<event::UpdateOperationStatus>,
    #[prost(message, optional, tag = "6")]
    pub message: ::core::option::Option<event::Message>,
    #[prost(message, optional, tag = "7")]
    pub failure: ::core::option::Option<event::Failure>,
    #[prost(message, optional, tag = "8")]
    pub error: ::core::option::Option<event::Error>,
}
/// Nested message and enum types in `Event`.
pub mod event {
    /// The first event of a subscription that was accepted.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Subscribed {
        #[prost(message, required, tag = "1")]
        pub framework_id: super::super::FrameworkId,
        #[prost(double, optional, tag = "2")]
        pub heartbeat_interval_seconds: ::core::option::Option<f64>,
        #[prost(message, optional, tag = "3")]
        pub master_info: ::core::option::Option<super::super::MasterInfo>,
    }
    /// New offers.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Offers {
        #[prost(message, repeated, tag = "1")]
        pub offers: ::prost::alloc::vec::Vec<super::super::Offer>,
    }
    /// New inverse offers.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct InverseOffers {
        #[prost(message, repeated, tag = "1")]
        pub inverse_offers: ::prost::alloc::vec::Vec<super::super::InverseOffer>,
    }
    /// An offer is void.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Rescind {
        #[prost(message, required, tag = "1")]
        pub offer_id: super::super::OfferId,
    }
    /// An inverse offer is void.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct RescindInverseOffer {
        #[prost(message, required, tag = "1")]
        pub inverse_offer_id: super::super::OfferId,
    }
    /// The state of a task.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Update {
        #[prost(message, required, tag = "1")]
        pub status: super::super::TaskStatus,
    }
    /// The state of an operation.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct UpdateOperationStatus {
        #[prost(message, required, tag = "1")]
        pub status: super::super::OperationStatus,
    }
    /// From an executor; may never arrive.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Message {
        #[prost(message, required, tag = "1")]
        pub agent_id: super::super::AgentId,
        #[prost(message, required, tag = "2")]
        pub executor_id: super::super::ExecutorId,
        #[prost(bytes = "vec", required, tag = "3")]
        pub data: ::prost::alloc::vec::Vec<u8>,
    }
    /// An agent or an executor is gone, perhaps: a hint, unordered, unreliable.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Failure {
        #[prost(message, optional, tag = "1")]
        pub agent_id: ::core::option::Option<super::super::AgentId>,
        #[prost(message, optional, tag = "2")]
        pub executor_id: ::core::option::Option<super::super::ExecutorId>,
        /// The raw wait status of the executor.
        #[prost(int32, optional, tag = "3")]
        pub status: ::core::option::Option<i32>,
    }
    /// The subscription is refused or over.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Error {
        #[prost(string, required, tag = "1")]
        pub message: ::prost::alloc::string::String,
    }
    /// Kinds of events.
    #[derive(
        Clone,
        Copy,
        Debug,
        PartialEq,
        Eq,
        Hash,
        PartialOrd,
        Ord,
        ::prost::Enumeration
    )]
    #[repr(i32)]
    pub enum Type {
        Unknown = 0,
        Subscribed = 1,
        Offers = 2,
        InverseOffers = 9,
        Rescind = 3,
        RescindInverseOffer = 10,
        Update = 4,
        UpdateOperationStatus = 11,
        Message = 5,
        Failure = 6,
        Error = 7,
        Heartbeat = 8,
    }
    impl Type {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unknown => "UNKNOWN",
                Self::Subscribed => "SUBSCRIBED",
                Self::Offers => "OFFERS",
                Self::InverseOffers => "INVERSE_OFFERS",
                Self::Rescind => "RESCIND",
                Self::RescindInverseOffer => "RESCIND_INVERSE_OFFER",
                Self::Update => "UPDATE",
                Self::UpdateOperationStatus => "UPDATE_OPERATION_STATUS",
                Self::Message => "MESSAGE",
                Self::Failure => "FAILURE",
                Self::Error => "ERROR",
                Self::Heartbeat => "HEARTBEAT",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN" => Some(Self::Unknown),
                "SUBSCRIBED" => Some(Self::Subscribed),
                "OFFERS" => Some(Self::Offers),
                "INVERSE_OFFERS" => Some(Self::InverseOffers),
                "RESCIND" => Some(Self::Rescind),
                "RESCIND_INVERSE_OFFER" => Some(Self::RescindInverseOffer),
                "UPDATE" => Some(Self::Update),
                "UPDATE_OPERATION_STATUS" => Some(Self::UpdateOperationStatus),
                "MESSAGE" => Some(Self::Message),
                "FAILURE" => Some(Self::Failure),
                "ERROR" => Some(Self::Error),
                "HEARTBEAT" => Some(Self::Heartbeat),
                _ => None,
            }
        }
    }
}
/// What a scheduler tells the master. The type says which body is there.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Call {
    #[prost(message, optional, tag = "1")]
    pub framework_id: ::core::option::Option<super::FrameworkId>,
    #[prost(enumeration = "call::Type", optional, tag = "2")]
    pub r#type: ::core::option::Option<i32>,
    #[prost(message, optional, tag = "3")]
    pub subscribe: ::core::option::Option<call::Subscribe>,
    #[prost(message, optional, tag = "4")]
    pub accept: ::core::option::Option<call::Accept>,
    #[prost(message, optional, tag = "5")]
    pub decline: ::core::option::Option<call::Decline>,
    #[prost(message, optional, tag = "13")]
    pub accept_inverse_offers: ::core::option::Option<call::AcceptInverseOffers>,
    #[prost(message, optional, tag = "14")]
    pub decline_inverse_offers: ::core::option::Option<call::DeclineInverseOffers>,
    #[prost(message, optional, tag = "15")]
    pub revive: ::core::option::Option<call::Revive>,
    #[prost(message, optional, tag = "6")]
    pub kill: ::core::option::Option<call::Kill>,
    #[prost(message, optional, tag = "7")]
    pub shutdown: ::core::option::Option<call::Shutdown>,
    #[prost(message, optional, tag = "8")]
    pub acknowledge: ::core::option::Option<call::Acknowledge>,
    #[prost(message, optional, tag = "17")]
    pub acknowledge_operation_status: ::core::option::Option<
        call::AcknowledgeOperationStatus,
    >,
    #[prost(message, optional, tag = "9")]
    pub reconcile: ::core::option::Option<call::Reconcile>,
    #[prost(message, optional, tag = "18")]
    pub reconcile_operations: ::core::option::Option<call::ReconcileOperations>,
    #[prost(message, optional, tag = "10")]
    pub message: ::core::option::Option<call::Message>,
    #[prost(message, optional, tag = "16")]
    pub suppress: ::core::option::Option<call::Suppress>,
    #[prost(message, optional, tag = "19")]
    pub update_framework: ::core::option::Option<call::UpdateFramework>,
}
/// Nested message and enum types in `Call`.
pub mod call {
    /// Opens the stream of events.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Subscribe {
        #[prost(message, required, tag = "1")]
        pub framework_info: super::super::FrameworkInfo,
        /// Replaces what was suppressed before.
        #[prost(string, repeated, tag = "2")]
        pub suppressed_roles: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    }
    /// Uses offers of one agent and one role; what is left over is declined.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Accept {
        #[prost(message, repeated, tag = "1")]
        pub offer_ids: ::prost::alloc::vec::Vec<super::super::OfferId>,
        #[prost(message, repeated, tag = "2")]
        pub operations: ::prost::alloc::vec::Vec<super::super::offer::Operation>,
        #[prost(message, optional, tag = "3")]
        pub filters: ::core::option::Option<super::super::Filters>,
    }
    /// Gives offers back.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Decline {
        #[prost(message, repeated, tag = "1")]
        pub offer_ids: ::prost::alloc::vec::Vec<super::super::OfferId>,
        #[prost(message, optional, tag = "2")]
        pub filters: ::core::option::Option<super::super::Filters>,
    }
    /// Agrees to give resources back.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct AcceptInverseOffers {
        #[prost(message, repeated, tag = "1")]
        pub inverse_offer_ids: ::prost::alloc::vec::Vec<super::super::OfferId>,
        #[prost(message, optional, tag = "2")]
        pub filters: ::core::option::Option<super::super::Filters>,
    }
    /// Does not agree to give resources back.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct DeclineInverseOffers {
        #[prost(message, repeated, tag = "1")]
        pub inverse_offer_ids: ::prost::alloc::vec::Vec<super::super::OfferId>,
        #[prost(message, optional, tag = "2")]
        pub filters: ::core::option::Option<super::super::Filters>,
    }
    /// Wants offers again; clears all filters. Without roles: for all of them.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Revive {
        #[prost(string, repeated, tag = "1")]
        pub roles: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    }
    /// Ends a task.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Kill {
        #[prost(message, required, tag = "1")]
        pub task_id: super::super::TaskId,
        #[prost(message, optional, tag = "2")]
        pub agent_id: ::core::option::Option<super::super::AgentId>,
        #[prost(message, optional, tag = "3")]
        pub kill_policy: ::core::option::Option<super::super::KillPolicy>,
    }
    /// Ends an executor.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Shutdown {
        #[prost(message, required, tag = "1")]
        pub executor_id: super::super::ExecutorId,
        #[prost(message, required, tag = "2")]
        pub agent_id: super::super::AgentId,
    }
    /// A status was taken care of.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Acknowledge {
        #[prost(message, required, tag = "1")]
        pub agent_id: super::super::AgentId,
        #[prost(message, required, tag = "2")]
        pub task_id: super::super::TaskId,
        #[prost(bytes = "vec", required, tag = "3")]
        pub uuid: ::prost::alloc::vec::Vec<u8>,
    }
    /// A status of an operation was taken care of.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct AcknowledgeOperationStatus {
        #[prost(message, optional, tag = "1")]
        pub agent_id: ::core::option::Option<super::super::AgentId>,
        #[prost(message, optional, tag = "2")]
        pub resource_provider_id: ::core::option::Option<
            super::super::ResourceProviderId,
        >,
        #[prost(bytes = "vec", required, tag = "3")]
        pub uuid: ::prost::alloc::vec::Vec<u8>,
        #[prost(message, required, tag = "4")]
        pub operation_id: super::super::OperationId,
    }
    /// Asks for states of tasks; of all of them if none is named.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Reconcile {
        #[prost(message, repeated, tag = "1")]
        pub tasks: ::prost::alloc::vec::Vec<reconcile::Task>,
    }
    /// Nested message and enum types in `Reconcile`.
    pub mod reconcile {
        /// A task asked about.
        #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
        pub struct Task {
            #[prost(message, required, tag = "1")]
            pub task_id: super::super::super::TaskId,
            #[prost(message, optional, tag = "2")]
            pub agent_id: ::core::option::Option<super::super::super::AgentId>,
        }
    }
    /// Asks for states of operations; of all of them if none is named.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct ReconcileOperations {
        #[prost(message, repeated, tag = "1")]
        pub operations: ::prost::alloc::vec::Vec<reconcile_operations::Operation>,
    }
    /// Nested message and enum types in `ReconcileOperations`.
    pub mod reconcile_operations {
        /// An operation asked about.
        #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
        pub struct Operation {
            #[prost(message, required, tag = "1")]
            pub operation_id: super::super::super::OperationId,
            #[prost(message, optional, tag = "2")]
            pub agent_id: ::core::option::Option<super::super::super::AgentId>,
            #[prost(message, optional, tag = "3")]
            pub resource_provider_id: ::core::option::Option<
                super::super::super::ResourceProviderId,
            >,
        }
    }
    /// To an executor; may never arrive.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Message {
        #[prost(message, required, tag = "1")]
        pub agent_id: super::super::AgentId,
        #[prost(message, required, tag = "2")]
        pub executor_id: super::super::ExecutorId,
        #[prost(bytes = "vec", required, tag = "3")]
        pub data: ::prost::alloc::vec::Vec<u8>,
    }
    /// Wants no offers. Without roles: for all of them.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Suppress {
        #[prost(string, repeated, tag = "1")]
        pub roles: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    }
    /// Changes what was said in the subscription; since Mesos 1.9.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct UpdateFramework {
        #[prost(message, required, tag = "1")]
        pub framework_info: super::super::FrameworkInfo,
        #[prost(string, repeated, tag = "2")]
        pub suppressed_roles: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    }
    /// Kinds of calls.
    #[derive(
        Clone,
        Copy,
        Debug,
        PartialEq,
        Eq,
        Hash,
        PartialOrd,
        Ord,
        ::prost::Enumeration
    )]
    #[repr(i32)]
    pub enum Type {
        Unknown = 0,
        Subscribe = 1,
        Teardown = 2,
        Accept = 3,
        Decline = 4,
        AcceptInverseOffers = 13,
        DeclineInverseOffers = 14,
        Revive = 5,
        Kill = 6,
        Shutdown = 7,
        Acknowledge = 8,
        AcknowledgeOperationStatus = 15,
        Reconcile = 9,
        ReconcileOperations = 16,
        Message = 10,
        Suppress = 12,
        UpdateFramework = 17,
    }
    impl Type {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unknown => "UNKNOWN",
                Self::Subscribe => "SUBSCRIBE",
                Self::Teardown => "TEARDOWN",
                Self::Accept => "ACCEPT",
                Self::Decline => "DECLINE",
                Self::AcceptInverseOffers => "ACCEPT_INVERSE_OFFERS",
                Self::DeclineInverseOffers => "DECLINE_INVERSE_OFFERS",
                Self::Revive => "REVIVE",
                Self::Kill => "KILL",
                Self::Shutdown => "SHUTDOWN",
                Self::Acknowledge => "ACKNOWLEDGE",
                Self::AcknowledgeOperationStatus => "ACKNOWLEDGE_OPERATION_STATUS",
                Self::Reconcile => "RECONCILE",
                Self::ReconcileOperations => "RECONCILE_OPERATIONS",
                Self::Message => "MESSAGE",
                Self::Suppress => "SUPPRESS",
                Self::UpdateFramework => "UPDATE_FRAMEWORK",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN" => Some(Self::Unknown),
                "SUBSCRIBE" => Some(Self::Subscribe),
                "TEARDOWN" => Some(Self::Teardown),
                "ACCEPT" => Some(Self::Accept),
                "DECLINE" => Some(Self::Decline),
                "ACCEPT_INVERSE_OFFERS" => Some(Self::AcceptInverseOffers),
                "DECLINE_INVERSE_OFFERS" => Some(Self::DeclineInverseOffers),
                "REVIVE" => Some(Self::Revive),
                "KILL" => Some(Self::Kill),
                "SHUTDOWN" => Some(Self::Shutdown),
                "ACKNOWLEDGE" => Some(Self::Acknowledge),
                "ACKNOWLEDGE_OPERATION_STATUS" => Some(Self::AcknowledgeOperationStatus),
                "RECONCILE" => Some(Self::Reconcile),
                "RECONCILE_OPERATIONS" => Some(Self::ReconcileOperations),
                "MESSAGE" => Some(Self::Message),
                "SUPPRESS" => Some(Self::Suppress),
                "UPDATE_FRAMEWORK" => Some(Self::UpdateFramework),
                _ => None,
            }
        }
    }
}
