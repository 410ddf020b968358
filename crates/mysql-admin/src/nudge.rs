//! A write that changes nothing: it makes replicas acknowledge what they received before it.
//!
//! Semi-sync acknowledges a place in the log and all before it. A replica that received a write before it
//! could acknowledge, or whose acknowledgement was lost with its connection, says nothing more about it until
//! the next write comes. On an idle server that is never (seen on MariaDB 10.11).

use std::time::Duration;

use mysos_model::flavor::Flavor;

use crate::{conn::Conn, error::AdminError, sql::Sql};

/// Writes it to the binary log, and waits for its acknowledgement. It needs no table, no database and no
/// account, because a statement on one of those may be what waits.
pub async fn nudge(conn: &mut Conn, limit: Duration) -> Result<(), AdminError> {
    let statement = match conn.flavor() {
        Flavor::MariaDb => "FLUSH HOSTS",
        Flavor::MySql => "FLUSH OPTIMIZER_COSTS",
    };
    conn.query(&Sql::new(statement), limit).await.map(drop)
}
