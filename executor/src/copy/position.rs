//! Where in the history a copy of a MariaDB ends, as the state of its binary log.
//!
//! `mariadb-backup` tells the last transaction only. Elections and the errant check compare per server that wrote,
//! so the copy needs the numbers of all: they are the donor's, up to that last transaction. Each server id writes in one
//! epoch only, so its numbers are one run: what ends before the last transaction is whole, what ends after it
//! belongs to it or came later.
//!
//! A server that has no binary log yet takes over the state that lies in `binlog.state`.

use mysos_model::{
    Flavor,
    gtid::{GtidError, GtidSet},
};

/// What `mariadb-backup` leaves behind: file, offset and last transaction.
pub(crate) const POSITION_FILE: &str = "xtrabackup_binlog_info";
/// What a server without a binary log takes its state from.
pub(crate) const STATE_FILE: &str = "binlog.state";

/// Why a position cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PositionError {
    /// The file says nothing that is known.
    #[error("{POSITION_FILE} holds {found:?}, which is no file, offset and set of transactions")]
    Unknown {
        /// What it holds.
        found: String,
    },
    /// A set of transactions is malformed.
    #[error("a set of transactions is malformed")]
    Gtid(#[from] GtidError),
}

/// The text of `binlog.state` for a copy that ends where `info` says, out of the donor's later `state`.
pub(crate) fn state_at(info: &str, state: &str) -> Result<String, PositionError> {
    let mut words = info.split_whitespace();
    let (file, offset) = (words.next(), words.next().map(str::parse::<u64>));
    if file.is_none() || !matches!(offset, Some(Ok(_))) {
        return Err(PositionError::Unknown { found: info.chars().take(200).collect() });
    }
    let GtidSet::MariaDb(last) = GtidSet::parse(Flavor::MariaDb, words.next().unwrap_or_default())? else {
        return Ok(String::new());
    };
    let GtidSet::MariaDb(donor) = GtidSet::parse(Flavor::MariaDb, state)? else { return Ok(String::new()) };
    let mut lines = Vec::new();
    for (end, number) in last.iter() {
        let before = donor.iter().filter(|(origin, theirs)| {
            origin.domain == end.domain && origin.server != end.server && *theirs < number
        });
        lines.extend(before.map(|(origin, theirs)| (origin.domain, theirs, origin.server)));
        lines.push((end.domain, number, end.server));
    }
    // The last line of a domain is its last transaction.
    lines.sort_unstable();
    let lines: Vec<String> =
        lines.iter().map(|(domain, number, server)| format!("{domain}-{server}-{number}\n")).collect();
    Ok(lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_copy_is_the_donors_up_to_its_last_transaction() {
        let state = state_at("binlog.000007\t1206\t0-7-50\n", "0-1-30,0-7-64,0-9-70,0-1048999-12").unwrap();
        assert_eq!(state, "0-1048999-12\n0-1-30\n0-7-50\n");
    }

    #[test]
    fn a_donor_without_transactions_gives_an_empty_state() {
        assert_eq!(state_at("binlog.000001\t330\n", "").unwrap(), "");
    }

    #[test]
    fn each_domain_ends_at_its_own_transaction() {
        let state = state_at("binlog.000001 330 0-1-5,1-2-9", "0-1-5,1-1-3,1-2-12,2-1-4").unwrap();
        assert_eq!(state, "0-1-5\n1-1-3\n1-2-9\n");
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for odd in ["", "binlog.000001", "binlog.000001 x", "binlog.000001 4 0-1"] {
            assert!(state_at(odd, "").is_err(), "{odd}");
        }
    }
}
