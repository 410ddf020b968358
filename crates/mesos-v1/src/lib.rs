//! Client of the Apache Mesos v1 scheduler and executor HTTP APIs.
//!
//! * [`scheduler`]: find the leading master, subscribe, stay subscribed, send
//!   calls one after the other, hear events.
//! * [`executor`]: the same with an agent, and status updates that are kept
//!   until they are acknowledged, over restarts of the agent.
//! * [`resources`]: what is in an offer, and what a task may take of it.
//! * [`detector`]: who leads; [`auth`]: who we are.
//! * [`proto`]: the messages. They are plain values; `required` fields are
//!   checked by [`validate`], on the way in and on the way out.
//!
//! The clients keep no state that a program would have to save: it decides
//! what to do with each event, and as whom to subscribe.
//!
//! ```no_run
//! use mesos_v1::detector::Detector;
//! use mesos_v1::proto::FrameworkInfo;
//! use mesos_v1::proto::scheduler::call::Subscribe;
//! use mesos_v1::scheduler::{SchedulerClient, SchedulerConfig, SchedulerEvent, call};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let detector = Detector::hosts("master-1:5050,master-2:5050")?;
//! let (client, mut events) = SchedulerClient::connect(SchedulerConfig::default(), detector);
//! let mut framework_info = FrameworkInfo {
//!     user: "nobody".to_owned(),
//!     name: "example".to_owned(),
//!     failover_timeout: Some(3600.0),
//!     ..Default::default()
//! };
//! while let Some(event) = events.recv().await {
//!     match event {
//!         SchedulerEvent::SubscribeWanted => {
//!             let framework_info = framework_info.clone();
//!             client.subscribe(Subscribe { framework_info, suppressed_roles: vec![] })?;
//!         }
//!         // To be saved before anything else, or the next start is another framework.
//!         SchedulerEvent::Subscribed(now) => framework_info.id = Some(now.framework_id),
//!         SchedulerEvent::Offers(offers) => {
//!             let ids = offers.into_iter().map(|offer| offer.id).collect();
//!             client.call(call::decline(ids, 60.0)).await?;
//!         }
//!         SchedulerEvent::Update(status) => {
//!             if let Some(acknowledge) = call::acknowledge(&status) {
//!                 client.call(acknowledge).await?;
//!             }
//!         }
//!         SchedulerEvent::Disconnected(over) => eprintln!("{}", over.reason),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # States that are newer than this crate
//!
//! An enum field is a number. The getter (`status.state()`) takes a number it
//! does not know for the default, which for a task's state is `TASK_STAGING`.
//! Where that matters use `TaskState::try_from(status.state)`.
//!
//! # TLS
//!
//! rustls, with the crypto provider that the program has installed as the
//! default of the process, or ring if it has not.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this crate does I/O: it reads the clock, the environment of an executor, and spawns its drivers"
)]

pub mod auth;
pub mod backoff;
pub mod codec;
pub mod detector;
pub mod executor;
mod names;
#[rustfmt::skip]
#[allow(
    missing_docs,
    clippy::pedantic,
    reason = "generated: what a message is for stands at the message, not at each field"
)]
#[path = "gen/mod.rs"]
pub mod proto;
pub mod recordio;
pub mod resources;
pub mod scheduler;
pub mod transport;
pub mod validate;

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
