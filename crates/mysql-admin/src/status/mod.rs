//! What a server says of itself, across the names that its columns have had: asking here, reading in the
//! modules below, which are pure.

mod replica;
mod server;
mod source;

use std::time::Duration;

pub use replica::{Applier, Positioning, Receiver, ReplicaStatus, ReplicationError, SourceAddress};
pub use server::ServerFacts;
pub use source::SourceStatus;

use mysos_model::{
    flavor::Flavor,
    gtid::{GtidError, GtidSet},
};

use crate::{
    conn::Conn,
    error::AdminError,
    row::{Row, RowError},
    sql::Sql,
};

/// An answer that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// A column is missing or malformed.
    #[error("cannot read the answer")]
    Row(#[from] RowError),
    /// A set of transactions is malformed.
    #[error("cannot read the set of transactions in {column}")]
    Gtid {
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        #[source]
        source: GtidError,
    },
}

/// Reads a set out of a column; an absent one is empty.
fn gtid(flavor: Flavor, row: &Row, column: &'static str) -> Result<GtidSet, StatusError> {
    GtidSet::parse(flavor, row.get(column).unwrap_or_default())
        .map_err(|source| StatusError::Gtid { column, source })
}

/// What the server is and what it holds. The end of the binary log is not asked for: that question waits while
/// two commits wait for their acknowledgement, and whoever could acknowledge them asks here first.
pub async fn facts(conn: &mut Conn, limit: Duration) -> Result<ServerFacts, AdminError> {
    let variables = match conn.flavor() {
        Flavor::MariaDb => server::MARIADB_VARIABLES,
        Flavor::MySql => server::MYSQL_VARIABLES,
    };
    let row = ask(conn, variables, limit).await?.into_iter().next().unwrap_or_default();
    ServerFacts::parse(conn.version(), &row).map_err(|error| conn.strange("say what it holds", error.into()))
}

/// How it follows its source, and what of it is applied.
pub async fn replica(conn: &mut Conn, limit: Duration) -> Result<ReplicaStatus, AdminError> {
    let (status, executed) = match conn.flavor() {
        Flavor::MariaDb => ("SHOW SLAVE STATUS", server::MARIADB_VARIABLES),
        Flavor::MySql => ("SHOW REPLICA STATUS", server::MYSQL_VARIABLES),
    };
    // Received first: what is applied meanwhile can only make the second set greater.
    let status = ask(conn, status, limit).await?;
    let executed = ask(conn, executed, limit).await?.into_iter().next().unwrap_or_default();
    let semi_sync = semi_sync(conn, limit).await?;
    ReplicaStatus::parse(conn.flavor(), status.first(), &executed.with(semi_sync))
        .map_err(|error| conn.strange("say how it follows", error.into()))
}

/// Who acknowledges its writes, and who waits for that.
pub async fn source(conn: &mut Conn, limit: Duration) -> Result<SourceStatus, AdminError> {
    let row = semi_sync(conn, limit).await?;
    SourceStatus::parse(conn.flavor(), &row)
        .map_err(|error| conn.strange("say who acknowledges", error.into()))
}

/// Switches and state of semi-sync as one row; the names of the two do not meet.
async fn semi_sync(conn: &mut Conn, limit: Duration) -> Result<Row, AdminError> {
    let variables = ask(conn, "SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync%'", limit).await?;
    let state = ask(conn, "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync%'", limit).await?;
    Ok(Row::from_pairs(&variables).with(Row::from_pairs(&state)))
}

async fn ask(conn: &mut Conn, words: &'static str, limit: Duration) -> Result<Vec<Row>, AdminError> {
    conn.query(&Sql::new(words), limit).await
}

#[cfg(test)]
mod tests;
