//! Reading what a server is and what it holds.

use mysos_model::{flavor::Flavor, gtid::GtidSet};

use super::{StatusError, gtid};
use crate::{
    flavor::ServerVersion,
    row::{Row, unreadable},
};

/// Everything that is asked of a MariaDB at once.
pub(super) const MARIADB_VARIABLES: &str = "SELECT @@GLOBAL.read_only AS read_only, \
     @@GLOBAL.server_id AS server_id, @@GLOBAL.gtid_binlog_state AS gtid_binlog_state, \
     @@GLOBAL.gtid_slave_pos AS gtid_slave_pos";

/// Everything that is asked of a MySQL at once. Owned before executed: a commit moves from the first to the
/// second, so in this order it cannot be missed.
pub(super) const MYSQL_VARIABLES: &str = "SELECT @@GLOBAL.gtid_owned AS gtid_owned, \
     @@GLOBAL.gtid_executed AS gtid_executed, @@GLOBAL.read_only AS read_only, \
     @@GLOBAL.server_id AS server_id, @@GLOBAL.server_uuid AS server_uuid";

/// What a server is and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// Flavor and version.
    pub version: ServerVersion,
    /// Whether it refuses writes.
    pub read_only: bool,
    /// The number that its transactions carry on MariaDB.
    pub server_id: u32,
    /// The id that its transactions carry on MySQL.
    pub server_uuid: Option<String>,
    /// What it has executed: what its own claims are made of. On MariaDB what its binary log holds and what
    /// its applier has recorded: a copied directory has only the second.
    pub executed: GtidSet,
    /// What its binary log holds, commits that still wait for their acknowledgement included: what a member
    /// that comes back is compared with.
    pub logged: GtidSet,
    /// What MariaDB's applier has recorded, one number per domain; on MySQL the same as `executed`.
    pub position: GtidSet,
}

impl ServerFacts {
    /// Reads the row of variables.
    pub(super) fn parse(version: ServerVersion, row: &Row) -> Result<Self, StatusError> {
        let flavor = version.flavor;
        let executed = executed(flavor, row)?;
        let (logged, position) = match flavor {
            Flavor::MariaDb => {
                (gtid(flavor, row, "gtid_binlog_state")?, gtid(flavor, row, "gtid_slave_pos")?)
            }
            Flavor::MySql => (with_owned(&executed, row)?, executed.clone()),
        };
        Ok(Self {
            version,
            read_only: row.switch(&["read_only"])?,
            server_id: row.number(&["server_id"])?,
            server_uuid: row.get("server_uuid").map(str::to_owned),
            executed,
            logged,
            position,
        })
    }
}

/// What is executed, out of the row of variables.
pub(super) fn executed(flavor: Flavor, row: &Row) -> Result<GtidSet, StatusError> {
    match flavor {
        Flavor::MySql => {
            row.need(&["gtid_executed"])?;
            gtid(flavor, row, "gtid_executed")
        }
        Flavor::MariaDb => {
            let logged = {
                row.need(&["gtid_binlog_state"])?;
                gtid(flavor, row, "gtid_binlog_state")?
            };
            let applied = gtid(flavor, row, "gtid_slave_pos")?;
            Ok(logged.union(&applied).unwrap_or(logged))
        }
    }
}

/// `gtid_owned` lists transactions that are about to commit, each with the thread that has it:
/// `uuid:7#42:8#43`.
fn with_owned(executed: &GtidSet, row: &Row) -> Result<GtidSet, StatusError> {
    let text = row.get("gtid_owned").unwrap_or_default();
    let owned: String = text
        .split(',')
        .map(|element| element.split(':').map(without_thread).collect::<Vec<_>>().join(":"))
        .collect::<Vec<_>>()
        .join(",");
    let owned = GtidSet::parse(Flavor::MySql, &owned)
        .map_err(|source| StatusError::Gtid { column: "gtid_owned", source })?;
    executed.union(&owned).map_err(|_| unreadable(&["gtid_owned"], "set of MySQL transactions", text).into())
}

fn without_thread(part: &str) -> &str {
    part.split_once('#').map_or(part, |(number, _thread)| number)
}
