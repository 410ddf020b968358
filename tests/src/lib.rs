//! What the tests on the real parts stand on: a stack of its own for each test, the HTTP interface, a SQL
//! client and a ZooKeeper client that know nothing of us, and waits that say what they wait for.
//!
//! Nothing is left behind, also when a test fails: the stack ends with its value.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests may fail loudly, and use clocks, processes and files"
)]

mod api;
mod by_hand;
mod flavors;
mod load;
mod processes;
mod programs;
mod sql;
mod stack;
mod wait;
mod znodes;

pub use api::{Answer, Api, Created};
pub use by_hand::{ByHand, Recipe};
pub use load::{Load, Primary};
pub use mysos_local::Flavor;
pub use processes::{Process, named_by};
pub use programs::{Ran, stock_client};
pub use sql::Sql;
pub use stack::{TestStack, bin_dir};
pub use wait::wait_until;
pub use znodes::Znodes;
