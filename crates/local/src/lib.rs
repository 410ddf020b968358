//! Installs, starts, watches and stops the real parts on one machine: ZooKeeper, Mesos masters and agents, and our
//! scheduler, all on loopback addresses.
//!
//! [`Stack::up`] brings a directory to life and [`Stack::down`] ends everything in it. Both the `mysos` command and the
//! tests go through them; a test also kills and restarts single [`Role`]s. Nothing here knows what a cluster is.
#![allow(
    clippy::disallowed_methods,
    reason = "this crate is the door to processes, files, clocks and the environment of one machine"
)]

mod binaries;
mod http;
mod install;
mod layout;
mod net;
mod process;
mod progress;
mod record;
mod role;
mod secrets;
mod servers;
mod settings;
mod stack;
mod wait;

pub use binaries::BinariesError;
pub use install::{Flavor, InstallError, Parts};
pub use layout::Layout;
pub use net::{Net, ParseNetError};
pub use process::Identity;
pub use progress::Progress;
pub use record::RecordError;
pub use role::Role;
pub use secrets::SecretsError;
pub use settings::{Lifetime, Mismatch, Options, Scheduler};
pub use stack::{
    AgentReport, DownError, Ended, Grace, PerRole, Report, RoleState, Stack, StartError, Status, UpError,
};
