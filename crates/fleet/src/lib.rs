//! All the Mysos scheduler decides, as pure functions.
//!
//! One event goes in, one [`change::Decision`] comes out: how the state moves, and what to do about the
//! world once that is saved. No I/O, no clock, no chance, no lock. Elections are not decided here: the
//! members of a cluster do that among themselves (`mysos-ha`); the fleet places tasks, replaces lost ones
//! and writes down what is wanted.
//!
//! ```text
//! loop {
//!     let step = fleet::step(&mut fleet, now, &event, &mut dice);
//!     store.save(step.touched).await?;      // nothing below happens before this
//!     performer.enqueue(step.actions);      // outcomes come back as events
//! }
//! ```
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm, clippy::iter_over_hash_type))]

pub mod action;
mod admit;
mod apply;
pub mod change;
mod cleanup;
pub mod cluster;
pub mod config;
mod demand;
pub mod event;
pub mod fleet;
mod framework;
mod home;
pub mod housing;
mod misfit;
pub mod needs;
mod offers;
pub mod operation;
mod owed;
mod place;
mod reconcile;
pub mod release;
mod replace;
pub mod request;
mod stock;
mod task;
mod timer;
pub mod why;

#[cfg(test)]
mod tests;

pub use action::Action;
pub use change::{Change, Decision};
pub use config::Config;
pub use demand::Toggle;
pub use event::{Event, Slot};
pub use fleet::{Fleet, Step, decide, step};
pub use framework::{Link, LinkState};
pub use misfit::{Misfit, Refusals};
pub use owed::Duty;
pub use why::Why;
