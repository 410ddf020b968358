//! Copies between members: one gives its data as a stream, the other builds it beside its own data directory.
//!
//! When, from whom, and what becomes of a copy is decided in `ha::copy`. A copy is asked for on the donor's control
//! port with the cluster's token; the same conversation carries the data (MariaDB), or stands for the donor's
//! consent while the servers copy between themselves (MySQL).

mod clone;
pub(crate) mod desk;
mod error;
pub(crate) mod frames;
pub(crate) mod give;
mod position;
pub(crate) mod receive;
mod space;
pub(crate) mod tools;

pub(crate) use error::CopyError;
