//! MariaDB's sets: the last sequence number per domain and server, written `domain-server-number`.
//!
//! `gtid_binlog_state` names several servers in a domain, a position (`gtid_slave_pos`, `Gtid_IO_Pos`)
//! only the last one. Both are read here and compared per domain **and server**: comparing per domain
//! alone takes an errant 0-1-101 for contained in a later primary's 0-2-200. A position compares rightly
//! as it is, because a server id is used for one promotion only: whoever has 0-2-200 has got it together
//! with all that was before it in that domain.

use std::{collections::BTreeMap, fmt};

use super::{GtidError, malformed};

/// Server ids from here on are those of data directories. Below are those that a primary takes with its epoch, before
/// it opens for writes.
pub const FIRST_MEMBER_ID: u32 = 1 << 20;

/// Where a transaction was first written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Replication domain; ours have one, 0.
    pub domain: u32,
    /// `server_id` of the server that wrote it.
    pub server: u32,
}

/// The last number of each origin. Never holds the number 0, which stands for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct MariaDbGtids {
    last: BTreeMap<Origin, u64>,
}

impl MariaDbGtids {
    pub(super) fn parse(text: &str) -> Result<Self, GtidError> {
        let mut last = BTreeMap::new();
        for element in text.split(',').map(str::trim).filter(|element| !element.is_empty()) {
            let wrong = || malformed("domain-server-number of a MariaDB transaction", element);
            let (origin, number) = parse_element(element).ok_or_else(wrong)?;
            if number > 0 && last.insert(origin, number).is_some() {
                return Err(malformed("second number for the same domain and server", element));
            }
        }
        Ok(Self { last })
    }

    /// The last number of an origin, if it wrote any.
    pub fn last(&self, origin: Origin) -> Option<u64> {
        self.last.get(&origin).copied()
    }

    /// Every origin with its last number, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Origin, u64)> + '_ {
        self.last.iter().map(|(origin, number)| (*origin, *number))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    pub(super) fn count(&self) -> u64 {
        let mut domains = BTreeMap::new();
        for (origin, number) in self.iter() {
            let highest: &mut u64 = domains.entry(origin.domain).or_default();
            *highest = number.max(*highest);
        }
        domains.values().fold(0, |sum, highest| sum.saturating_add(*highest))
    }

    /// What was written under ids of data directories, or what was not.
    pub(super) fn split(&self) -> (Self, Self) {
        let (strays, others) = self.iter().partition(|(origin, _)| origin.server >= FIRST_MEMBER_ID);
        (Self { last: strays }, Self { last: others })
    }

    fn reaches(&self, origin: Origin, number: u64) -> bool {
        self.last(origin).is_some_and(|mine| mine >= number)
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        other.iter().all(|(origin, number)| self.reaches(origin, number))
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut last = self.last.clone();
        for (origin, number) in other.iter() {
            let mine = last.entry(origin).or_insert(number);
            *mine = number.max(*mine);
        }
        Self { last }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        Self { last: self.iter().filter(|(origin, number)| !other.reaches(*origin, *number)).collect() }
    }
}

fn parse_element(element: &str) -> Option<(Origin, u64)> {
    let mut parts = element.split('-').map(digits);
    let (domain, server, number) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() {
        return None;
    }
    Some((Origin { domain: domain.try_into().ok()?, server: server.try_into().ok()? }, number))
}

/// Digits alone: `u64::from_str` would take a plus sign too.
fn digits(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl fmt::Display for MariaDbGtids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (Origin { domain, server }, number)) in self.last.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{domain}-{server}-{number}")?;
        }
        Ok(())
    }
}
