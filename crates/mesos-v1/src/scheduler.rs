//! The v1 scheduler API. [`SchedulerClient::connect`] gives a handle for calls
//! and a queue of events; a task behind them finds the leading master,
//! subscribes, watches over the stream and subscribes again when it ends.
//!
//! What it does not do: it keeps no state of the framework, it queues no call
//! for later, and it does not decide with which id to subscribe. It asks, with
//! [`SchedulerEvent::SubscribeWanted`], and waits for
//! [`SchedulerClient::subscribe`].

pub mod call;
mod client;
mod config;
mod driver;
mod event;
mod leaders;
mod reason;
mod session;
mod subscription;

pub use self::client::{CallError, NotWanted, SchedulerClient};
pub use self::config::{SchedulerConfig, Timing};
pub use self::event::{Disconnected, Failure, Message, SchedulerEvent, Subscribed};
pub use self::reason::{Garbled, Reason, Retry};
