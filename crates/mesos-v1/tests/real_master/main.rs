//! The client against a real Mesos 1.11 master and agent. Faults that these
//! cannot be made to show are in `wire`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

mod agents;
mod executor_process;
mod framework;
mod mesos;
mod operations;
mod redirects;
mod subscriptions;
mod tasks;
