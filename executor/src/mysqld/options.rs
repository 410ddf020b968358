//! From what a task says to the server's option file.

use std::{io, net::IpAddr};

use mysos_model::{Flavor, Host, wire::task_data::TaskData};
use mysos_mysql_admin::{
    memory::{self, MemoryError},
    options::{OptionsError, ServerOptions},
};
use nix::unistd::{User, geteuid};

use crate::{store::write_durably, volume::Volume};

/// Why there is no option file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OptionFileError {
    /// What was asked cannot be written down.
    #[error("no options fit this task")]
    Options(#[from] OptionsError),
    /// The disk refused.
    #[error("cannot write the option file")]
    Disk(#[source] io::Error),
}

/// Refuses a task that cannot hold its server, before anything is made for it.
pub(crate) fn check_memory(task: &TaskData) -> Result<(), MemoryError> {
    memory::buffer_pool_bytes(task.mem.0, task.flavor).map(drop)
}

/// The options of this task's server.
pub(crate) fn options(task: &TaskData, volume: &Volume, server_id: u32) -> ServerOptions {
    ServerOptions {
        flavor: task.flavor,
        datadir: volume.data_dir(),
        tmpdir: volume.tmp_dir(),
        log_error: volume.error_log(),
        address: bind_address(&task.host),
        port: task.mysql_port,
        report_host: task.host.0.clone(),
        server_id,
        mem_bytes: task.mem.0,
        user: user(),
    }
}

/// Writes the option file. Only the executor's user can read it.
pub(crate) fn write(task: &TaskData, volume: &Volume, server_id: u32) -> Result<(), OptionFileError> {
    let text = options(task, volume, server_id).to_text()?;
    write_durably(&volume.option_file(), text.as_bytes()).map_err(OptionFileError::Disk)
}

/// The host's own address where it is one: several hosts may share a machine. A name says nothing about the
/// interface, so behind a name every one is listened on.
fn bind_address(host: &Host) -> String {
    match host.0.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => "0.0.0.0".to_owned(),
    }
}

/// A server that root starts wants to hear as whom. It stays root's: a change of user would also undo the
/// signal that it gets when its keeper dies.
pub(crate) fn user() -> Option<String> {
    let root =
        || User::from_uid(geteuid()).ok().flatten().map_or_else(|| "root".to_owned(), |user| user.name);
    geteuid().is_root().then(root)
}

/// The name of the server's program, in the order in which it is looked for.
pub(crate) fn program_names(flavor: Flavor) -> &'static [&'static str] {
    match flavor {
        Flavor::MariaDb => &["mariadbd", "mysqld"],
        Flavor::MySql => &["mysqld"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_listens_on_its_hosts_address_or_behind_a_name_on_all() {
        for (host, address) in [("127.0.0.11", "127.0.0.11"), ("::1", "::1"), ("db7.example", "0.0.0.0")] {
            assert_eq!(bind_address(&Host(host.into())), address);
        }
    }
}
