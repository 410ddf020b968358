//! An intent as SQL, per flavor. Golden files hold every one of them.

mod mariadb;
mod mysql;

use mysos_model::{flavor::Flavor, name::Ordinal};

use crate::{intent::Intent, sql::Sql};

/// What a statement has to do with the binary log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryLog {
    /// Written to it: replicas get it, and with semi-sync it waits for its acknowledgement.
    Written,
    /// Would be written, and must not be: sent with `sql_log_bin` off.
    Off,
    /// Never written, whatever is set.
    Never,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text.
    pub sql: Sql,
    /// Whether it reaches the binary log.
    pub log: BinaryLog,
    /// Error numbers that mean "already so".
    pub harmless: &'static [u16],
}

/// An intent that a flavor has no words for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The other flavor has it, this one does not need it or cannot do it.
    #[error("{flavor} cannot {doing}")]
    NotOn {
        /// The flavor asked.
        flavor: Flavor,
        /// What was wanted.
        doing: String,
    },
    /// A position of the other flavor.
    #[error("{flavor} cannot take over a set of {set}")]
    ForeignSet {
        /// The flavor asked.
        flavor: Flavor,
        /// The flavor of the set.
        set: Flavor,
    },
    /// A number of acknowledgements that this flavor cannot wait for.
    #[error("{flavor} cannot wait for {wanted} acknowledgements, only for at least 1 and at most {most}")]
    WaitCount {
        /// The flavor asked.
        flavor: Flavor,
        /// The most it can wait for.
        most: u32,
        /// What was wanted.
        wanted: u32,
    },
}

impl Statement {
    fn new(sql: Sql, log: BinaryLog) -> Self {
        Self { sql, log, harmless: &[] }
    }

    fn written(sql: Sql) -> Self {
        Self::new(sql, BinaryLog::Written)
    }

    fn off(sql: Sql) -> Self {
        Self::new(sql, BinaryLog::Off)
    }

    fn never(sql: Sql) -> Self {
        Self::new(sql, BinaryLog::Never)
    }

    fn harmless(mut self, codes: &'static [u16]) -> Self {
        self.harmless = codes;
        self
    }
}

/// What to say to a server of this flavor, in order.
pub fn statements(flavor: Flavor, intent: &Intent) -> Result<Vec<Statement>, StatementError> {
    match flavor {
        Flavor::MariaDb => mariadb::statements(intent),
        Flavor::MySql => mysql::statements(intent),
    }
}

/// A statement of fixed words that is never logged.
fn fixed(words: &'static str) -> Statement {
    Statement::never(Sql::new(words))
}

fn not_on(flavor: Flavor, intent: &Intent) -> StatementError {
    StatementError::NotOn { flavor, doing: intent.describe() }
}

/// The error that says "no such connection": whoever should be killed has gone.
const NO_SUCH_THREAD: &[u16] = &[1094];

fn kill(id: u64) -> Statement {
    Statement::never(Sql::new("KILL CONNECTION ").number(id)).harmless(NO_SUCH_THREAD)
}

/// `<before>'mysos_repl_<n>'@'%'<after>`, with the binary log off: accounts of members are each server's own.
fn replication_account(before: &'static str, ordinal: Ordinal, after: &'static str) -> Statement {
    let user = crate::account::replication_user(ordinal);
    Statement::off(Sql::new(before).account(&user).words(after))
}

/// The one schema of our own that replicates, and its one table.
pub(crate) const MARKER_TABLE: [&str; 2] = [
    "CREATE DATABASE IF NOT EXISTS mysos",
    "CREATE TABLE IF NOT EXISTS mysos.marker (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     epoch BIGINT UNSIGNED NOT NULL, turn BIGINT UNSIGNED NOT NULL, \
     at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)) ENGINE=InnoDB",
];

/// Logged each time, also where both exist.
fn ensure_marker() -> Vec<Statement> {
    MARKER_TABLE.map(|words| Statement::written(Sql::new(words))).to_vec()
}

/// A row of its own each time. A second write of one row would wait for the lock of the first, which waits
/// for an acknowledgement that only a later write can bring; and a write that changes nothing is not logged.
fn write_marker(epoch: u64, turn: u64) -> Vec<Statement> {
    let sql = Sql::new("INSERT INTO mysos.marker (epoch, turn) VALUES (")
        .number(epoch)
        .words(", ")
        .number(turn)
        .words(")");
    vec![Statement::written(sql)]
}

/// Keeps the last hundred rows: more than anybody reads back.
fn trim_marker() -> Statement {
    let words = "DELETE FROM mysos.marker WHERE id <= \
         (SELECT kept.last FROM (SELECT MAX(id) - 100 AS last FROM mysos.marker) AS kept)";
    Statement::written(Sql::new(words))
}

#[cfg(test)]
mod tests;
