//! The accounts of our own on each server, and the text that makes a new data directory ours before the first
//! socket listens.
//!
//! They are each server's own: made with the binary log off, never replicated. The owner's account is not
//! among them: it is made on the primary and replicates ([`Intent::EnsureClusterUser`]).
//!
//! [`Intent::EnsureClusterUser`]: crate::intent::Intent::EnsureClusterUser

use std::time::Duration;

use mysos_model::{flavor::Flavor, name::Ordinal, secret::Password};

use crate::{
    conn::Conn,
    error::AdminError,
    intent::Intent,
    sql::Sql,
    statement::{self, BinaryLog},
};

/// The account that the executor logs in as.
pub const ADMIN_USER: &str = "mysos_admin";

/// What every replication account begins with; the slot's number follows.
const REPLICATION_PREFIX: &str = "mysos_repl_";

/// The account that the member of a slot receives with.
pub fn replication_user(ordinal: Ordinal) -> String {
    format!("{REPLICATION_PREFIX}{ordinal}")
}

/// The slot whose replication account this is, if it is one.
pub fn replication_slot(user: &str) -> Option<Ordinal> {
    let number = user.strip_prefix(REPLICATION_PREFIX)?;
    let slot = number.parse().ok().map(Ordinal)?;
    (slot.to_string() == number).then_some(slot)
}

/// What a new data directory is given before its server first listens.
#[derive(Debug, Clone)]
pub struct FirstAccounts {
    /// Password of [`ADMIN_USER`].
    pub admin: Password,
    /// The replication accounts known by now. They are born locked.
    pub replication: Vec<(Ordinal, Password)>,
}

/// Accounts, and the empty table of marker rows: a primary without ackers could write it, but not be told.
/// The text is for `mariadbd --bootstrap` (its standard input) or for MySQL's `--init-file`: one statement a
/// line. It holds secrets: a file with it is readable by the server's user alone, and removed afterwards.
pub fn bootstrap_sql(flavor: Flavor, accounts: &FirstAccounts) -> Result<Password, AdminError> {
    let mut lines = vec![Sql::new("SET SESSION sql_log_bin = 0")];
    if flavor == Flavor::MariaDb {
        lines.extend(mariadb_begin());
    }
    let intents = std::iter::once(Intent::EnsureAdmin { password: accounts.admin.clone() }).chain(
        accounts.replication.iter().map(|(ordinal, password)| Intent::EnsureReplicationAccount {
            ordinal: *ordinal,
            password: password.clone(),
        }),
    );
    for intent in intents {
        let statements = statement::statements(flavor, &intent)?;
        let made = statements.into_iter().filter(|statement| statement.log == BinaryLog::Off);
        lines.extend(made.map(|statement| statement.sql));
    }
    lines.extend(statement::MARKER_TABLE.map(Sql::new));
    lines.push(lock_root(flavor));
    let mut text = String::new();
    for sql in lines {
        text.push_str(sql.expose());
        text.push_str(";\n");
    }
    Ok(Password::new(text))
}

/// A server that bootstraps has read no accounts: the first line makes it. Whatever accounts the program
/// that made the directory left behind are removed, but for the two that are locked.
fn mariadb_begin() -> [Sql; 5] {
    [
        "FLUSH LOCAL PRIVILEGES",
        "DELETE FROM mysql.global_priv WHERE (User, Host) NOT IN (('root', 'localhost'), ('mariadb.sys', 'localhost'))",
        "DELETE FROM mysql.proxies_priv",
        "DELETE FROM mysql.db WHERE User <> 'mariadb.sys'",
        "FLUSH LOCAL PRIVILEGES",
    ]
    .map(Sql::new)
}

/// `root` keeps its rights, because views and routines of the server itself are defined by it, but nobody
/// can log in as it: it is locked, and has no password that would fit.
fn lock_root(flavor: Flavor) -> Sql {
    Sql::new(match flavor {
        Flavor::MariaDb => {
            "ALTER USER 'root'@'localhost' IDENTIFIED VIA mysql_native_password USING 'invalid' ACCOUNT LOCK"
        }
        Flavor::MySql => "ALTER USER 'root'@'localhost' IDENTIFIED BY RANDOM PASSWORD ACCOUNT LOCK",
    })
}

/// The slots that have a replication account on this server: all that a promotion has to lock.
pub async fn replication_slots(conn: &mut Conn, limit: Duration) -> Result<Vec<Ordinal>, AdminError> {
    let sql =
        Sql::new("SELECT User AS user FROM mysql.user WHERE LEFT(User, 11) = ").literal(REPLICATION_PREFIX);
    let rows = conn.query(&sql, limit).await?;
    Ok(rows.iter().filter_map(|row| replication_slot(row.get("user")?)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> FirstAccounts {
        let repl = |n| (Ordinal(n), Password::new(format!("repl'{n}")));
        FirstAccounts { admin: Password::new("ad\nmin"), replication: vec![repl(0), repl(1)] }
    }

    #[test]
    fn the_first_accounts_of_mariadb() {
        let text = bootstrap_sql(Flavor::MariaDb, &accounts()).unwrap();
        insta::assert_snapshot!(text.expose());
    }

    #[test]
    fn the_first_accounts_of_mysql() {
        let text = bootstrap_sql(Flavor::MySql, &accounts()).unwrap();
        insta::assert_snapshot!(text.expose());
    }

    #[test]
    fn a_replication_account_names_its_slot() {
        for slot in [0, 7, u32::MAX] {
            assert_eq!(replication_slot(&replication_user(Ordinal(slot))), Some(Ordinal(slot)));
        }
        for user in ["mysos_repl_", "mysos_repl_07", "mysos_repl_+7", "mysos_repl_x", "mysos_admin"] {
            assert_eq!(replication_slot(user), None, "{user}");
        }
        assert_eq!(REPLICATION_PREFIX.len(), 11, "as the query has it");
    }
}
