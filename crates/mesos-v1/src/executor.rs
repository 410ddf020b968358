//! The v1 executor API. [`ExecutorClient::connect`] gives a handle for status
//! updates and a queue of events; a task behind them holds the subscription
//! with the agent, and subscribes again, fast and for long, when the agent
//! restarts. Tasks and updates that are not yet acknowledged go with it.
//!
//! What it does not do: it ends no task and no process. When there is no way
//! back it says so ([`ExecutorEvent::is_final`]), and the caller ends them.

mod call;
mod client;
mod config;
mod driver;
pub mod environment;
mod event;
mod reason;
mod session;
mod subscription;
mod unacknowledged;

pub use self::client::{ExecutorClient, MessageError, UpdateError};
pub use self::config::ExecutorConfig;
pub use self::environment::{Environment, EnvironmentError, Recovery};
pub use self::event::ExecutorEvent;
pub use self::reason::{Garbled, Reason};
