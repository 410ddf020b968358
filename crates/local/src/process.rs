//! Processes of one machine: who is who, who belongs to a directory, and how they end.
mod identity;
mod scan;
mod spawn;

pub use identity::Identity;
pub(crate) use scan::{belonging_to, executors_of};
pub(crate) use spawn::{Launch, MARKER, spawn};
