//! On the real parts: Mesos, ZooKeeper, mysqld. Each test has a stack of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly"
)]

mod access;
mod bad_input;
mod bad_records;
mod blocked;
mod cluster;
mod commands;
mod control;
mod copies;
mod crashes;
mod discovery;
mod failover;
mod history;
mod lifecycle;
mod outages;
mod repair;
mod rights;
mod secrets;
mod sizes;
mod starts;
mod traps;
mod volumes;
