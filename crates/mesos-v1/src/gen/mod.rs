//! Generated from `mesos/v1/mesos.proto` by `cargo xtask codegen`; not to be edited.

pub mod executor;
pub mod scheduler;

/// Names a framework; given by the master, kept for ever.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct FrameworkId {
    #[prost(string, required, tag = "1")]
    pub value: ::prost::alloc::string::String,
}
/// Names one offer or inverse offer.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct OfferId {
    #[prost(string, required, tag = "1")]
    pub value: ::prost::alloc::string::String,
}
/// Names an agent; since Mesos 1.4 it outlives a reboot.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct AgentId {
    #[prost(string, required, tag = "1")]
    pub value: ::prost::alloc::string::String,
}
/// Names a task; chosen by the framework, never to be used twice.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct TaskId {
    #[prost(string, required, tag = "1")]
    pub value: ::prost::alloc::string::String,
}
/// Names an executor; chosen by the framework.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ExecutorId {
    #[prost(string, required, tag = "1")]
    pub value: ::prost::alloc::string::String,
}
/// Names a container; a nested one has a parent.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ContainerId {
    #[prost(string, required, tag = "1")]
    pub value: ::prost::alloc::string::String,
    #[prost(message, optional, boxed, tag = "2")]
    pub parent: ::core::option::Option<::prost::alloc::boxed::Box<ContainerId>>,
}
/// Names what provides resources besides the agent itself.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct ResourceProviderId {
    #[prost(string, required, tag = "1")]
    pub value: ::prost::alloc::string::String,
}
/// Names an operation whose outcome the framework wants to hear.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct OperationId {
    #[prost(string, required, tag = "1")]
    pub value: ::prost::alloc::string::String,
}
/// A point in time, since the epoch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct TimeInfo {
    #[prost(int64, required, tag = "1")]
    pub nanoseconds: i64,
}
/// A length of time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DurationInfo {
    #[prost(int64, required, tag = "1")]
    pub nanoseconds: i64,
}
/// A host and a port.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Address {
    #[prost(string, optional, tag = "1")]
    pub hostname: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "2")]
    pub ip: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(int32, required, tag = "3")]
    pub port: i32,
}
/// An address on the web.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Url {
    #[prost(string, required, tag = "1")]
    pub scheme: ::prost::alloc::string::String,
    #[prost(message, required, tag = "2")]
    pub address: Address,
    #[prost(string, optional, tag = "3")]
    pub path: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(message, repeated, tag = "4")]
    pub query: ::prost::alloc::vec::Vec<Parameter>,
    #[prost(string, optional, tag = "5")]
    pub fragment: ::core::option::Option<::prost::alloc::string::String>,
}
/// When a machine will be away.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Unavailability {
    #[prost(message, required, tag = "1")]
    pub start: TimeInfo,
    #[prost(message, optional, tag = "2")]
    pub duration: ::core::option::Option<DurationInfo>,
}
/// What a framework says of itself when it subscribes.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct FrameworkInfo {
    /// The account tasks run as; it must exist on every agent. Cannot change.
    #[prost(string, required, tag = "1")]
    pub user: ::prost::alloc::string::String,
    #[prost(string, required, tag = "2")]
    pub name: ::prost::alloc::string::String,
    /// Absent in the first subscription, required in each later one.
    #[prost(message, optional, tag = "3")]
    pub id: ::core::option::Option<FrameworkId>,
    /// Seconds that tasks outlive a scheduler that went away. The default ends
    /// them at once: set it.
    #[prost(double, optional, tag = "4", default = "0")]
    pub failover_timeout: ::core::option::Option<f64>,
    /// Whether executors survive a restart of their agent. Cannot change.
    #[prost(bool, optional, tag = "5", default = "false")]
    pub checkpoint: ::core::option::Option<bool>,
    #[prost(string, repeated, tag = "12")]
    pub roles: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "7")]
    pub hostname: ::core::option::Option<::prost::alloc::string::String>,
    /// Has to be the authenticated one. Cannot change.
    #[prost(string, optional, tag = "8")]
    pub principal: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "9")]
    pub webui_url: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(message, repeated, tag = "10")]
    pub capabilities: ::prost::alloc::vec::Vec<framework_info::Capability>,
    #[prost(message, optional, tag = "11")]
    pub labels: ::core::option::Option<Labels>,
    /// By role: the least an offer has to hold.
    #[prost(btree_map = "string, message", tag = "13")]
    pub offer_filters: ::prost::alloc::collections::BTreeMap<
        ::prost::alloc::string::String,
        OfferFilters,
    >,
}
/// Nested message and enum types in `FrameworkInfo`.
pub mod framework_info {
    /// One thing the framework understands.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Capability {
        #[prost(enumeration = "capability::Type", optional, tag = "1")]
        pub r#type: ::core::option::Option<i32>,
    }
    /// Nested message and enum types in `Capability`.
    pub mod capability {
        /// The things a framework may understand.
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
            RevocableResources = 1,
            TaskKillingState = 2,
            GpuResources = 3,
            SharedResources = 4,
            PartitionAware = 5,
            MultiRole = 6,
            ReservationRefinement = 7,
            RegionAware = 8,
        }
        impl Type {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "UNKNOWN",
                    Self::RevocableResources => "REVOCABLE_RESOURCES",
                    Self::TaskKillingState => "TASK_KILLING_STATE",
                    Self::GpuResources => "GPU_RESOURCES",
                    Self::SharedResources => "SHARED_RESOURCES",
                    Self::PartitionAware => "PARTITION_AWARE",
                    Self::MultiRole => "MULTI_ROLE",
                    Self::ReservationRefinement => "RESERVATION_REFINEMENT",
                    Self::RegionAware => "REGION_AWARE",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "UNKNOWN" => Some(Self::Unknown),
                    "REVOCABLE_RESOURCES" => Some(Self::RevocableResources),
                    "TASK_KILLING_STATE" => Some(Self::TaskKillingState),
                    "GPU_RESOURCES" => Some(Self::GpuResources),
                    "SHARED_RESOURCES" => Some(Self::SharedResources),
                    "PARTITION_AWARE" => Some(Self::PartitionAware),
                    "MULTI_ROLE" => Some(Self::MultiRole),
                    "RESERVATION_REFINEMENT" => Some(Self::ReservationRefinement),
                    "REGION_AWARE" => Some(Self::RegionAware),
                    _ => None,
                }
            }
        }
    }
}
/// How the health of a task is probed; the executor does the probing.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct HealthCheck {
    #[prost(double, optional, tag = "2", default = "15")]
    pub delay_seconds: ::core::option::Option<f64>,
    #[prost(double, optional, tag = "3", default = "10")]
    pub interval_seconds: ::core::option::Option<f64>,
    #[prost(double, optional, tag = "4", default = "20")]
    pub timeout_seconds: ::core::option::Option<f64>,
    #[prost(uint32, optional, tag = "5", default = "3")]
    pub consecutive_failures: ::core::option::Option<u32>,
    #[prost(double, optional, tag = "6", default = "10")]
    pub grace_period_seconds: ::core::option::Option<f64>,
    #[prost(enumeration = "health_check::Type", optional, tag = "8")]
    pub r#type: ::core::option::Option<i32>,
    #[prost(message, optional, tag = "7")]
    pub command: ::core::option::Option<CommandInfo>,
    #[prost(message, optional, tag = "1")]
    pub http: ::core::option::Option<health_check::HttpCheckInfo>,
    #[prost(message, optional, tag = "9")]
    pub tcp: ::core::option::Option<health_check::TcpCheckInfo>,
}
/// Nested message and enum types in `HealthCheck`.
pub mod health_check {
    /// Probes by an HTTP request.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct HttpCheckInfo {
        #[prost(
            enumeration = "super::network_info::Protocol",
            optional,
            tag = "5",
            default = "IPv4"
        )]
        pub protocol: ::core::option::Option<i32>,
        #[prost(string, optional, tag = "3")]
        pub scheme: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(uint32, required, tag = "1")]
        pub port: u32,
        #[prost(string, optional, tag = "2")]
        pub path: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(uint32, repeated, packed = "false", tag = "4")]
        pub statuses: ::prost::alloc::vec::Vec<u32>,
    }
    /// Probes by a connection.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct TcpCheckInfo {
        #[prost(
            enumeration = "super::network_info::Protocol",
            optional,
            tag = "2",
            default = "IPv4"
        )]
        pub protocol: ::core::option::Option<i32>,
        #[prost(uint32, required, tag = "1")]
        pub port: u32,
    }
    /// How to probe.
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
        Command = 1,
        Http = 2,
        Tcp = 3,
    }
    impl Type {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unknown => "UNKNOWN",
                Self::Command => "COMMAND",
                Self::Http => "HTTP",
                Self::Tcp => "TCP",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN" => Some(Self::Unknown),
                "COMMAND" => Some(Self::Command),
                "HTTP" => Some(Self::Http),
                "TCP" => Some(Self::Tcp),
                _ => None,
            }
        }
    }
}
/// How long a task may take to end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
pub struct KillPolicy {
    #[prost(message, optional, tag = "1")]
    pub grace_period: ::core::option::Option<DurationInfo>,
}
/// A command to run.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CommandInfo {
    #[prost(message, repeated, tag = "1")]
    pub uris: ::prost::alloc::vec::Vec<command_info::Uri>,
    #[prost(message, optional, tag = "2")]
    pub environment: ::core::option::Option<Environment>,
    /// Whether `value` goes through a shell; if not, it is the path of a program.
    #[prost(bool, optional, tag = "6", default = "true")]
    pub shell: ::core::option::Option<bool>,
    #[prost(string, optional, tag = "3")]
    pub value: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, repeated, tag = "7")]
    pub arguments: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "5")]
    pub user: ::core::option::Option<::prost::alloc::string::String>,
}
/// Nested message and enum types in `CommandInfo`.
pub mod command_info {
    /// A file that the agent fetches into the sandbox first.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Uri {
        /// The fetcher caches by this text, not by content.
        #[prost(string, required, tag = "1")]
        pub value: ::prost::alloc::string::String,
        #[prost(bool, optional, tag = "2")]
        pub executable: ::core::option::Option<bool>,
        #[prost(bool, optional, tag = "3", default = "true")]
        pub extract: ::core::option::Option<bool>,
        #[prost(bool, optional, tag = "4")]
        pub cache: ::core::option::Option<bool>,
        #[prost(string, optional, tag = "5")]
        pub output_file: ::core::option::Option<::prost::alloc::string::String>,
    }
}
/// An executor. For one id it must not change by a single byte.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ExecutorInfo {
    #[prost(enumeration = "executor_info::Type", optional, tag = "15")]
    pub r#type: ::core::option::Option<i32>,
    #[prost(message, required, tag = "1")]
    pub executor_id: ExecutorId,
    #[prost(message, optional, tag = "8")]
    pub framework_id: ::core::option::Option<FrameworkId>,
    #[prost(message, optional, tag = "7")]
    pub command: ::core::option::Option<CommandInfo>,
    #[prost(message, optional, tag = "11")]
    pub container: ::core::option::Option<ContainerInfo>,
    #[prost(message, repeated, tag = "5")]
    pub resources: ::prost::alloc::vec::Vec<Resource>,
    #[prost(string, optional, tag = "9")]
    pub name: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub data: ::core::option::Option<::prost::alloc::vec::Vec<u8>>,
    #[prost(message, optional, tag = "12")]
    pub discovery: ::core::option::Option<DiscoveryInfo>,
    /// How long it has to end; without it, five seconds.
    #[prost(message, optional, tag = "13")]
    pub shutdown_grace_period: ::core::option::Option<DurationInfo>,
    #[prost(message, optional, tag = "14")]
    pub labels: ::core::option::Option<Labels>,
}
/// Nested message and enum types in `ExecutorInfo`.
pub mod executor_info {
    /// Who brings the executor.
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
        Default = 1,
        Custom = 2,
    }
    impl Type {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unknown => "UNKNOWN",
                Self::Default => "DEFAULT",
                Self::Custom => "CUSTOM",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN" => Some(Self::Unknown),
                "DEFAULT" => Some(Self::Default),
                "CUSTOM" => Some(Self::Custom),
                _ => None,
            }
        }
    }
}
/// Where a master or an agent stands.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct DomainInfo {
    #[prost(message, optional, tag = "1")]
    pub fault_domain: ::core::option::Option<domain_info::FaultDomain>,
}
/// Nested message and enum types in `DomainInfo`.
pub mod domain_info {
    /// What fails together.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct FaultDomain {
        #[prost(message, required, tag = "1")]
        pub region: fault_domain::RegionInfo,
        #[prost(message, required, tag = "2")]
        pub zone: fault_domain::ZoneInfo,
    }
    /// Nested message and enum types in `FaultDomain`.
    pub mod fault_domain {
        /// A region.
        #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
        pub struct RegionInfo {
            #[prost(string, required, tag = "1")]
            pub name: ::prost::alloc::string::String,
        }
        /// A zone of a region.
        #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
        pub struct ZoneInfo {
            #[prost(string, required, tag = "1")]
            pub name: ::prost::alloc::string::String,
        }
    }
}
/// A master, as it announces itself.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct MasterInfo {
    #[prost(string, required, tag = "1")]
    pub id: ::prost::alloc::string::String,
    /// In network byte order, read as a little-endian number.
    #[prost(uint32, required, tag = "2")]
    pub ip: u32,
    #[prost(uint32, required, tag = "3", default = "5050")]
    pub port: u32,
    #[prost(string, optional, tag = "4")]
    pub pid: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "5")]
    pub hostname: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "6")]
    pub version: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(message, optional, tag = "7")]
    pub address: ::core::option::Option<Address>,
    #[prost(message, optional, tag = "8")]
    pub domain: ::core::option::Option<DomainInfo>,
    #[prost(message, repeated, tag = "9")]
    pub capabilities: ::prost::alloc::vec::Vec<master_info::Capability>,
}
/// Nested message and enum types in `MasterInfo`.
pub mod master_info {
    /// One thing the master understands.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Capability {
        #[prost(enumeration = "capability::Type", optional, tag = "1")]
        pub r#type: ::core::option::Option<i32>,
    }
    /// Nested message and enum types in `Capability`.
    pub mod capability {
        /// The things a master may understand.
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
            AgentUpdate = 1,
            AgentDraining = 2,
        }
        impl Type {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "UNKNOWN",
                    Self::AgentUpdate => "AGENT_UPDATE",
                    Self::AgentDraining => "AGENT_DRAINING",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "UNKNOWN" => Some(Self::Unknown),
                    "AGENT_UPDATE" => Some(Self::AgentUpdate),
                    "AGENT_DRAINING" => Some(Self::AgentDraining),
                    _ => None,
                }
            }
        }
    }
}
/// An agent.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct AgentInfo {
    #[prost(string, required, tag = "1")]
    pub hostname: ::prost::alloc::string::String,
    #[prost(int32, optional, tag = "8", default = "5051")]
    pub port: ::core::option::Option<i32>,
    #[prost(message, repeated, tag = "3")]
    pub resources: ::prost::alloc::vec::Vec<Resource>,
    #[prost(message, repeated, tag = "5")]
    pub attributes: ::prost::alloc::vec::Vec<Attribute>,
    #[prost(message, optional, tag = "6")]
    pub id: ::core::option::Option<AgentId>,
    #[prost(message, optional, tag = "10")]
    pub domain: ::core::option::Option<DomainInfo>,
}
/// A value of an attribute or a resource.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Value {
    #[prost(enumeration = "value::Type", required, tag = "1")]
    pub r#type: i32,
    #[prost(message, optional, tag = "2")]
    pub scalar: ::core::option::Option<value::Scalar>,
    #[prost(message, optional, tag = "3")]
    pub ranges: ::core::option::Option<value::Ranges>,
    #[prost(message, optional, tag = "4")]
    pub set: ::core::option::Option<value::Set>,
    #[prost(message, optional, tag = "5")]
    pub text: ::core::option::Option<value::Text>,
}
/// Nested message and enum types in `Value`.
pub mod value {
    /// A number; Mesos counts in thousandths.
    #[derive(Clone, Copy, PartialEq, ::prost::Message)]
    pub struct Scalar {
        #[prost(double, required, tag = "1")]
        pub value: f64,
    }
    /// From `begin` to `end`, both included.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Range {
        #[prost(uint64, required, tag = "1")]
        pub begin: u64,
        #[prost(uint64, required, tag = "2")]
        pub end: u64,
    }
    /// Several ranges.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Ranges {
        #[prost(message, repeated, tag = "1")]
        pub range: ::prost::alloc::vec::Vec<Range>,
    }
    /// A set of words.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Set {
        #[prost(string, repeated, tag = "1")]
        pub item: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    }
    /// A text.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Text {
        #[prost(string, required, tag = "1")]
        pub value: ::prost::alloc::string::String,
    }
    /// What kind of value it is.
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
        Scalar = 0,
        Ranges = 1,
        Set = 2,
        Text = 3,
    }
    impl Type {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Scalar => "SCALAR",
                Self::Ranges => "RANGES",
                Self::Set => "SET",
                Self::Text => "TEXT",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "SCALAR" => Some(Self::Scalar),
                "RANGES" => Some(Self::Ranges),
                "SET" => Some(Self::Set),
                "TEXT" => Some(Self::Text),
                _ => None,
            }
        }
    }
}
/// What an operator says of an agent.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Attribute {
    #[prost(string, required, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(enumeration = "value::Type", required, tag = "2")]
    pub r#type: i32,
    #[prost(message, optional, tag = "3")]
    pub scalar: ::core::option::Option<value::Scalar>,
    #[prost(message, optional, tag = "4")]
    pub ranges: ::core::option::Option<value::Ranges>,
    #[prost(message, optional, tag = "6")]
    pub set: ::core::option::Option<value::Set>,
    #[prost(message, optional, tag = "5")]
    pub text: ::core::option::Option<value::Text>,
}
/// An amount of something on one agent, and whom it belongs to.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Resource {
    #[prost(message, optional, tag = "12")]
    pub provider_id: ::core::option::Option<ResourceProviderId>,
    #[prost(string, required, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(enumeration = "value::Type", required, tag = "2")]
    pub r#type: i32,
    #[prost(message, optional, tag = "3")]
    pub scalar: ::core::option::Option<value::Scalar>,
    #[prost(message, optional, tag = "4")]
    pub ranges: ::core::option::Option<value::Ranges>,
    #[prost(message, optional, tag = "5")]
    pub set: ::core::option::Option<value::Set>,
    /// From before reservations could be refined; frameworks that understand
    /// refinement neither get nor send it.
    #[deprecated]
    #[prost(string, optional, tag = "6", default = "*")]
    pub role: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(message, optional, tag = "11")]
    pub allocation_info: ::core::option::Option<resource::AllocationInfo>,
    /// As `role`.
    #[prost(message, optional, tag = "8")]
    pub reservation: ::core::option::Option<resource::ReservationInfo>,
    /// From the outermost to the current one; none means unreserved.
    #[prost(message, repeated, tag = "13")]
    pub reservations: ::prost::alloc::vec::Vec<resource::ReservationInfo>,
    #[prost(message, optional, tag = "7")]
    pub disk: ::core::option::Option<resource::DiskInfo>,
    #[prost(message, optional, tag = "9")]
    pub revocable: ::core::option::Option<resource::RevocableInfo>,
    #[prost(message, optional, tag = "10")]
    pub shared: ::core::option::Option<resource::SharedInfo>,
}
/// Nested message and enum types in `Resource`.
pub mod resource {
    /// The role it was offered to.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct AllocationInfo {
        #[prost(string, optional, tag = "1")]
        pub role: ::core::option::Option<::prost::alloc::string::String>,
    }
    /// A reservation for a role.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct ReservationInfo {
        #[prost(enumeration = "reservation_info::Type", optional, tag = "4")]
        pub r#type: ::core::option::Option<i32>,
        #[prost(string, optional, tag = "3")]
        pub role: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(string, optional, tag = "1")]
        pub principal: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(message, optional, tag = "2")]
        pub labels: ::core::option::Option<super::Labels>,
    }
    /// Nested message and enum types in `ReservationInfo`.
    pub mod reservation_info {
        /// Whether the agent was started with it.
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
            Static = 1,
            Dynamic = 2,
        }
        impl Type {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "UNKNOWN",
                    Self::Static => "STATIC",
                    Self::Dynamic => "DYNAMIC",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "UNKNOWN" => Some(Self::Unknown),
                    "STATIC" => Some(Self::Static),
                    "DYNAMIC" => Some(Self::Dynamic),
                    _ => None,
                }
            }
        }
    }
    /// What makes this disk more than space in the sandbox.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct DiskInfo {
        #[prost(message, optional, tag = "1")]
        pub persistence: ::core::option::Option<disk_info::Persistence>,
        #[prost(message, optional, tag = "2")]
        pub volume: ::core::option::Option<super::Volume>,
        #[prost(message, optional, tag = "3")]
        pub source: ::core::option::Option<disk_info::Source>,
    }
    /// Nested message and enum types in `DiskInfo`.
    pub mod disk_info {
        /// Data that outlives the task.
        #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
        pub struct Persistence {
            /// Unique per role and agent.
            #[prost(string, required, tag = "1")]
            pub id: ::prost::alloc::string::String,
            #[prost(string, optional, tag = "2")]
            pub principal: ::core::option::Option<::prost::alloc::string::String>,
        }
        /// Which disk.
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct Source {
            #[prost(enumeration = "source::Type", required, tag = "1")]
            pub r#type: i32,
            #[prost(message, optional, tag = "2")]
            pub path: ::core::option::Option<source::Path>,
            #[prost(message, optional, tag = "3")]
            pub mount: ::core::option::Option<source::Mount>,
            #[prost(string, optional, tag = "7")]
            pub vendor: ::core::option::Option<::prost::alloc::string::String>,
            #[prost(string, optional, tag = "4")]
            pub id: ::core::option::Option<::prost::alloc::string::String>,
            #[prost(message, optional, tag = "5")]
            pub metadata: ::core::option::Option<super::super::Labels>,
            #[prost(string, optional, tag = "6")]
            pub profile: ::core::option::Option<::prost::alloc::string::String>,
        }
        /// Nested message and enum types in `Source`.
        pub mod source {
            /// A directory that may be shared out.
            #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
            pub struct Path {
                #[prost(string, optional, tag = "1")]
                pub root: ::core::option::Option<::prost::alloc::string::String>,
            }
            /// A mounted file system; it goes as a whole.
            #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
            pub struct Mount {
                #[prost(string, optional, tag = "1")]
                pub root: ::core::option::Option<::prost::alloc::string::String>,
            }
            /// What kind of disk it is.
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
                Path = 1,
                Mount = 2,
                Block = 3,
                Raw = 4,
            }
            impl Type {
                /// String value of the enum field names used in the ProtoBuf definition.
                ///
                /// The values are not transformed in any way and thus are considered stable
                /// (if the ProtoBuf definition does not change) and safe for programmatic use.
                pub fn as_str_name(&self) -> &'static str {
                    match self {
                        Self::Unknown => "UNKNOWN",
                        Self::Path => "PATH",
                        Self::Mount => "MOUNT",
                        Self::Block => "BLOCK",
                        Self::Raw => "RAW",
                    }
                }
                /// Creates an enum from field names used in the ProtoBuf definition.
                pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                    match value {
                        "UNKNOWN" => Some(Self::Unknown),
                        "PATH" => Some(Self::Path),
                        "MOUNT" => Some(Self::Mount),
                        "BLOCK" => Some(Self::Block),
                        "RAW" => Some(Self::Raw),
                        _ => None,
                    }
                }
            }
        }
    }
    /// Present if the resource may be taken back at any time.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct RevocableInfo {}
    /// Present if several tasks may use the resource at once.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct SharedInfo {}
}
/// Which offers a framework does not want to see.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct OfferFilters {
    #[prost(message, optional, tag = "1")]
    pub min_allocatable_resources: ::core::option::Option<
        offer_filters::MinAllocatableResources,
    >,
}
/// Nested message and enum types in `OfferFilters`.
pub mod offer_filters {
    /// Amounts by name.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct ResourceQuantities {
        #[prost(btree_map = "string, message", tag = "1")]
        pub quantities: ::prost::alloc::collections::BTreeMap<
            ::prost::alloc::string::String,
            super::value::Scalar,
        >,
    }
    /// An offer has to hold one of these.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct MinAllocatableResources {
        #[prost(message, repeated, tag = "1")]
        pub quantities: ::prost::alloc::vec::Vec<ResourceQuantities>,
    }
}
/// Resources of one agent for one role, until used, declined or rescinded.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Offer {
    #[prost(message, required, tag = "1")]
    pub id: OfferId,
    #[prost(message, required, tag = "2")]
    pub framework_id: FrameworkId,
    #[prost(message, required, tag = "3")]
    pub agent_id: AgentId,
    #[prost(string, required, tag = "4")]
    pub hostname: ::prost::alloc::string::String,
    #[prost(message, optional, tag = "8")]
    pub url: ::core::option::Option<Url>,
    #[prost(message, optional, tag = "11")]
    pub domain: ::core::option::Option<DomainInfo>,
    #[prost(message, repeated, tag = "5")]
    pub resources: ::prost::alloc::vec::Vec<Resource>,
    #[prost(message, repeated, tag = "7")]
    pub attributes: ::prost::alloc::vec::Vec<Attribute>,
    #[prost(message, repeated, tag = "6")]
    pub executor_ids: ::prost::alloc::vec::Vec<ExecutorId>,
    #[prost(message, optional, tag = "9")]
    pub unavailability: ::core::option::Option<Unavailability>,
    #[prost(message, optional, tag = "10")]
    pub allocation_info: ::core::option::Option<resource::AllocationInfo>,
}
/// Nested message and enum types in `Offer`.
pub mod offer {
    /// One thing to do with the resources of an offer.
    #[derive(Clone, PartialEq, ::prost::Message)]
    pub struct Operation {
        #[prost(enumeration = "operation::Type", optional, tag = "1")]
        pub r#type: ::core::option::Option<i32>,
        /// If set, the outcome is reported until it is acknowledged. Not for LAUNCH.
        #[prost(message, optional, tag = "12")]
        pub id: ::core::option::Option<super::OperationId>,
        #[prost(message, optional, tag = "2")]
        pub launch: ::core::option::Option<operation::Launch>,
        #[prost(message, optional, tag = "3")]
        pub reserve: ::core::option::Option<operation::Reserve>,
        #[prost(message, optional, tag = "4")]
        pub unreserve: ::core::option::Option<operation::Unreserve>,
        #[prost(message, optional, tag = "5")]
        pub create: ::core::option::Option<operation::Create>,
        #[prost(message, optional, tag = "6")]
        pub destroy: ::core::option::Option<operation::Destroy>,
        #[prost(message, optional, tag = "13")]
        pub grow_volume: ::core::option::Option<operation::GrowVolume>,
        #[prost(message, optional, tag = "14")]
        pub shrink_volume: ::core::option::Option<operation::ShrinkVolume>,
    }
    /// Nested message and enum types in `Operation`.
    pub mod operation {
        /// Starts tasks.
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct Launch {
            #[prost(message, repeated, tag = "1")]
            pub task_infos: ::prost::alloc::vec::Vec<super::super::TaskInfo>,
        }
        /// Reserves resources for a role.
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct Reserve {
            /// Stays empty: schedulers cannot yet change a reservation.
            #[prost(message, repeated, tag = "2")]
            pub source: ::prost::alloc::vec::Vec<super::super::Resource>,
            #[prost(message, repeated, tag = "1")]
            pub resources: ::prost::alloc::vec::Vec<super::super::Resource>,
        }
        /// Undoes a reservation.
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct Unreserve {
            #[prost(message, repeated, tag = "1")]
            pub resources: ::prost::alloc::vec::Vec<super::super::Resource>,
        }
        /// Makes persistent volumes of reserved disk.
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct Create {
            #[prost(message, repeated, tag = "1")]
            pub volumes: ::prost::alloc::vec::Vec<super::super::Resource>,
        }
        /// Destroys persistent volumes with their data.
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct Destroy {
            #[prost(message, repeated, tag = "1")]
            pub volumes: ::prost::alloc::vec::Vec<super::super::Resource>,
        }
        /// Makes a volume larger.
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct GrowVolume {
            #[prost(message, required, tag = "1")]
            pub volume: super::super::Resource,
            #[prost(message, required, tag = "2")]
            pub addition: super::super::Resource,
        }
        /// Makes a volume smaller.
        #[derive(Clone, PartialEq, ::prost::Message)]
        pub struct ShrinkVolume {
            #[prost(message, required, tag = "1")]
            pub volume: super::super::Resource,
            #[prost(message, required, tag = "2")]
            pub subtract: super::super::value::Scalar,
        }
        /// What to do.
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
            Launch = 1,
            Reserve = 2,
            Unreserve = 3,
            Create = 4,
            Destroy = 5,
            GrowVolume = 11,
            ShrinkVolume = 12,
        }
        impl Type {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "UNKNOWN",
                    Self::Launch => "LAUNCH",
                    Self::Reserve => "RESERVE",
                    Self::Unreserve => "UNRESERVE",
                    Self::Create => "CREATE",
                    Self::Destroy => "DESTROY",
                    Self::GrowVolume => "GROW_VOLUME",
                    Self::ShrinkVolume => "SHRINK_VOLUME",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "UNKNOWN" => Some(Self::Unknown),
                    "LAUNCH" => Some(Self::Launch),
                    "RESERVE" => Some(Self::Reserve),
                    "UNRESERVE" => Some(Self::Unreserve),
                    "CREATE" => Some(Self::Create),
                    "DESTROY" => Some(Self::Destroy),
                    "GROW_VOLUME" => Some(Self::GrowVolume),
                    "SHRINK_VOLUME" => Some(Self::ShrinkVolume),
                    _ => None,
                }
            }
        }
    }
}
/// Asks for resources back, because of an unavailability.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct InverseOffer {
    #[prost(message, required, tag = "1")]
    pub id: OfferId,
    #[prost(message, optional, tag = "2")]
    pub url: ::core::option::Option<Url>,
    #[prost(message, required, tag = "3")]
    pub framework_id: FrameworkId,
    #[prost(message, optional, tag = "4")]
    pub agent_id: ::core::option::Option<AgentId>,
    #[prost(message, required, tag = "5")]
    pub unavailability: Unavailability,
    #[prost(message, repeated, tag = "6")]
    pub resources: ::prost::alloc::vec::Vec<Resource>,
}
/// A task to start. It has either an executor or a command.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TaskInfo {
    #[prost(string, required, tag = "1")]
    pub name: ::prost::alloc::string::String,
    #[prost(message, required, tag = "2")]
    pub task_id: TaskId,
    #[prost(message, required, tag = "3")]
    pub agent_id: AgentId,
    #[prost(message, repeated, tag = "4")]
    pub resources: ::prost::alloc::vec::Vec<Resource>,
    #[prost(message, optional, tag = "5")]
    pub executor: ::core::option::Option<ExecutorInfo>,
    #[prost(message, optional, tag = "7")]
    pub command: ::core::option::Option<CommandInfo>,
    #[prost(message, optional, tag = "9")]
    pub container: ::core::option::Option<ContainerInfo>,
    #[prost(message, optional, tag = "8")]
    pub health_check: ::core::option::Option<HealthCheck>,
    #[prost(message, optional, tag = "12")]
    pub kill_policy: ::core::option::Option<KillPolicy>,
    #[prost(bytes = "vec", optional, tag = "6")]
    pub data: ::core::option::Option<::prost::alloc::vec::Vec<u8>>,
    #[prost(message, optional, tag = "10")]
    pub labels: ::core::option::Option<Labels>,
    #[prost(message, optional, tag = "11")]
    pub discovery: ::core::option::Option<DiscoveryInfo>,
    #[prost(message, optional, tag = "14")]
    pub max_completion_time: ::core::option::Option<DurationInfo>,
    #[prost(btree_map = "string, message", tag = "15")]
    pub limits: ::prost::alloc::collections::BTreeMap<
        ::prost::alloc::string::String,
        value::Scalar,
    >,
}
/// Tasks that start together.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TaskGroupInfo {
    #[prost(message, repeated, tag = "1")]
    pub tasks: ::prost::alloc::vec::Vec<TaskInfo>,
}
/// The resources a task used too much of.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TaskResourceLimitation {
    #[prost(message, repeated, tag = "1")]
    pub resources: ::prost::alloc::vec::Vec<Resource>,
}
/// Sixteen bytes.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Uuid {
    #[prost(bytes = "vec", required, tag = "1")]
    pub value: ::prost::alloc::vec::Vec<u8>,
}
/// The state of an operation.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct OperationStatus {
    #[prost(message, optional, tag = "1")]
    pub operation_id: ::core::option::Option<OperationId>,
    #[prost(enumeration = "OperationState", required, tag = "2")]
    pub state: i32,
    #[prost(string, optional, tag = "3")]
    pub message: ::core::option::Option<::prost::alloc::string::String>,
    /// What became of the resources, if it finished.
    #[prost(message, repeated, tag = "4")]
    pub converted_resources: ::prost::alloc::vec::Vec<Resource>,
    #[prost(message, optional, tag = "5")]
    pub uuid: ::core::option::Option<Uuid>,
    #[prost(message, optional, tag = "6")]
    pub agent_id: ::core::option::Option<AgentId>,
    #[prost(message, optional, tag = "7")]
    pub resource_provider_id: ::core::option::Option<ResourceProviderId>,
}
/// The state of a task.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TaskStatus {
    #[prost(message, required, tag = "1")]
    pub task_id: TaskId,
    #[prost(enumeration = "TaskState", required, tag = "2")]
    pub state: i32,
    #[prost(string, optional, tag = "4")]
    pub message: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(enumeration = "task_status::Source", optional, tag = "9")]
    pub source: ::core::option::Option<i32>,
    #[prost(enumeration = "task_status::Reason", optional, tag = "10")]
    pub reason: ::core::option::Option<i32>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub data: ::core::option::Option<::prost::alloc::vec::Vec<u8>>,
    #[prost(message, optional, tag = "5")]
    pub agent_id: ::core::option::Option<AgentId>,
    #[prost(message, optional, tag = "7")]
    pub executor_id: ::core::option::Option<ExecutorId>,
    #[prost(double, optional, tag = "6")]
    pub timestamp: ::core::option::Option<f64>,
    /// If set, the status has to be acknowledged; sixteen bytes.
    #[prost(bytes = "vec", optional, tag = "11")]
    pub uuid: ::core::option::Option<::prost::alloc::vec::Vec<u8>>,
    #[prost(bool, optional, tag = "8")]
    pub healthy: ::core::option::Option<bool>,
    #[prost(message, optional, tag = "12")]
    pub labels: ::core::option::Option<Labels>,
    #[prost(message, optional, tag = "13")]
    pub container_status: ::core::option::Option<ContainerStatus>,
    #[prost(message, optional, tag = "14")]
    pub unreachable_time: ::core::option::Option<TimeInfo>,
    #[prost(message, optional, tag = "16")]
    pub limitation: ::core::option::Option<TaskResourceLimitation>,
}
/// Nested message and enum types in `TaskStatus`.
pub mod task_status {
    /// Who says so.
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
    pub enum Source {
        Master = 0,
        Agent = 1,
        Executor = 2,
    }
    impl Source {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Master => "SOURCE_MASTER",
                Self::Agent => "SOURCE_AGENT",
                Self::Executor => "SOURCE_EXECUTOR",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "SOURCE_MASTER" => Some(Self::Master),
                "SOURCE_AGENT" => Some(Self::Agent),
                "SOURCE_EXECUTOR" => Some(Self::Executor),
                _ => None,
            }
        }
    }
    /// Why. Zero has a meaning of its own and is not "none".
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
    pub enum Reason {
        CommandExecutorFailed = 0,
        ContainerLaunchFailed = 21,
        ContainerLimitation = 19,
        ContainerLimitationDisk = 20,
        ContainerLimitationMemory = 8,
        ContainerPreempted = 17,
        ContainerUpdateFailed = 22,
        MaxCompletionTimeReached = 33,
        ExecutorRegistrationTimeout = 23,
        ExecutorReregistrationTimeout = 24,
        ExecutorTerminated = 1,
        ExecutorUnregistered = 2,
        FrameworkRemoved = 3,
        GcError = 4,
        InvalidFrameworkid = 5,
        InvalidOffers = 6,
        IoSwitchboardExited = 27,
        MasterDisconnected = 7,
        Reconciliation = 9,
        ResourcesUnknown = 18,
        AgentDisconnected = 10,
        AgentDraining = 34,
        AgentRemoved = 11,
        AgentRemovedByOperator = 31,
        AgentReregistered = 32,
        AgentRestarted = 12,
        AgentUnknown = 13,
        TaskKilledDuringLaunch = 30,
        TaskCheckStatusUpdated = 28,
        TaskHealthCheckStatusUpdated = 29,
        TaskGroupInvalid = 25,
        TaskGroupUnauthorized = 26,
        TaskInvalid = 14,
        TaskUnauthorized = 15,
        TaskUnknown = 16,
    }
    impl Reason {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::CommandExecutorFailed => "REASON_COMMAND_EXECUTOR_FAILED",
                Self::ContainerLaunchFailed => "REASON_CONTAINER_LAUNCH_FAILED",
                Self::ContainerLimitation => "REASON_CONTAINER_LIMITATION",
                Self::ContainerLimitationDisk => "REASON_CONTAINER_LIMITATION_DISK",
                Self::ContainerLimitationMemory => "REASON_CONTAINER_LIMITATION_MEMORY",
                Self::ContainerPreempted => "REASON_CONTAINER_PREEMPTED",
                Self::ContainerUpdateFailed => "REASON_CONTAINER_UPDATE_FAILED",
                Self::MaxCompletionTimeReached => "REASON_MAX_COMPLETION_TIME_REACHED",
                Self::ExecutorRegistrationTimeout => {
                    "REASON_EXECUTOR_REGISTRATION_TIMEOUT"
                }
                Self::ExecutorReregistrationTimeout => {
                    "REASON_EXECUTOR_REREGISTRATION_TIMEOUT"
                }
                Self::ExecutorTerminated => "REASON_EXECUTOR_TERMINATED",
                Self::ExecutorUnregistered => "REASON_EXECUTOR_UNREGISTERED",
                Self::FrameworkRemoved => "REASON_FRAMEWORK_REMOVED",
                Self::GcError => "REASON_GC_ERROR",
                Self::InvalidFrameworkid => "REASON_INVALID_FRAMEWORKID",
                Self::InvalidOffers => "REASON_INVALID_OFFERS",
                Self::IoSwitchboardExited => "REASON_IO_SWITCHBOARD_EXITED",
                Self::MasterDisconnected => "REASON_MASTER_DISCONNECTED",
                Self::Reconciliation => "REASON_RECONCILIATION",
                Self::ResourcesUnknown => "REASON_RESOURCES_UNKNOWN",
                Self::AgentDisconnected => "REASON_AGENT_DISCONNECTED",
                Self::AgentDraining => "REASON_AGENT_DRAINING",
                Self::AgentRemoved => "REASON_AGENT_REMOVED",
                Self::AgentRemovedByOperator => "REASON_AGENT_REMOVED_BY_OPERATOR",
                Self::AgentReregistered => "REASON_AGENT_REREGISTERED",
                Self::AgentRestarted => "REASON_AGENT_RESTARTED",
                Self::AgentUnknown => "REASON_AGENT_UNKNOWN",
                Self::TaskKilledDuringLaunch => "REASON_TASK_KILLED_DURING_LAUNCH",
                Self::TaskCheckStatusUpdated => "REASON_TASK_CHECK_STATUS_UPDATED",
                Self::TaskHealthCheckStatusUpdated => {
                    "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED"
                }
                Self::TaskGroupInvalid => "REASON_TASK_GROUP_INVALID",
                Self::TaskGroupUnauthorized => "REASON_TASK_GROUP_UNAUTHORIZED",
                Self::TaskInvalid => "REASON_TASK_INVALID",
                Self::TaskUnauthorized => "REASON_TASK_UNAUTHORIZED",
                Self::TaskUnknown => "REASON_TASK_UNKNOWN",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "REASON_COMMAND_EXECUTOR_FAILED" => Some(Self::CommandExecutorFailed),
                "REASON_CONTAINER_LAUNCH_FAILED" => Some(Self::ContainerLaunchFailed),
                "REASON_CONTAINER_LIMITATION" => Some(Self::ContainerLimitation),
                "REASON_CONTAINER_LIMITATION_DISK" => Some(Self::ContainerLimitationDisk),
                "REASON_CONTAINER_LIMITATION_MEMORY" => {
                    Some(Self::ContainerLimitationMemory)
                }
                "REASON_CONTAINER_PREEMPTED" => Some(Self::ContainerPreempted),
                "REASON_CONTAINER_UPDATE_FAILED" => Some(Self::ContainerUpdateFailed),
                "REASON_MAX_COMPLETION_TIME_REACHED" => {
                    Some(Self::MaxCompletionTimeReached)
                }
                "REASON_EXECUTOR_REGISTRATION_TIMEOUT" => {
                    Some(Self::ExecutorRegistrationTimeout)
                }
                "REASON_EXECUTOR_REREGISTRATION_TIMEOUT" => {
                    Some(Self::ExecutorReregistrationTimeout)
                }
                "REASON_EXECUTOR_TERMINATED" => Some(Self::ExecutorTerminated),
                "REASON_EXECUTOR_UNREGISTERED" => Some(Self::ExecutorUnregistered),
                "REASON_FRAMEWORK_REMOVED" => Some(Self::FrameworkRemoved),
                "REASON_GC_ERROR" => Some(Self::GcError),
                "REASON_INVALID_FRAMEWORKID" => Some(Self::InvalidFrameworkid),
                "REASON_INVALID_OFFERS" => Some(Self::InvalidOffers),
                "REASON_IO_SWITCHBOARD_EXITED" => Some(Self::IoSwitchboardExited),
                "REASON_MASTER_DISCONNECTED" => Some(Self::MasterDisconnected),
                "REASON_RECONCILIATION" => Some(Self::Reconciliation),
                "REASON_RESOURCES_UNKNOWN" => Some(Self::ResourcesUnknown),
                "REASON_AGENT_DISCONNECTED" => Some(Self::AgentDisconnected),
                "REASON_AGENT_DRAINING" => Some(Self::AgentDraining),
                "REASON_AGENT_REMOVED" => Some(Self::AgentRemoved),
                "REASON_AGENT_REMOVED_BY_OPERATOR" => Some(Self::AgentRemovedByOperator),
                "REASON_AGENT_REREGISTERED" => Some(Self::AgentReregistered),
                "REASON_AGENT_RESTARTED" => Some(Self::AgentRestarted),
                "REASON_AGENT_UNKNOWN" => Some(Self::AgentUnknown),
                "REASON_TASK_KILLED_DURING_LAUNCH" => Some(Self::TaskKilledDuringLaunch),
                "REASON_TASK_CHECK_STATUS_UPDATED" => Some(Self::TaskCheckStatusUpdated),
                "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED" => {
                    Some(Self::TaskHealthCheckStatusUpdated)
                }
                "REASON_TASK_GROUP_INVALID" => Some(Self::TaskGroupInvalid),
                "REASON_TASK_GROUP_UNAUTHORIZED" => Some(Self::TaskGroupUnauthorized),
                "REASON_TASK_INVALID" => Some(Self::TaskInvalid),
                "REASON_TASK_UNAUTHORIZED" => Some(Self::TaskUnauthorized),
                "REASON_TASK_UNKNOWN" => Some(Self::TaskUnknown),
                _ => None,
            }
        }
    }
}
/// How long not to be offered the same resources again.
#[derive(Clone, Copy, PartialEq, ::prost::Message)]
pub struct Filters {
    #[prost(double, optional, tag = "1", default = "5")]
    pub refuse_seconds: ::core::option::Option<f64>,
}
/// The environment of a command.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Environment {
    #[prost(message, repeated, tag = "1")]
    pub variables: ::prost::alloc::vec::Vec<environment::Variable>,
}
/// Nested message and enum types in `Environment`.
pub mod environment {
    /// One variable.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Variable {
        #[prost(string, required, tag = "1")]
        pub name: ::prost::alloc::string::String,
        #[prost(enumeration = "variable::Type", optional, tag = "3", default = "Value")]
        pub r#type: ::core::option::Option<i32>,
        #[prost(string, optional, tag = "2")]
        pub value: ::core::option::Option<::prost::alloc::string::String>,
        #[prost(message, optional, tag = "4")]
        pub secret: ::core::option::Option<super::Secret>,
    }
    /// Nested message and enum types in `Variable`.
    pub mod variable {
        /// Where its value comes from.
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
            Value = 1,
            Secret = 2,
        }
        impl Type {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "UNKNOWN",
                    Self::Value => "VALUE",
                    Self::Secret => "SECRET",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "UNKNOWN" => Some(Self::Unknown),
                    "VALUE" => Some(Self::Value),
                    "SECRET" => Some(Self::Secret),
                    _ => None,
                }
            }
        }
    }
}
/// A key and a value.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Parameter {
    #[prost(string, required, tag = "1")]
    pub key: ::prost::alloc::string::String,
    #[prost(string, required, tag = "2")]
    pub value: ::prost::alloc::string::String,
}
/// Something not to be shown.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Secret {
    #[prost(enumeration = "secret::Type", optional, tag = "1")]
    pub r#type: ::core::option::Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub reference: ::core::option::Option<secret::Reference>,
    #[prost(message, optional, tag = "3")]
    pub value: ::core::option::Option<secret::Value>,
}
/// Nested message and enum types in `Secret`.
pub mod secret {
    /// A name to look it up by.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Reference {
        #[prost(string, required, tag = "1")]
        pub name: ::prost::alloc::string::String,
        #[prost(string, optional, tag = "2")]
        pub key: ::core::option::Option<::prost::alloc::string::String>,
    }
    /// The thing itself.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    #[prost(skip_debug)]
    pub struct Value {
        #[prost(bytes = "vec", required, tag = "1")]
        pub data: ::prost::alloc::vec::Vec<u8>,
    }
    /// Which of both.
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
        Reference = 1,
        Value = 2,
    }
    impl Type {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unknown => "UNKNOWN",
                Self::Reference => "REFERENCE",
                Self::Value => "VALUE",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN" => Some(Self::Unknown),
                "REFERENCE" => Some(Self::Reference),
                "VALUE" => Some(Self::Value),
                _ => None,
            }
        }
    }
}
/// A directory mounted into a container.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Volume {
    #[prost(enumeration = "volume::Mode", required, tag = "3")]
    pub mode: i32,
    /// One path segment: a path with a slash is silently not mounted by the
    /// posix isolator.
    #[prost(string, required, tag = "1")]
    pub container_path: ::prost::alloc::string::String,
    #[prost(string, optional, tag = "2")]
    pub host_path: ::core::option::Option<::prost::alloc::string::String>,
}
/// Nested message and enum types in `Volume`.
pub mod volume {
    /// Whether it may be written.
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
    pub enum Mode {
        Rw = 1,
        Ro = 2,
    }
    impl Mode {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Rw => "RW",
                Self::Ro => "RO",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "RW" => Some(Self::Rw),
                "RO" => Some(Self::Ro),
                _ => None,
            }
        }
    }
}
/// The addresses of a container.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct NetworkInfo {
    #[prost(message, repeated, tag = "5")]
    pub ip_addresses: ::prost::alloc::vec::Vec<network_info::IpAddress>,
    #[prost(string, optional, tag = "6")]
    pub name: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, repeated, tag = "3")]
    pub groups: ::prost::alloc::vec::Vec<::prost::alloc::string::String>,
    #[prost(message, optional, tag = "4")]
    pub labels: ::core::option::Option<Labels>,
    #[prost(message, repeated, tag = "7")]
    pub port_mappings: ::prost::alloc::vec::Vec<network_info::PortMapping>,
}
/// Nested message and enum types in `NetworkInfo`.
pub mod network_info {
    /// One address.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct IpAddress {
        #[prost(enumeration = "Protocol", optional, tag = "1", default = "IPv4")]
        pub protocol: ::core::option::Option<i32>,
        #[prost(string, optional, tag = "2")]
        pub ip_address: ::core::option::Option<::prost::alloc::string::String>,
    }
    /// A port of the host that leads to one of the container.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct PortMapping {
        #[prost(uint32, required, tag = "1")]
        pub host_port: u32,
        #[prost(uint32, required, tag = "2")]
        pub container_port: u32,
        #[prost(string, optional, tag = "3")]
        pub protocol: ::core::option::Option<::prost::alloc::string::String>,
    }
    /// Version of the internet protocol.
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
    pub enum Protocol {
        IPv4 = 1,
        IPv6 = 2,
    }
    impl Protocol {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::IPv4 => "IPv4",
                Self::IPv6 => "IPv6",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "IPv4" => Some(Self::IPv4),
                "IPv6" => Some(Self::IPv6),
                _ => None,
            }
        }
    }
}
/// Resource limits of a process.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct RLimitInfo {
    #[prost(message, repeated, tag = "1")]
    pub rlimits: ::prost::alloc::vec::Vec<r_limit_info::RLimit>,
}
/// Nested message and enum types in `RLimitInfo`.
pub mod r_limit_info {
    /// One limit; without values it is unlimited.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct RLimit {
        #[prost(enumeration = "r_limit::Type", optional, tag = "1")]
        pub r#type: ::core::option::Option<i32>,
        #[prost(uint64, optional, tag = "2")]
        pub hard: ::core::option::Option<u64>,
        #[prost(uint64, optional, tag = "3")]
        pub soft: ::core::option::Option<u64>,
    }
    /// Nested message and enum types in `RLimit`.
    pub mod r_limit {
        /// The limit, as in setrlimit.
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
            RlmtAs = 1,
            RlmtCore = 2,
            RlmtCpu = 3,
            RlmtData = 4,
            RlmtFsize = 5,
            RlmtLocks = 6,
            RlmtMemlock = 7,
            RlmtMsgqueue = 8,
            RlmtNice = 9,
            RlmtNofile = 10,
            RlmtNproc = 11,
            RlmtRss = 12,
            RlmtRtprio = 13,
            RlmtRttime = 14,
            RlmtSigpending = 15,
            RlmtStack = 16,
        }
        impl Type {
            /// String value of the enum field names used in the ProtoBuf definition.
            ///
            /// The values are not transformed in any way and thus are considered stable
            /// (if the ProtoBuf definition does not change) and safe for programmatic use.
            pub fn as_str_name(&self) -> &'static str {
                match self {
                    Self::Unknown => "UNKNOWN",
                    Self::RlmtAs => "RLMT_AS",
                    Self::RlmtCore => "RLMT_CORE",
                    Self::RlmtCpu => "RLMT_CPU",
                    Self::RlmtData => "RLMT_DATA",
                    Self::RlmtFsize => "RLMT_FSIZE",
                    Self::RlmtLocks => "RLMT_LOCKS",
                    Self::RlmtMemlock => "RLMT_MEMLOCK",
                    Self::RlmtMsgqueue => "RLMT_MSGQUEUE",
                    Self::RlmtNice => "RLMT_NICE",
                    Self::RlmtNofile => "RLMT_NOFILE",
                    Self::RlmtNproc => "RLMT_NPROC",
                    Self::RlmtRss => "RLMT_RSS",
                    Self::RlmtRtprio => "RLMT_RTPRIO",
                    Self::RlmtRttime => "RLMT_RTTIME",
                    Self::RlmtSigpending => "RLMT_SIGPENDING",
                    Self::RlmtStack => "RLMT_STACK",
                }
            }
            /// Creates an enum from field names used in the ProtoBuf definition.
            pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
                match value {
                    "UNKNOWN" => Some(Self::Unknown),
                    "RLMT_AS" => Some(Self::RlmtAs),
                    "RLMT_CORE" => Some(Self::RlmtCore),
                    "RLMT_CPU" => Some(Self::RlmtCpu),
                    "RLMT_DATA" => Some(Self::RlmtData),
                    "RLMT_FSIZE" => Some(Self::RlmtFsize),
                    "RLMT_LOCKS" => Some(Self::RlmtLocks),
                    "RLMT_MEMLOCK" => Some(Self::RlmtMemlock),
                    "RLMT_MSGQUEUE" => Some(Self::RlmtMsgqueue),
                    "RLMT_NICE" => Some(Self::RlmtNice),
                    "RLMT_NOFILE" => Some(Self::RlmtNofile),
                    "RLMT_NPROC" => Some(Self::RlmtNproc),
                    "RLMT_RSS" => Some(Self::RlmtRss),
                    "RLMT_RTPRIO" => Some(Self::RlmtRtprio),
                    "RLMT_RTTIME" => Some(Self::RlmtRttime),
                    "RLMT_SIGPENDING" => Some(Self::RlmtSigpending),
                    "RLMT_STACK" => Some(Self::RlmtStack),
                    _ => None,
                }
            }
        }
    }
}
/// The container of a task or an executor.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ContainerInfo {
    #[prost(enumeration = "container_info::Type", required, tag = "1")]
    pub r#type: i32,
    #[prost(message, repeated, tag = "2")]
    pub volumes: ::prost::alloc::vec::Vec<Volume>,
    #[prost(string, optional, tag = "4")]
    pub hostname: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(message, optional, tag = "5")]
    pub mesos: ::core::option::Option<container_info::MesosInfo>,
    #[prost(message, repeated, tag = "7")]
    pub network_infos: ::prost::alloc::vec::Vec<NetworkInfo>,
    #[prost(message, optional, tag = "9")]
    pub rlimit_info: ::core::option::Option<RLimitInfo>,
}
/// Nested message and enum types in `ContainerInfo`.
pub mod container_info {
    /// Settings of the Mesos containerizer.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct MesosInfo {}
    /// Who makes the container.
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
        Docker = 1,
        Mesos = 2,
    }
    impl Type {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Docker => "DOCKER",
                Self::Mesos => "MESOS",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "DOCKER" => Some(Self::Docker),
                "MESOS" => Some(Self::Mesos),
                _ => None,
            }
        }
    }
}
/// The container, as it runs.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ContainerStatus {
    #[prost(message, optional, tag = "4")]
    pub container_id: ::core::option::Option<ContainerId>,
    #[prost(message, repeated, tag = "1")]
    pub network_infos: ::prost::alloc::vec::Vec<NetworkInfo>,
    #[prost(uint32, optional, tag = "3")]
    pub executor_pid: ::core::option::Option<u32>,
}
/// Free keys and values.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Labels {
    #[prost(message, repeated, tag = "1")]
    pub labels: ::prost::alloc::vec::Vec<Label>,
}
/// One key and value.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
pub struct Label {
    #[prost(string, required, tag = "1")]
    pub key: ::prost::alloc::string::String,
    #[prost(string, optional, tag = "2")]
    pub value: ::core::option::Option<::prost::alloc::string::String>,
}
/// A port that a task serves.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Port {
    #[prost(uint32, required, tag = "1")]
    pub number: u32,
    #[prost(string, optional, tag = "2")]
    pub name: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "3")]
    pub protocol: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(enumeration = "discovery_info::Visibility", optional, tag = "4")]
    pub visibility: ::core::option::Option<i32>,
    #[prost(message, optional, tag = "5")]
    pub labels: ::core::option::Option<Labels>,
}
/// Several ports.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Ports {
    #[prost(message, repeated, tag = "1")]
    pub ports: ::prost::alloc::vec::Vec<Port>,
}
/// How others may find a task.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct DiscoveryInfo {
    #[prost(enumeration = "discovery_info::Visibility", required, tag = "1")]
    pub visibility: i32,
    #[prost(string, optional, tag = "2")]
    pub name: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "3")]
    pub environment: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "4")]
    pub location: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(string, optional, tag = "5")]
    pub version: ::core::option::Option<::prost::alloc::string::String>,
    #[prost(message, optional, tag = "6")]
    pub ports: ::core::option::Option<Ports>,
    #[prost(message, optional, tag = "7")]
    pub labels: ::core::option::Option<Labels>,
}
/// Nested message and enum types in `DiscoveryInfo`.
pub mod discovery_info {
    /// Who may find it.
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
    pub enum Visibility {
        Framework = 0,
        Cluster = 1,
        External = 2,
    }
    impl Visibility {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Framework => "FRAMEWORK",
                Self::Cluster => "CLUSTER",
                Self::External => "EXTERNAL",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "FRAMEWORK" => Some(Self::Framework),
                "CLUSTER" => Some(Self::Cluster),
                "EXTERNAL" => Some(Self::External),
                _ => None,
            }
        }
    }
}
/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum TaskState {
    TaskStaging = 6,
    TaskStarting = 0,
    TaskRunning = 1,
    TaskKilling = 8,
    TaskFinished = 2,
    TaskFailed = 3,
    TaskKilled = 4,
    TaskError = 7,
    TaskLost = 5,
    TaskDropped = 9,
    TaskUnreachable = 10,
    TaskGone = 11,
    TaskGoneByOperator = 12,
    TaskUnknown = 13,
}
impl TaskState {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::TaskStaging => "TASK_STAGING",
            Self::TaskStarting => "TASK_STARTING",
            Self::TaskRunning => "TASK_RUNNING",
            Self::TaskKilling => "TASK_KILLING",
            Self::TaskFinished => "TASK_FINISHED",
            Self::TaskFailed => "TASK_FAILED",
            Self::TaskKilled => "TASK_KILLED",
            Self::TaskError => "TASK_ERROR",
            Self::TaskLost => "TASK_LOST",
            Self::TaskDropped => "TASK_DROPPED",
            Self::TaskUnreachable => "TASK_UNREACHABLE",
            Self::TaskGone => "TASK_GONE",
            Self::TaskGoneByOperator => "TASK_GONE_BY_OPERATOR",
            Self::TaskUnknown => "TASK_UNKNOWN",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "TASK_STAGING" => Some(Self::TaskStaging),
            "TASK_STARTING" => Some(Self::TaskStarting),
            "TASK_RUNNING" => Some(Self::TaskRunning),
            "TASK_KILLING" => Some(Self::TaskKilling),
            "TASK_FINISHED" => Some(Self::TaskFinished),
            "TASK_FAILED" => Some(Self::TaskFailed),
            "TASK_KILLED" => Some(Self::TaskKilled),
            "TASK_ERROR" => Some(Self::TaskError),
            "TASK_LOST" => Some(Self::TaskLost),
            "TASK_DROPPED" => Some(Self::TaskDropped),
            "TASK_UNREACHABLE" => Some(Self::TaskUnreachable),
            "TASK_GONE" => Some(Self::TaskGone),
            "TASK_GONE_BY_OPERATOR" => Some(Self::TaskGoneByOperator),
            "TASK_UNKNOWN" => Some(Self::TaskUnknown),
            _ => None,
        }
    }
}
/// Where an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum OperationState {
    OperationUnsupported = 0,
    OperationPending = 1,
    OperationFinished = 2,
    OperationFailed = 3,
    OperationError = 4,
    OperationDropped = 5,
    OperationUnreachable = 6,
    OperationGoneByOperator = 7,
    OperationRecovering = 8,
    OperationUnknown = 9,
}
impl OperationState {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::OperationUnsupported => "OPERATION_UNSUPPORTED",
            Self::OperationPending => "OPERATION_PENDING",
            Self::OperationFinished => "OPERATION_FINISHED",
            Self::OperationFailed => "OPERATION_FAILED",
            Self::OperationError => "OPERATION_ERROR",
            Self::OperationDropped => "OPERATION_DROPPED",
            Self::OperationUnreachable => "OPERATION_UNREACHABLE",
            Self::OperationGoneByOperator => "OPERATION_GONE_BY_OPERATOR",
            Self::OperationRecovering => "OPERATION_RECOVERING",
            Self::OperationUnknown => "OPERATION_UNKNOWN",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "OPERATION_UNSUPPORTED" => Some(Self::OperationUnsupported),
            "OPERATION_PENDING" => Some(Self::OperationPending),
            "OPERATION_FINISHED" => Some(Self::OperationFinished),
            "OPERATION_FAILED" => Some(Self::OperationFailed),
            "OPERATION_ERROR" => Some(Self::OperationError),
            "OPERATION_DROPPED" => Some(Self::OperationDropped),
            "OPERATION_UNREACHABLE" => Some(Self::OperationUnreachable),
            "OPERATION_GONE_BY_OPERATOR" => Some(Self::OperationGoneByOperator),
            "OPERATION_RECOVERING" => Some(Self::OperationRecovering),
            "OPERATION_UNKNOWN" => Some(Self::OperationUnknown),
            _ => None,
        }
    }
}
