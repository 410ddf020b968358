//! What the owner's account may do: everything, less what could break replication or open our own secrets.
//! `docs/adr/0009-rights-of-cluster-user.md` says why for each.
//!
//! The lists name what is granted. Granting all and taking some away again would leave a moment in which the
//! account has all.

use mysos_model::flavor::Flavor;

use crate::sql::Sql;

/// Rights over data and accounts that both flavors have.
const COMMON: [&str; 22] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "REFERENCES",
    "INDEX",
    "ALTER",
    "CREATE TEMPORARY TABLES",
    "LOCK TABLES",
    "CREATE VIEW",
    "SHOW VIEW",
    "CREATE ROUTINE",
    "ALTER ROUTINE",
    "EXECUTE",
    "EVENT",
    "TRIGGER",
    "CREATE TABLESPACE",
    "CREATE USER",
    "SHOW DATABASES",
    "PROCESS",
];

/// What MariaDB 10.11 has besides.
const MARIADB: [&str; 4] = ["DELETE HISTORY", "BINLOG MONITOR", "SLAVE MONITOR", "FEDERATED ADMIN"];

/// What MySQL 8.4 and later have besides.
const MYSQL: [&str; 12] = [
    "CREATE ROLE",
    "DROP ROLE",
    "REPLICATION CLIENT",
    "ALLOW_NONEXISTENT_DEFINER",
    "APPLICATION_PASSWORD_ADMIN",
    "CREATE_SPATIAL_REFERENCE_SYSTEM",
    "RESOURCE_GROUP_ADMIN",
    "RESOURCE_GROUP_USER",
    "ROLE_ADMIN",
    "SET_ANY_DEFINER",
    "SHOW_ROUTINE",
    "XA_RECOVER_ADMIN",
];

/// What the owner gets on each flavor, `GRANT OPTION` aside.
pub fn granted(flavor: Flavor) -> impl Iterator<Item = &'static str> {
    let own: &[&str] = match flavor {
        Flavor::MariaDb => &MARIADB,
        Flavor::MySql => &MYSQL,
    };
    COMMON.iter().chain(own).copied()
}

/// What the owner must never have, each with what it could do. A test on a real server tries them.
pub fn withheld(flavor: Flavor) -> &'static [(&'static str, &'static str)] {
    match flavor {
        Flavor::MariaDb => &WITHHELD_MARIADB,
        Flavor::MySql => &WITHHELD_MYSQL,
    }
}

const WITHHELD_MARIADB: [(&str, &str); 12] = [
    ("SUPER", "switches anything, ends any connection"),
    ("READ_ONLY ADMIN", "writes on a replica, switches read_only off"),
    ("BINLOG ADMIN", "writes with the binary log off, purges it"),
    ("BINLOG REPLAY", "forges the domain, server and number of its transactions"),
    ("REPLICATION MASTER ADMIN", "switches semi-sync off"),
    ("REPLICATION SLAVE ADMIN", "stops or points replication, makes a spare acknowledge"),
    ("REPLICATION SLAVE", "attaches a replica of its own, which acknowledges without being in the ack set"),
    ("CONNECTION ADMIN", "ends the connections of members"),
    ("RELOAD", "FLUSH writes an errant transaction on a read-only replica, RESET MASTER forgets the history"),
    ("SET USER", "makes routines that run with our administrator's rights"),
    ("FILE", "reads the agent's key file, which belongs to the same unix user"),
    ("SHUTDOWN", "stops the server behind its executor's back"),
];

const WITHHELD_MYSQL: [(&str, &str); 29] = [
    ("SUPER", "switches anything, ends any connection"),
    ("SYSTEM_VARIABLES_ADMIN", "switches read_only and semi-sync off"),
    ("SESSION_VARIABLES_ADMIN", "writes with the binary log off"),
    ("PERSIST_RO_VARIABLES_ADMIN", "changes what the next start begins with"),
    ("SYSTEM_USER", "changes our administrator's account"),
    ("BINLOG_ADMIN", "purges the binary log"),
    ("BINLOG_ENCRYPTION_ADMIN", "changes the keys of the binary log"),
    ("ENCRYPTION_KEY_ADMIN", "changes the keys of tables"),
    ("REPLICATION_APPLIER", "forges the number of its transactions"),
    ("TRANSACTION_GTID_TAG", "gives its transactions a tag"),
    ("REPLICATION_SLAVE_ADMIN", "stops or points replication, makes a spare acknowledge"),
    ("REPLICATION SLAVE", "attaches a replica of its own, which acknowledges without being in the ack set"),
    ("GROUP_REPLICATION_ADMIN", "starts a replication of another kind"),
    ("GROUP_REPLICATION_STREAM", "attaches to a replication of another kind"),
    ("CONNECTION_ADMIN", "ends the connections of members, writes on a replica"),
    ("SERVICE_CONNECTION_ADMIN", "enters by the door kept for administrators"),
    ("CLONE_ADMIN", "replaces all data of the server"),
    ("BACKUP_ADMIN", "copies the server to any place on its disk, keeps copies of members waiting"),
    ("RELOAD", "forgets the binary log and the history with RESET"),
    ("FLUSH_PRIVILEGES", "writes an errant transaction on a read-only replica"),
    ("FLUSH_TABLES", "writes an errant transaction on a read-only replica"),
    ("FLUSH_STATUS", "writes an errant transaction on a read-only replica"),
    ("FLUSH_USER_RESOURCES", "writes an errant transaction on a read-only replica"),
    ("FLUSH_OPTIMIZER_COSTS", "writes an errant transaction on a read-only replica"),
    ("FILE", "reads the agent's key file, which belongs to the same unix user"),
    ("SHUTDOWN", "stops the server behind its executor's back"),
    ("INNODB_REDO_LOG_ENABLE", "switches the redo log off, so that a crash loses what was acknowledged"),
    ("AUDIT_ABORT_EXEMPT", "passes by an audit that stops others"),
    ("FIREWALL_EXEMPT", "passes by a firewall that stops others"),
];

/// `GRANT … ON *.* TO `, ready for the account.
pub fn grant(flavor: Flavor) -> Sql {
    let mut sql = Sql::new("GRANT ");
    for (index, right) in granted(flavor).enumerate() {
        sql = sql.words(if index == 0 { "" } else { ", " }).words(right);
    }
    sql.words(" ON *.* TO ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_withheld_is_granted() {
        for flavor in Flavor::ALL {
            for (right, why) in withheld(flavor) {
                assert!(granted(flavor).all(|granted| granted != *right), "{right}: {why}");
            }
        }
    }
}
