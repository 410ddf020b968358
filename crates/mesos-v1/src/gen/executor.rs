//! Generated from `mesos/v1/executor/executor.proto` by `cargo xtask codegen`; not to be edited.

/// What the agent tells an executor. The type says which body is there.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Event {
    #[prost(enumeration = "event::Type", optional, tag = "1")]
    pub r#type: ::core::option::Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub subscribed: ::core::option::Option<event::Subscribed>,
    #[prost(message, optional, tag = "3")]
    pub acknowledged: ::core::option::Option<event::Acknowledged>,
    #[prost(message, optional, tag = "4")]
    pub launch: ::core::option::Option<event::Launch>,
    #[prost(message, optional, tag = "8")]
    pub launch_group: ::core::option::Option<event::LaunchGroup>,
    #[prost(message, optional, tag = "5")]
    pub kill: ::core::option::Option<event::Kill>,
    #[prost(message, optional, tag = "6")]
    pub message: ::core::option::Option<event::Message>,
    #[prost(message, optional, tag = "7")]
    pub error: ::core::option::Option<event::Error>,
}
/// Nested message and enum types in `Event`.
pub mod event {
    /// The first event of a subscription.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Subscribed {
        #[prost(message, required, tag = "1")]
        pub executor_info: super::super::ExecutorInfo,
        #[prost(message, required, tag = "2")]
        pub framework_info: super::super::FrameworkInfo,
        #[prost(message, required, tag = "3")]
        pub agent_info: super::super::AgentInfo,
        #[prost(message, optional, tag = "4")]
        pub container_id: ::core::option::Option<super::super::ContainerId>,
    }
    /// Start a task.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Launch {
        #[prost(message, required, tag = "1")]
        pub task: super::super::TaskInfo,
    }
    /// Start tasks together.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct LaunchGroup {
        #[prost(message, required, tag = "1")]
        pub task_group: super::super::TaskGroupInfo,
    }
    /// End a task; may come again with less grace.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Kill {
        #[prost(message, required, tag = "1")]
        pub task_id: super::super::TaskId,
        #[prost(message, optional, tag = "2")]
        pub kill_policy: ::core::option::Option<super::super::KillPolicy>,
    }
    /// A status is safe with the agent.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Acknowledged {
        #[prost(message, required, tag = "1")]
        pub task_id: super::super::TaskId,
        #[prost(bytes = "vec", required, tag = "2")]
        pub uuid: ::prost::alloc::vec::Vec<u8>,
    }
    /// From the scheduler.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Message {
        #[prost(bytes = "vec", required, tag = "1")]
        pub data: ::prost::alloc::vec::Vec<u8>,
    }
    /// The executor sent something wrong.
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
        Launch = 2,
        LaunchGroup = 8,
        Kill = 3,
        Acknowledged = 4,
        Message = 5,
        Error = 6,
        Shutdown = 7,
        Heartbeat = 9,
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
                Self::Launch => "LAUNCH",
                Self::LaunchGroup => "LAUNCH_GROUP",
                Self::Kill => "KILL",
                Self::Acknowledged => "ACKNOWLEDGED",
                Self::Message => "MESSAGE",
                Self::Error => "ERROR",
                Self::Shutdown => "SHUTDOWN",
                Self::Heartbeat => "HEARTBEAT",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN" => Some(Self::Unknown),
                "SUBSCRIBED" => Some(Self::Subscribed),
                "LAUNCH" => Some(Self::Launch),
                "LAUNCH_GROUP" => Some(Self::LaunchGroup),
                "KILL" => Some(Self::Kill),
                "ACKNOWLEDGED" => Some(Self::Acknowledged),
                "MESSAGE" => Some(Self::Message),
                "ERROR" => Some(Self::Error),
                "SHUTDOWN" => Some(Self::Shutdown),
                "HEARTBEAT" => Some(Self::Heartbeat),
                _ => None,
            }
        }
    }
}
/// What an executor tells its agent. The type says which body is there.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Call {
    #[prost(message, required, tag = "1")]
    pub executor_id: super::ExecutorId,
    #[prost(message, required, tag = "2")]
    pub framework_id: super::FrameworkId,
    #[prost(enumeration = "call::Type", optional, tag = "3")]
    pub r#type: ::core::option::Option<i32>,
    #[prost(message, optional, tag = "4")]
    pub subscribe: ::core::option::Option<call::Subscribe>,
    #[prost(message, optional, tag = "5")]
    pub update: ::core::option::Option<call::Update>,
    #[prost(message, optional, tag = "6")]
    pub message: ::core::option::Option<call::Message>,
}
/// Nested message and enum types in `Call`.
pub mod call {
    /// Opens the stream of events, with all that was not yet acknowledged.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Subscribe {
        #[prost(message, repeated, tag = "1")]
        pub unacknowledged_tasks: ::prost::alloc::vec::Vec<super::super::TaskInfo>,
        #[prost(message, repeated, tag = "2")]
        pub unacknowledged_updates: ::prost::alloc::vec::Vec<Update>,
    }
    /// The state of a task.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Update {
        #[prost(message, required, tag = "1")]
        pub status: super::super::TaskStatus,
    }
    /// To the scheduler.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Message {
        #[prost(bytes = "vec", required, tag = "2")]
        pub data: ::prost::alloc::vec::Vec<u8>,
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
        Update = 2,
        Message = 3,
        Heartbeat = 4,
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
                Self::Update => "UPDATE",
                Self::Message => "MESSAGE",
                Self::Heartbeat => "HEARTBEAT",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN" => Some(Self::Unknown),
                "SUBSCRIBE" => Some(Self::Subscribe),
                "UPDATE" => Some(Self::Update),
                "MESSAGE" => Some(Self::Message),
                "HEARTBEAT" => Some(Self::Heartbeat),
                _ => None,
            }
        }
    }
}
