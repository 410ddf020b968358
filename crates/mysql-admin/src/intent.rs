//! What we want of a server, as data. What to say to it stands in `statement/`; when to want what is decided
//! elsewhere. Each intent may be applied twice, unless its text says otherwise.

use mysos_model::{
    epoch::{Epoch, Turn},
    gtid::GtidSet,
    name::{ClusterUser, Ordinal},
    secret::Password,
};

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// The server's own number of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Whom to receive from, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Address of the primary.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The slot of the member that receives: it logs in as `mysos_repl_<ordinal>`.
    pub ordinal: Ordinal,
    /// Password of that account.
    pub password: Password,
}

/// Where in which relay log the applier goes on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelayPosition {
    /// Name of the file, without its directory.
    pub file: String,
    /// Offset of the next event.
    pub offset: u64,
}

/// One thing that a server shall do or be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Refuse or accept writes. On waits for every commit that is under way, so also for one that waits for
    /// its acknowledgement: give it a short limit.
    SetReadOnly(Switch),
    /// Wait for this many acknowledgements before a commit is told, without end. MariaDB can wait for one.
    SemiSyncSource {
        /// k, from 1.
        wait_count: u32,
    },
    /// Wait for nobody. Clients that wait are told OK: never a way out of a blocked primary.
    SemiSyncSourceOff,
    /// Acknowledge what is received, or not. Counts only from the next start of the receiver.
    SetAcking(Switch),
    /// Start the receiver alone. On MariaDB only while the applier runs: with both stopped the server throws
    /// the relay log away.
    StartReceiver,
    /// Stop the receiver, also one that is only retrying.
    StopReceiver,
    /// Start the applier alone. On MariaDB in GTID mode this throws the relay log away: see `drain`.
    StartApplier,
    /// Stop the applier. May take a minute inside half a transaction.
    StopApplier,
    /// Start both. The applier must have drained the relay log.
    StartReplication,
    /// Stop both.
    StopReplication,
    /// Follow this primary from what is executed here. Both threads are stopped, the relay log is drained:
    /// it is thrown away.
    PointAt(Source),
    /// Receive from another primary. MySQL: the receiver is stopped, the applier may run on. MariaDB: both
    /// stopped, as for `PointAt`.
    MoveReceiver(Source),
    /// Follow nobody any more. Both threads are stopped; for a new primary only after it has opened.
    ForgetSource,
    /// MariaDB: leave GTID mode at this place of the relay log, and apply from there.
    DrainRelayLog(RelayPosition),
    /// MariaDB: back to GTID mode. Throws the relay log away.
    ReturnToGtidMode,
    /// A copied data directory starts a history of its own at this set: binary logs gone, set taken over.
    /// Replication is not configured. Not a repair for a server that has served.
    FreshStart {
        /// What the copy holds.
        position: GtidSet,
    },
    /// MariaDB: take this as what is applied. Both threads are stopped.
    ResetPosition(GtidSet),
    /// The number that transactions written here carry from now on, also on this connection.
    SetServerId(u32),
    /// The account that this program logs in as, with every right.
    EnsureAdmin {
        /// Its password.
        password: Password,
    },
    /// A member's replication account; a new one is born locked, an old one stays as it is.
    EnsureReplicationAccount {
        /// Slot of the member.
        ordinal: Ordinal,
        /// Its password.
        password: Password,
    },
    /// Let this member log in no more. Its present connection lives on: kill it afterwards.
    LockAccount(Ordinal),
    /// Let this member log in.
    UnlockAccount(Ordinal),
    /// The owner's account, with the rights of `rights`. Written to the binary log: on the primary only.
    /// An account that exists keeps its password.
    EnsureClusterUser {
        /// Its name.
        user: ClusterUser,
        /// Its password, when it is new.
        password: Password,
    },
    /// End a connection. One that has gone already is no error.
    Kill(ConnectionId),
    /// The table of marker rows. A new data directory has it already; this is for one that lost it. Written
    /// to the binary log: on a primary that is acknowledged, or it waits with locks that hold others up.
    EnsureMarker,
    /// Write a marker row: when it is told, this and every commit before it is acknowledged.
    ///
    /// On MariaDB an acker does not acknowledge what it received before it was one. So a row that got no
    /// answer in its limit is not waited for: another is written when an acker has been attached since, and
    /// its acknowledgement frees all that wait.
    WriteMarker {
        /// Epoch of the primary that writes.
        epoch: Epoch,
        /// Turn of the record that it goes by.
        turn: Turn,
    },
    /// Remove all marker rows but the last hundred.
    TrimMarker,
}

impl Intent {
    /// What is done, for errors and logs: "cannot … to <this>".
    pub fn describe(&self) -> String {
        match self {
            Self::SetReadOnly(Switch::On) => "become read-only".into(),
            Self::SetReadOnly(Switch::Off) => "accept writes".into(),
            Self::SemiSyncSource { wait_count } => format!("wait for {wait_count} acknowledgement(s)"),
            Self::SemiSyncSourceOff => "wait for no acknowledgements".into(),
            Self::SetAcking(Switch::On) => "acknowledge what it receives".into(),
            Self::SetAcking(Switch::Off) => "acknowledge nothing".into(),
            Self::StartReceiver => "start the receiver".into(),
            Self::StopReceiver => "stop the receiver".into(),
            Self::StartApplier => "start the applier".into(),
            Self::StopApplier => "stop the applier".into(),
            Self::StartReplication => "start replication".into(),
            Self::StopReplication => "stop replication".into(),
            Self::PointAt(source) => format!("follow {}:{}", source.host, source.port),
            Self::MoveReceiver(source) => format!("receive from {}:{}", source.host, source.port),
            Self::ForgetSource => "forget its source".into(),
            Self::DrainRelayLog(at) => format!("apply its relay log from {}:{}", at.file, at.offset),
            Self::ReturnToGtidMode => "return to GTID mode".into(),
            Self::FreshStart { position } => format!("start afresh at {position}"),
            Self::ResetPosition(position) => format!("take {position} as applied"),
            Self::SetServerId(id) => format!("take the server id {id}"),
            Self::EnsureAdmin { .. } => "make the administrator's account".into(),
            Self::EnsureReplicationAccount { ordinal, .. } => {
                format!("make the replication account {ordinal}")
            }
            Self::LockAccount(ordinal) => format!("lock the replication account {ordinal}"),
            Self::UnlockAccount(ordinal) => format!("unlock the replication account {ordinal}"),
            Self::EnsureClusterUser { user, .. } => format!("make the account {user}"),
            Self::Kill(ConnectionId(id)) => format!("end connection {id}"),
            Self::EnsureMarker => "make the marker table".into(),
            Self::WriteMarker { epoch, turn } => {
                format!("write the marker row of epoch {epoch}, turn {turn}")
            }
            Self::TrimMarker => "remove old marker rows".into(),
        }
    }
}
