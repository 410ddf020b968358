//! Whether a member is let in: what it asks before it starts to receive, because a receiver that is refused
//! waits a second before it asks again.

use std::time::Duration;

use mysos_model::{flavor::Flavor, name::Ordinal};

use crate::{
    account::replication_user,
    conn::{Conn, Login},
    error::AdminError,
    sql::Sql,
};

/// Whether the replication account of a slot is there and not locked.
pub async fn is_unlocked(conn: &mut Conn, ordinal: Ordinal, limit: Duration) -> Result<bool, AdminError> {
    let words = match conn.flavor() {
        Flavor::MariaDb => {
            "SELECT COALESCE(JSON_VALUE(Priv, '$.account_locked'), '0') AS locked FROM mysql.global_priv WHERE User = "
        }
        Flavor::MySql => "SELECT account_locked AS locked FROM mysql.user WHERE User = ",
    };
    let rows = conn.query(&Sql::new(words).literal(&replication_user(ordinal)), limit).await?;
    let open = |row: &crate::row::Row| matches!(row.get("locked"), Some("0" | "false" | "N"));
    Ok(rows.first().is_some_and(open))
}

/// Whether the server lets this account in, by trying it. Needs no table: MariaDB's table of accounts is locked while an
/// account statement waits for its acknowledgement, and logins are not.
pub async fn admits(login: &Login, limit: Duration) -> Result<bool, AdminError> {
    match Conn::open(login, limit).await {
        Ok(_) => Ok(true),
        Err(AdminError::Denied { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether an account of this name is there. Asking needs no lock; making sure by a statement takes one that
/// holds up every login until it is acknowledged.
pub async fn exists(conn: &mut Conn, user: &str, limit: Duration) -> Result<bool, AdminError> {
    let words = match conn.flavor() {
        Flavor::MariaDb => "SELECT User FROM mysql.global_priv WHERE User = ",
        Flavor::MySql => "SELECT User FROM mysql.user WHERE User = ",
    };
    let rows = conn.query(&Sql::new(words).literal(user), limit).await?;
    Ok(!rows.is_empty())
}
