//! Client of the Apache Mesos v1 scheduler and executor HTTP APIs.

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
