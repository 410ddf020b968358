//! The handle that survives everything, and what it tells about its session.
//!
//! A handle is opened once and lives as long as the program. Behind it a task connects, and connects again for ever;
//! when ZooKeeper lets a session expire, the task makes a new one with a **higher number**. Whoever owns an ephemeral
//! znode watches that number: a new one means that the znode is gone and has to be made again.
//!
//! The session ends when [`ZkHandle::close`] is called or the last clone of the handle is dropped. Streams made from
//! a handle ([`crate::Watched`], [`crate::Election`]) do not keep it alive: they end with it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::watch, time::timeout};

use crate::{
    acl::{Access, Account},
    call::{Line, Link},
    error::ZkError,
    node::SessionId,
    supervisor::Supervisor,
    url::ZkUrl,
};

/// The least session that works: ZooKeeper's usual tick of 2 s allows 4 s; test servers tick faster.
const MIN_SESSION: Duration = Duration::from_secs(1);
/// A missed watch is noticed within this time. Watches are reliable here, so this is a backstop and may be slow.
const SLOW_POLL: Duration = Duration::from_secs(10);

/// How a handle behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The session timeout that is asked for; the server may grant another one.
    pub session_timeout: Duration,
    /// What to do about the path of the address.
    pub root: Root,
    /// Watched znodes are read again after this time even when nothing seems to happen.
    pub poll: Duration,
}

/// What to do about the path of the address, which becomes the root of all paths of the handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// Make what is missing of it, with this access.
    Ensure(Access),
    /// Use it as it is, there or not: it belongs to somebody else.
    AsIs,
}

/// Numbers the sessions of one handle: 1, 2, …; 0 before the first. Only rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SessionNumber(pub u64);

/// The session of a handle, as of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZkSession {
    /// Which session this is. A higher number than before means that all ephemeral znodes of before are lost.
    pub number: SessionNumber,
    /// ZooKeeper's id of it; `None` before the first.
    pub id: Option<SessionId>,
    /// What it is in.
    pub state: SessionState,
    /// The latest moment known **before** which the leader of the ensemble had an answer ready for this session:
    /// the time at which an answered probe was sent. The session cannot have ended before this plus `timeout`.
    pub last_contact: Option<Instant>,
    /// The timeout that the server granted.
    pub timeout: Duration,
    /// Connections made so far, over all sessions: rises with each reconnect.
    pub connections: u64,
}

/// The states of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionState {
    /// There is no session: none yet, or the last one has expired. The next one is being made.
    Connecting {
        /// Since when.
        since: Instant,
        /// Attempts that failed since then.
        attempts: u32,
        /// What the last one ran into; names the servers.
        trouble: Option<String>,
    },
    /// A server answers.
    Connected,
    /// No server answers at present. The session may live on, or may have ended without our knowing.
    Suspended {
        /// Since when.
        since: Instant,
    },
    /// The handle is closed, for good.
    Closed,
}

/// A connection to ZooKeeper that survives everything. Clones share one session.
#[derive(Clone)]
pub struct ZkHandle {
    pub(crate) line: Line,
    closer: Arc<watch::Sender<bool>>,
}

impl Options {
    /// A session of this length, the root made private if it is missing, and a slow poll of 10 s.
    pub fn new(session_timeout: Duration) -> Self {
        Self {
            session_timeout: session_timeout.max(MIN_SESSION),
            root: Root::Ensure(Access::Private),
            poll: SLOW_POLL,
        }
    }

    /// The same with another way to treat the root.
    #[must_use]
    pub fn root(self, root: Root) -> Self {
        Self { root, ..self }
    }
}

impl SessionNumber {
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for SessionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZooKeeper session {}", self.0)
    }
}

impl ZkSession {
    fn none(timeout: Duration) -> Self {
        let state = SessionState::Connecting { since: Instant::now(), attempts: 0, trouble: None };
        let number = SessionNumber::default();
        Self { number, id: None, state, last_contact: None, timeout, connections: 0 }
    }

    /// True while a server answers.
    pub fn is_connected(&self) -> bool {
        self.state == SessionState::Connected
    }

    /// How long nothing was heard, as of `now`; `None` if nothing was ever heard.
    pub fn silence(&self, now: Instant) -> Option<Duration> {
        self.last_contact.map(|at| now.saturating_duration_since(at))
    }

    /// True if the session with this number has ended.
    pub fn is_over(&self, session: SessionNumber) -> bool {
        let gone = matches!(self.state, SessionState::Connecting { .. } | SessionState::Closed);
        self.number > session || (self.number == session && gone)
    }

    fn trouble(&self) -> String {
        match &self.state {
            SessionState::Connecting { trouble: Some(trouble), .. } => format!(" ({trouble})"),
            _ => String::new(),
        }
    }
}

impl ZkHandle {
    /// Opens a handle and starts to connect; returns at once. Needs a tokio runtime.
    pub fn open(url: &ZkUrl, options: Options) -> Self {
        let (link, link_seen) = watch::channel(Link::default());
        let (session, session_seen) = watch::channel(ZkSession::none(options.session_timeout));
        let (closer, closing) = watch::channel(false);
        let account = if url.credentials().is_some() { Account::Digest } else { Account::None };
        let line = Line::new(link_seen, session_seen, url.server_list(), account, options.poll);
        let supervisor = Supervisor::new(url.clone(), options, link, session, closing);
        tokio::spawn(supervisor.run());
        Self { line, closer: Arc::new(closer) }
    }

    /// Waits until a server answers. The error names the servers and says what each ran into.
    pub async fn ready(&self, within: Duration) -> Result<ZkSession, ZkError> {
        let mut seen = self.line.session.clone();
        let settled = |s: &ZkSession| s.is_connected() || s.state == SessionState::Closed;
        let found = timeout(within, seen.wait_for(settled)).await;
        match found {
            Ok(Ok(session)) if session.is_connected() => Ok(session.clone()),
            Ok(_) => Err(ZkError::Closed),
            Err(_) => Err(self.line.unavailable(within)),
        }
    }

    /// The session as of now.
    pub fn session(&self) -> ZkSession {
        self.line.session.borrow().clone()
    }

    /// The session as a stream: each change of state and each contact.
    pub fn sessions(&self) -> watch::Receiver<ZkSession> {
        self.line.session.clone()
    }

    /// Waits until the session with this number is over, or the handle is closed.
    pub async fn over(&self, session: SessionNumber) {
        let mut seen = self.line.session.clone();
        // An error means that the task behind the handle is gone, and the session with it.
        let _ended = seen.wait_for(|now| now.is_over(session)).await;
    }

    /// Ends the session: its ephemeral znodes are gone when this returns `Ok`. All clones are closed with it.
    /// `Unavailable` means that no server took the goodbye in time and the session has to time out by itself.
    pub async fn close(&self, within: Duration) -> Result<(), ZkError> {
        self.closer.send_replace(true);
        let mut seen = self.line.link.clone();
        let parted = timeout(within, seen.wait_for(|link| link.parted().is_some())).await;
        match parted {
            Ok(Ok(link)) if link.parted() == Some(true) => Ok(()),
            _ => Err(self.line.unavailable(within)),
        }
    }
}

impl Line {
    /// The error of a caller that waited this long in vain.
    pub(crate) fn unavailable(&self, waited: Duration) -> ZkError {
        let last = self.session.borrow().trouble();
        ZkError::Unavailable { servers: self.servers.to_string(), waited, last }
    }
}

impl fmt::Debug for ZkHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZkHandle").field("servers", &self.line.servers).finish_non_exhaustive()
    }
}
