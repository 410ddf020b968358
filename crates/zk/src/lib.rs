//! ZooKeeper made safe to hold. The only crate that names a ZooKeeper client.
//!
//! * [`ZkUrl`] reads `zk://user:password@h1,h2/path`.
//! * [`ZkHandle`] survives everything: outages, silent servers, expired sessions. Its [`ZkSession`] tells which
//!   session serves now and when the servers were last heard. A new session is never silent: its number rises.
//! * [`Watched`] is a znode, or the children of one, as a stream of values that cannot miss the last one.
//! * [`Multi`] is a transaction as a value; a failed one says which operation failed and why.
//! * [`Election`] elects among schedulers, [`leading_master`] finds the leading Mesos master.
//! * [`SealKey`] keeps secrets at rest.
//!
//! Deliberately absent: locks, queues and other recipes; retries of writes (the caller decides again); znodes that
//! come back by themselves after a lost session (their owner is told and decides).
#![allow(
    clippy::disallowed_methods,
    reason = "this crate is a hand: it reads the clock and runs the tasks that keep a session; the end of each is seen through its channel"
)]

mod acl;
mod call;
mod diagnose;
mod ephemeral;
mod error;
mod leader;
mod look;
mod lowest;
mod mesos;
mod multi;
mod node;
mod ops;
mod probe;
mod seal;
mod session;
mod supervisor;
mod tree;
mod url;
mod watch;

pub use acl::{Access, DigestId};
pub use error::{Reason, Refusal, ZkError};
pub use leader::{Election, Fence, Leadership, Lost};
pub use mesos::leading_master;
pub use multi::{Done, Kind, Multi, Op};
pub use node::{Node, SessionId, Stat, Version};
pub use seal::{OpenError, SealKey, SealedError};
pub use session::{Options, Root, SessionNumber, SessionState, ZkHandle, ZkSession};
pub use url::{Credentials, Server, UrlError, ZkUrl};
pub use watch::{ChildNames, ChildNodes, Observed, Watched};
