//! The executor's own server on a real MariaDB: made, started, stopped, killed, and never left behind.
//!
//! The modules under test are taken in as source, because the executor is a program, not a library; their
//! keeper is the program itself.
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
#![allow(dead_code, reason = "what the executor uses and these tests do not")]

#[path = "../../src/keeper.rs"]
mod keeper;
#[path = "../../src/mysqld/mod.rs"]
mod mysqld;
#[path = "../../src/server.rs"]
mod server;
#[path = "../../src/store.rs"]
mod store;
#[path = "../../src/volume.rs"]
mod volume;

mod chain;
mod initialize;
mod life;
mod support;
