//! Talks to mysqld as an operator would: what is wanted goes in as data, statements go out, rows come back
//! as types.
//!
//! It decides nothing. What to want, and in which order, is `ha`'s work; starting the server is the
//! executor's. Every call has a limit, and a connection that broke one is closed for good.
#![allow(
    clippy::disallowed_types,
    reason = "the driver's own signatures name the standard maps; nothing here keeps one"
)]

pub mod account;
pub mod conn;
pub mod copy;
pub mod drain;
pub mod error;
pub mod flavor;
pub mod intent;
pub mod lock;
pub mod memory;
pub mod nudge;
pub mod options;
pub mod rights;
pub mod row;
pub mod session;
pub mod sql;
pub mod statement;
pub mod status;

pub use conn::{Conn, Login};
pub use error::AdminError;
pub use flavor::ServerVersion;
pub use intent::Intent;
pub use mysos_model::flavor::Flavor;
