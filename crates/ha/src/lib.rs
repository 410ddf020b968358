//! All that the members of a cluster decide: replication, failover and discovery, as pure functions.
//!
//! The law is `docs/failover.md`. This crate knows no I/O, no clock and no chance: an event and the time
//! go in, changes and actions come out ([`decide`]). The executor drives it against real servers, the
//! simulator against imagined ones.
//!
//! Reading order: [`view`] says what a member knows, [`event`], [`change`] and [`action`] how it learns
//! and acts, [`epoch`] and [`ackset`] hold the one invariant everything rests on, [`promote`],
//! [`demote`] and [`follow`] are the ways from one state to the next.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm, clippy::iter_over_hash_type))]

pub mod ackset;
pub mod action;
pub mod assess;
pub mod change;
pub mod coldstart;
mod complaint;
pub mod coordinator;
pub mod copy;
pub mod decide;
pub mod demote;
pub mod detect;
pub mod discover;
pub mod elect;
pub mod epoch;
pub mod event;
pub mod evict;
pub mod follow;
pub mod learn;
pub mod life;
pub mod limits;
mod lost;
pub mod member;
pub mod promote;
pub mod rebuild;
pub mod story;
#[cfg(test)]
mod testing;
mod trouble;
pub mod view;
pub mod vital;

pub use action::{Action, Lane, Order};
pub use change::Change;
pub use decide::{Decision, decide};
pub use event::Event;
pub use view::View;
pub use vital::Vital;
