//! The faces over real connections, before a driver that keeps a small fleet in memory.
#![allow(clippy::disallowed_methods, reason = "tests run servers and clients beside each other")]

mod access;
mod connections;
mod create;
mod docs;
mod fixture;
mod fuzz;
mod limits;
mod reads;
mod seed;
mod stage;

pub(crate) use fixture::{cluster, fleet, waiting};
pub(super) use stage::{Reply, Stage, form, multipart};
