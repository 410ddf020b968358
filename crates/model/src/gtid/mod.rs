//! Sets of transactions, as the two flavors write them: what contains what, and what is beyond.
//!
//! Elections, the errant check and draining rest on `contains`; positions are never compared as text.
//! The algebra is here, the forms are in [`mysql`] and [`mariadb`]. Asking a server is `mysql-admin`'s work.

pub mod mariadb;
pub mod mysql;

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize};

pub use mariadb::MariaDbGtids;
pub use mysql::MySqlGtids;

use crate::flavor::Flavor;

/// The longest text of a set that is read: a longer one fits no znode, so nobody could be told of it.
pub const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// A set of transactions of one flavor. Containment is a partial order: two sets may each have something
/// that the other lacks. Sets of different flavors are never comparable, not even when both are empty.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum GtidSet {
    /// Intervals per server uuid and tag.
    MySql(MySqlGtids),
    /// The last sequence number per domain and server.
    MariaDb(MariaDbGtids),
}

/// Why a text is no set of transactions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GtidError {
    /// The text does not begin with `mysql:` or `mariadb:`.
    #[error("a set of transactions begins with mysql: or mariadb:, found {found:?}")]
    Flavor {
        /// The beginning of the text.
        found: String,
    },
    /// The text is longer than [`MAX_TEXT_BYTES`].
    #[error("a set of transactions has at most {MAX_TEXT_BYTES} bytes, found {found}")]
    Length {
        /// Its length in bytes.
        found: usize,
    },
    /// One element is malformed.
    #[error("{found:?} is no {expected}")]
    Element {
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
}

/// Two sets of different flavors were to be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a set of {left} and a set of {right} have nothing in common")]
pub struct FlavorsDiffer {
    /// Flavor of the one.
    pub left: Flavor,
    /// Flavor of the other.
    pub right: Flavor,
}

/// How much of a malformed text an error repeats.
const SHOWN_CHARS: usize = 64;

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

fn malformed(expected: &'static str, found: &str) -> GtidError {
    GtidError::Element { expected, found: shown(found) }
}

impl GtidSet {
    /// The set without transactions.
    pub fn empty(flavor: Flavor) -> Self {
        match flavor {
            Flavor::MySql => Self::MySql(MySqlGtids::default()),
            Flavor::MariaDb => Self::MariaDb(MariaDbGtids::default()),
        }
    }

    /// Reads what a server of that flavor says, line breaks included.
    pub fn parse(flavor: Flavor, text: &str) -> Result<Self, GtidError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(GtidError::Length { found: text.len() });
        }
        match flavor {
            Flavor::MySql => MySqlGtids::parse(text).map(Self::MySql),
            Flavor::MariaDb => MariaDbGtids::parse(text).map(Self::MariaDb),
        }
    }

    /// The flavor whose set this is.
    pub fn flavor(&self) -> Flavor {
        match self {
            Self::MySql(_) => Flavor::MySql,
            Self::MariaDb(_) => Flavor::MariaDb,
        }
    }

    /// Whether there is no transaction in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::MySql(set) => set.is_empty(),
            Self::MariaDb(set) => set.is_empty(),
        }
    }

    /// How many transactions there are in it. On MariaDB as far as the numbers of each domain run.
    pub fn count(&self) -> u64 {
        match self {
            Self::MySql(set) => set.count(),
            Self::MariaDb(set) => set.count(),
        }
    }

    /// Whether every transaction of `other` is in this set. Never, when the flavors differ.
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::MySql(mine), Self::MySql(theirs)) => mine.contains(theirs),
            (Self::MariaDb(mine), Self::MariaDb(theirs)) => mine.contains(theirs),
            (Self::MySql(_), Self::MariaDb(_)) | (Self::MariaDb(_), Self::MySql(_)) => false,
        }
    }

    /// What is in either: the smallest set that contains both.
    pub fn union(&self, other: &Self) -> Result<Self, FlavorsDiffer> {
        match (self, other) {
            (Self::MySql(mine), Self::MySql(theirs)) => Ok(Self::MySql(mine.union(theirs))),
            (Self::MariaDb(mine), Self::MariaDb(theirs)) => Ok(Self::MariaDb(mine.union(theirs))),
            (Self::MySql(_), Self::MariaDb(_)) | (Self::MariaDb(_), Self::MySql(_)) => {
                Err(self.differs(other))
            }
        }
    }

    /// What is in this set and not in `other`: what is errant, when `other` is the primary's. On MariaDB a
    /// number stands for all up to it, so the tail begins after `other`'s number for that server.
    pub fn minus(&self, other: &Self) -> Result<Self, FlavorsDiffer> {
        match (self, other) {
            (Self::MySql(mine), Self::MySql(theirs)) => Ok(Self::MySql(mine.minus(theirs))),
            (Self::MariaDb(mine), Self::MariaDb(theirs)) => Ok(Self::MariaDb(mine.minus(theirs))),
            (Self::MySql(_), Self::MariaDb(_)) | (Self::MariaDb(_), Self::MySql(_)) => {
                Err(self.differs(other))
            }
        }
    }

    /// What no primary has written: on MariaDB all that carries the server id of a data directory, because a primary
    /// takes the id of its epoch before it opens. It was never acknowledged. A server writes such a thing by itself
    /// or for a client that may not write (a replica logs the statistics that ANALYZE TABLE … PERSISTENT takes, and
    /// the emptiness of a MEMORY table after a restart). On MySQL nothing tells these apart.
    #[must_use]
    pub fn strays(&self) -> Self {
        match self {
            Self::MySql(_) => Self::MySql(MySqlGtids::default()),
            Self::MariaDb(set) => Self::MariaDb(set.split().0),
        }
    }

    /// All but the [`strays`](Self::strays).
    #[must_use]
    pub fn without_strays(&self) -> Self {
        match self {
            Self::MySql(_) => self.clone(),
            Self::MariaDb(set) => Self::MariaDb(set.split().1),
        }
    }

    fn differs(&self, other: &Self) -> FlavorsDiffer {
        FlavorsDiffer { left: self.flavor(), right: other.flavor() }
    }
}

/// Less means "is contained in, and lacks something".
impl PartialOrd for GtidSet {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self.contains(other), other.contains(self)) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Greater),
            (false, true) => Some(Ordering::Less),
            (false, false) => None,
        }
    }
}

/// The canonical form, as the server would write it, without the flavor.
impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MySql(set) => set.fmt(f),
            Self::MariaDb(set) => set.fmt(f),
        }
    }
}

/// With the flavor in front.
impl fmt::Debug for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{self}", self.flavor())
    }
}

/// With the flavor in front: the form in records and on the wire.
impl From<GtidSet> for String {
    fn from(set: GtidSet) -> Self {
        format!("{}:{set}", set.flavor())
    }
}

impl TryFrom<String> for GtidSet {
    type Error = GtidError;
    fn try_from(text: String) -> Result<Self, GtidError> {
        let (name, rest) = text.split_once(':').unwrap_or((&text, ""));
        let flavor = name.parse().map_err(|_| GtidError::Flavor { found: shown(&text) })?;
        Self::parse(flavor, rest)
    }
}

#[cfg(test)]
mod tests;
