//! What this crate promises, on real MariaDB servers. A missing server fails these tests with a sentence.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    unreachable_pub,
    reason = "a test may fail loudly"
)]

mod accounts;
mod conn;
mod doors;
mod drain;
mod replication;
mod rights;
mod semi_sync;
mod server;
