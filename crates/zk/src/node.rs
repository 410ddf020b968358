//! A znode as read: data and the numbers that tell one state of it from another.

use std::fmt;

use zookeeper_client as client;

/// The number of changes of a znode's data. A znode made anew starts at 0 again: compare `created` too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub i32);

/// ZooKeeper's own id of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub i64);

/// The numbers of a znode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Version of the data.
    pub version: Version,
    /// Changes of the list of children.
    pub children_version: i32,
    /// How many children it has.
    pub children: i32,
    /// Transaction that made the znode: another number is another znode under the same path.
    pub created: i64,
    /// Transaction that last changed its data.
    pub modified: i64,
    /// Milliseconds since the Unix epoch, by the server's clock.
    pub created_ms: i64,
    /// Milliseconds since the Unix epoch, by the server's clock.
    pub modified_ms: i64,
    /// The session it ends with, if it is ephemeral.
    pub owner: Option<SessionId>,
}

/// A znode as read.
#[derive(Clone, PartialEq, Eq)]
pub struct Node {
    /// Its data.
    pub data: Vec<u8>,
    /// Its numbers.
    pub stat: Stat,
}

impl Node {
    /// True if `other` holds the same data in the same incarnation: what happens among its children does not count.
    pub fn same_content(&self, other: &Self) -> bool {
        self.stat.created == other.stat.created && self.stat.version == other.stat.version
    }
}

impl From<client::Stat> for Stat {
    fn from(stat: client::Stat) -> Self {
        Self {
            version: Version(stat.version),
            children_version: stat.cversion,
            children: stat.num_children,
            created: stat.czxid,
            modified: stat.mzxid,
            created_ms: stat.ctime,
            modified_ms: stat.mtime,
            owner: (stat.ephemeral_owner != 0).then_some(SessionId(stat.ephemeral_owner)),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// Data may be a secret: only its length is shown.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("bytes", &self.data.len()).field("stat", &self.stat).finish()
    }
}
