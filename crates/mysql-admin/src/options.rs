//! The server's option file, as data and as text. Golden files hold both flavors.
//!
//! What the protocol rests on is written out even where it is the server's habit anyway: habits change with
//! versions. A server begins read-only, receives from nobody, acknowledges nothing, and never cuts off its
//! binary log when it recovers.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use mysos_model::flavor::Flavor;

use crate::memory;

/// What differs from server to server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOptions {
    /// MariaDB or MySQL.
    pub flavor: Flavor,
    /// Absolute path of the data directory.
    pub datadir: PathBuf,
    /// Where temporary files go: within what the task may use of the disk.
    pub tmpdir: PathBuf,
    /// Absolute path of the error log.
    pub log_error: PathBuf,
    /// The address to listen on.
    pub address: String,
    /// The port to listen on.
    pub port: u16,
    /// The address that others reach it by.
    pub report_host: String,
    /// Never used before in this cluster.
    pub server_id: u32,
    /// Memory of the task, that the executor shares.
    pub mem_bytes: u64,
    /// The unix user to run as, named only where the starter is root.
    pub user: Option<String>,
}

/// An option file that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// The task is too small.
    #[error("the task is too small")]
    Memory(#[from] memory::MemoryError),
    /// A value that would not be read back as it was written.
    #[error("{option} cannot be {value:?}: an option file has no way to write it")]
    Unwritable {
        /// Name of the option.
        option: &'static str,
        /// Its value.
        value: String,
    },
}

/// How many connections there may be, and how many of one account: a client that takes all it can get leaves
/// room for the executor and the replicas, which come with accounts of their own.
const CONNECTIONS: &str = "max_connections=250\nmax_user_connections=200\n";

/// A week of binary logs: longer than a member may be away and still follow without a copy.
const KEEP_LOGS: &str = "binlog_expire_logs_seconds=604800\n";

/// Where the protocol of both flavors has the same words.
const COMMON: &str = "\
socket=mysql.sock
pid_file=mysqld.pid
skip_name_resolve=ON
local_infile=OFF
character_set_server=utf8mb4
read_only=ON
log_bin=binlog
relay_log=relay
sync_binlog=1
sync_relay_log=1
relay_log_recovery=OFF
innodb_flush_log_at_trx_commit=1
innodb_log_buffer_size=8M
table_open_cache=400
log_bin_trust_function_creators=ON
";

/// One applier thread, because `drain` rests on it. The applier's place is synced after each transaction: a
/// place that a power cut sets back into a file that is gone makes the relay log unusable. Retries without end.
/// A source that froze is let go within a second when the receiver stops. Tables of users are InnoDB's: others survive no
/// crash, and a replica that was restarted writes to its own binary log when it first reads a MEMORY table (seen).
const MARIADB: &str = "\
binlog_format=ROW
log_slave_updates=ON
gtid_strict_mode=ON
gtid_domain_id=0
skip_slave_start=ON
slave_parallel_threads=0
sync_relay_log_info=1
slave_net_timeout=4
master_retry_count=0
init_rpl_role=MASTER
rpl_semi_sync_master_enabled=OFF
rpl_semi_sync_master_wait_point=AFTER_SYNC
rpl_semi_sync_master_wait_no_slave=ON
rpl_semi_sync_master_timeout=315360000000
rpl_semi_sync_slave_enabled=OFF
rpl_semi_sync_slave_kill_conn_timeout=1
performance_schema=OFF
aria_pagecache_buffer_size=8M
key_buffer_size=8M
query_cache_type=OFF
query_cache_size=0
enforce_storage_engine=InnoDB
";

/// What a server was told to remember with `SET PERSIST` is not read: this file is all there is. The options of
/// plugins are `loose`, because a server that makes its data directory loads none and would not know them.
const MYSQL: &str = "\
super_read_only=ON
persisted_globals_load=OFF
mysqlx=OFF
secure_file_priv=NULL
gtid_mode=ON
enforce_gtid_consistency=ON
log_replica_updates=ON
skip_replica_start=ON
replica_preserve_commit_order=ON
replica_parallel_workers=2
replica_net_timeout=4
plugin_load_add=semisync_source.so
plugin_load_add=semisync_replica.so
plugin_load_add=mysql_clone.so
loose_rpl_semi_sync_source_enabled=OFF
loose_rpl_semi_sync_source_wait_point=AFTER_SYNC
loose_rpl_semi_sync_source_wait_no_replica=ON
loose_rpl_semi_sync_source_timeout=4294967295
loose_rpl_semi_sync_replica_enabled=OFF
key_buffer_size=8M
disabled_storage_engines=MyISAM,MRG_MYISAM,MEMORY,CSV,ARCHIVE,BLACKHOLE,FEDERATED
";

/// Without its statistics a MySQL takes 180 MiB less.
const MYSQL_SMALL: &str = "performance_schema=OFF\ntable_definition_cache=400\n";

impl ServerOptions {
    /// The text of the option file.
    pub fn to_text(&self) -> Result<String, OptionsError> {
        let mut text = String::from(match self.flavor {
            Flavor::MariaDb => "[mariadbd]\n",
            Flavor::MySql => "[mysqld]\n",
        });
        for (option, value) in self.own()? {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{option}={value}");
        }
        text.push_str(COMMON);
        text.push_str(CONNECTIONS);
        text.push_str(KEEP_LOGS);
        text.push_str(match self.flavor {
            Flavor::MariaDb => MARIADB,
            Flavor::MySql => MYSQL,
        });
        if self.flavor == Flavor::MySql && memory::is_small(self.mem_bytes) {
            text.push_str(MYSQL_SMALL);
        }
        Ok(text)
    }

    fn own(&self) -> Result<Vec<(&'static str, String)>, OptionsError> {
        let pool = memory::buffer_pool_bytes(self.mem_bytes, self.flavor)?;
        let mut own = vec![
            ("datadir", path("datadir", &self.datadir)?),
            ("tmpdir", path("tmpdir", &self.tmpdir)?),
            ("log_error", path("log_error", &self.log_error)?),
            ("bind_address", quoted("bind_address", &self.address)?),
            ("port", self.port.to_string()),
            ("report_host", quoted("report_host", &self.report_host)?),
            ("report_port", self.port.to_string()),
            ("server_id", self.server_id.to_string()),
            ("innodb_buffer_pool_size", pool.to_string()),
            ("innodb_buffer_pool_chunk_size", memory::piece_bytes(pool).to_string()),
        ];
        if let Some(user) = &self.user {
            own.push(("user", quoted("user", user)?));
        }
        Ok(own)
    }
}

fn path(option: &'static str, path: &Path) -> Result<String, OptionsError> {
    let text = path.to_str().filter(|_| path.is_absolute());
    text.map_or_else(
        || Err(OptionsError::Unwritable { option, value: path.to_string_lossy().into_owned() }),
        |text| quoted(option, text),
    )
}

/// In double quotes where a plain value could be read otherwise: a sharp sign would begin a comment.
fn quoted(option: &'static str, value: &str) -> Result<String, OptionsError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@+%".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return Ok(value.to_owned());
    }
    if value.is_empty() || value.chars().any(|c| c.is_control() || "\"'".contains(c)) {
        return Err(OptionsError::Unwritable { option, value: value.to_owned() });
    }
    Ok(format!("\"{}\"", value.replace('\\', "\\\\")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(flavor: Flavor, mem_mib: u64) -> ServerOptions {
        ServerOptions {
            flavor,
            datadir: "/var/task/mysqldata/data".into(),
            tmpdir: "/var/task/mysqldata/tmp".into(),
            log_error: "/var/task/mysqldata/log/error.log".into(),
            address: "127.0.0.10".into(),
            port: 31000,
            report_host: "127.0.0.10".into(),
            server_id: 1,
            mem_bytes: mem_mib << 20,
            user: None,
        }
    }

    #[test]
    fn the_option_file_of_mariadb() {
        insta::assert_snapshot!(options(Flavor::MariaDb, 512).to_text().unwrap());
    }

    #[test]
    fn the_option_file_of_mysql() {
        insta::assert_snapshot!(options(Flavor::MySql, 2048).to_text().unwrap());
    }

    #[test]
    fn the_option_file_of_a_small_mysql_that_root_starts() {
        let small = ServerOptions { user: Some("mysql".into()), ..options(Flavor::MySql, 512) };
        insta::assert_snapshot!(small.to_text().unwrap());
    }

    #[test]
    fn a_value_that_could_be_misread_is_quoted_or_refused() {
        let with = |datadir: &str| {
            let options = ServerOptions { datadir: datadir.into(), ..options(Flavor::MariaDb, 512) };
            options.to_text()
        };
        assert!(with("/data #1/a\\b").unwrap().contains("\ndatadir=\"/data #1/a\\\\b\"\n"));
        for bad in ["relative", "/a\nserver_id=9", "/a\"b", ""] {
            assert!(matches!(with(bad), Err(OptionsError::Unwritable { option: "datadir", .. })), "{bad}");
        }
        let small = ServerOptions { mem_bytes: 1 << 20, ..options(Flavor::MariaDb, 512) };
        assert!(matches!(small.to_text(), Err(OptionsError::Memory(_))));
    }
}
