//! An imagined cluster that runs the production decision code ([`mysos_ha::decide`]), unchanged, through faults.
//!
//! Everything comes from a seed: order, delays, faults. The same seed gives the same bytes. After every step
//! the invariants of `docs/failover.md` §9 are checked; at the end all faults are healed and the cluster must
//! be healthy within a bound. Nothing of the product depends on this crate.
//!
//! Reading order: [`plan`] is what a run is made from, [`run`] runs it, [`saved`] keeps it, [`shrink`] looks
//! for the shortest schedule that still fails, [`teeth`] are the breakages that show that the checks bite,
//! [`cases`] what finds each.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::iter_over_hash_type,
    reason = "an imagined world that contradicts itself fails loudly; nothing of the product depends on it"
)]
#![allow(clippy::struct_excessive_bools, reason = "an imagined server is mostly switches")]

mod check;
mod copies;
mod disk;
mod fault;
mod kind;
mod member;
mod network;
mod orders;
mod perform;
mod server;
mod store;
mod stream;
mod watch;
mod world;

pub mod cases;
pub mod plan;
pub mod run;
pub mod saved;
pub mod shrink;
pub mod teeth;

pub use kind::Kind;
pub use plan::{Fault, Mode, Plan, Shape, Target};
pub use run::{Finding, Report, run, trace};
pub use teeth::Breakage;
