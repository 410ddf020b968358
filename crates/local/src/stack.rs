//! One stack: the servers that belong to a directory.
//!
//! [`Stack::up`] starts what does not run, one role after the other, each when the one before answers. [`Stack::down`]
//! ends everything. In between, single roles can be killed, ended and started again; their state stays in the directory.
mod down;
mod errors;
mod report;
mod roles;
mod up;

use std::process::Child;

pub use down::{Ended, Grace};
pub use errors::{DownError, StartError, UpError};
pub use report::{AgentReport, PerRole, Report, RoleState, Status};

use crate::install::Parts;
use crate::layout::Layout;
use crate::record::Record;

/// The servers of one directory.
#[derive(Debug)]
pub struct Stack {
    layout: Layout,
    parts: Parts,
    record: Record,
    /// `user:secret` for ZooKeeper.
    zk_account: String,
    /// What this process started itself, to be reaped; the record has the rest.
    children: Vec<Child>,
    /// The other end of the guard's input: the stack ends when this does.
    lifeline: Option<Child>,
}

impl Stack {
    /// Where things lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// `user:secret`, with which the scheduler and the executors speak to ZooKeeper.
    pub fn zk_account(&self) -> &str {
        &self.zk_account
    }
}

impl Drop for Stack {
    /// A stack that shall not outlive its process ends with this value.
    fn drop(&mut self) {
        if self.lifeline.is_some() {
            self.end_now();
        }
    }
}
