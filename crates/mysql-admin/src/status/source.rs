//! Reading the source's side of semi-sync.

use mysos_model::flavor::Flavor;

use super::StatusError;
use crate::row::Row;

/// How a server's commits are acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// How many replicas are attached that acknowledge.
    pub clients: u32,
    /// Whether it is told to wait.
    pub enabled: bool,
    /// Whether it does wait. Enabled and not waiting means that it has degraded in silence.
    pub waits: bool,
    /// How many acknowledgements it waits for; MariaDB always for one.
    pub wait_count: u32,
    /// How many commits wait now.
    pub waiting_sessions: u32,
}

impl SourceStatus {
    pub(super) fn parse(flavor: Flavor, row: &Row) -> Result<Self, StatusError> {
        Ok(match flavor {
            Flavor::MariaDb => Self {
                clients: row.number(&["rpl_semi_sync_master_clients"])?,
                enabled: row.switch(&["rpl_semi_sync_master_enabled"])?,
                waits: row.switch(&["rpl_semi_sync_master_status"])?,
                wait_count: 1,
                waiting_sessions: row.number(&["rpl_semi_sync_master_wait_sessions"])?,
            },
            Flavor::MySql => Self {
                clients: row.number(&["rpl_semi_sync_source_clients"])?,
                enabled: row.switch(&["rpl_semi_sync_source_enabled"])?,
                waits: row.switch(&["rpl_semi_sync_source_status"])?,
                wait_count: row.number(&["rpl_semi_sync_source_wait_for_replica_count"])?,
                waiting_sessions: row.number(&["rpl_semi_sync_source_wait_sessions"])?,
            },
        })
    }
}
