//! The handle against real ZooKeeper servers: what is survived, what is told, what is refused.
//!
//! A missing server fails these tests with a sentence; they never skip.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly"
)]
#![allow(missing_docs, unreachable_pub, reason = "nothing here is for others")]

mod access;
mod crowd;
mod elections;
mod expiry;
mod life;
mod outage;
#[path = "../support/mod.rs"]
mod support;
mod transactions;
mod trees;
mod watches;
