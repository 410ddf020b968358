//! A znode, or the children of one, as a stream of values that cannot miss the last one.
//!
//! A task reads the znode **and** arms a one-shot watch in one request, publishes the value, and waits for the watch,
//! for news of the connection, or for the slow poll; then it reads again. So whatever the last change is, a read
//! follows it. Values in between may be skipped. An absent znode is a value.
//!
//! A handle watches some thousand znodes at once (see `look.rs`); streams beyond that poll, every few seconds.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::{Duration, Instant},
};

use futures::future::{BoxFuture, FutureExt};
use tokio::{sync::watch, time::sleep};
use zookeeper_client::Error;

use crate::{
    call::{Line, Phase},
    look::{Armed, Looker},
    node::Node,
    session::{SessionNumber, ZkHandle},
};

/// After a read that failed for a reason of its own (no right, a strange answer).
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// How often a stream reads that has no watch, because the handle watches too much already.
const UNWATCHED_POLL: Duration = Duration::from_secs(3);
/// After a read whose connection was lost, until the news of it arrives.
const NEWS_PAUSE: Duration = Duration::from_millis(50);

/// The names of the children; `None` if there is no such znode.
pub type ChildNames = Option<BTreeSet<String>>;
/// The children with their data; `None` if there is no such znode.
pub type ChildNodes = Option<BTreeMap<String, Node>>;

/// A value, and when and in which session it was last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed<T> {
    /// What was read.
    pub value: T,
    /// When it was last read; rises also when the value stays the same.
    pub at: Instant,
    /// The session it was read in.
    pub session: SessionNumber,
}

/// What the task publishes.
#[derive(Debug, Clone)]
pub(crate) struct View<T> {
    pub(crate) latest: Option<Observed<T>>,
    pub(crate) trouble: Option<String>,
}

/// A stream of the latest value. Ends when the handle is closed; dropping it ends its task.
#[derive(Debug)]
pub struct Watched<T> {
    view: watch::Receiver<View<T>>,
    started: bool,
}

/// One look, which may build on what was read last, and what it arms.
pub(crate) type Look<T> = BoxFuture<'static, Result<(T, Armed), Error>>;

impl ZkHandle {
    /// The znode at `path`.
    pub fn watch_node(&self, path: &str) -> Watched<Option<Node>> {
        let path = path.to_owned();
        self.line.watched(same_node, move |looker, _| {
            let path = path.clone();
            async move { looker.node(&path).await }.boxed()
        })
    }

    /// The names of the children of `path`.
    pub fn watch_children(&self, path: &str) -> Watched<ChildNames> {
        let path = path.to_owned();
        self.line.watched(ChildNames::eq, move |looker, _| {
            let path = path.clone();
            async move { looker.names(&path).await }.boxed()
        })
    }

    /// The children of `path` with their data. For groups of up to some hundred: each change reads all of them.
    pub fn watch_child_nodes(&self, path: &str) -> Watched<ChildNodes> {
        let path = path.to_owned();
        self.line.watched(same_nodes, move |looker, _| {
            let path = path.clone();
            async move { looker.nodes(&path).await }.boxed()
        })
    }

    /// The newest `most` children of `path` with their data, for children that are never written again: each is
    /// read once, and only the list of names is watched.
    pub fn watch_newest(&self, path: &str, most: usize) -> Watched<ChildNodes> {
        let path = path.to_owned();
        self.line.watched(same_nodes, move |looker, known| {
            let path = path.clone();
            async move { looker.newest(&path, most, known.flatten().unwrap_or_default()).await }.boxed()
        })
    }
}

impl<T: Clone> Watched<T> {
    pub(crate) fn new(view: watch::Receiver<View<T>>) -> Self {
        Self { view, started: false }
    }

    /// The next value: the current one at the first call, each time after that a different one. `None` when the
    /// handle is closed. Can be dropped and called again without loss.
    pub async fn next(&mut self) -> Option<Observed<T>> {
        if !self.started
            && let Some(first) = self.latest()
        {
            self.view.mark_unchanged();
            self.started = true;
            return Some(first);
        }
        loop {
            self.view.changed().await.ok()?;
            let latest = self.view.borrow_and_update().latest.clone();
            if latest.is_some() {
                self.started = true;
                return latest;
            }
        }
    }

    /// The latest value; `None` before the first read.
    pub fn latest(&self) -> Option<Observed<T>> {
        self.view.borrow().latest.clone()
    }

    /// Why nothing newer is known, if reading fails at present.
    pub fn trouble(&self) -> Option<String> {
        self.view.borrow().trouble.clone()
    }
}

impl Line {
    /// Starts the task that keeps one stream fresh.
    pub(crate) fn watched<T, L>(&self, same: fn(&T, &T) -> bool, look: L) -> Watched<T>
    where
        T: Clone + Send + Sync + 'static,
        L: Fn(Looker, Option<T>) -> Look<T> + Send + 'static,
    {
        let (out, view) = watch::channel(View { latest: None, trouble: None });
        let keeper = Keeper { line: self.clone(), out, same };
        tokio::spawn(keeper.run(look));
        Watched::new(view)
    }
}

/// The task behind one stream.
struct Keeper<T> {
    line: Line,
    out: watch::Sender<View<T>>,
    same: fn(&T, &T) -> bool,
}

/// What ended a wait.
enum Woken {
    LookAgain,
    Ended,
}

impl<T: Clone + Send + Sync + 'static> Keeper<T> {
    async fn run<L>(mut self, look: L)
    where
        L: Fn(Looker, Option<T>) -> Look<T> + Send,
    {
        // Held over the next look: the new watch is armed before the old one is let go, so nothing is unset.
        let mut armed = Armed::nothing();
        loop {
            let link = self.line.link.borrow_and_update().clone();
            let session = link.number;
            let client = match link.phase {
                Phase::Closing | Phase::Parted(_) => return,
                Phase::Down => None,
                Phase::Up(client) => Some(client),
            };
            let pause = match client {
                None => self.line.poll,
                Some(client) => tokio::select! {
                    looked = look(Looker { client, budget: self.line.budget.clone() }, self.known()) => match looked {
                        Ok((value, watch)) => {
                            self.publish(value, session);
                            armed = watch;
                            self.pause(&armed)
                        }
                        Err(error) => {
                            armed = Armed::nothing();
                            self.note(&error)
                        }
                    },
                    woken = news(&mut self.line.link, &self.out) => match woken {
                        Woken::LookAgain => continue,
                        Woken::Ended => return,
                    },
                },
            };
            let woken = tokio::select! {
                woken = news(&mut self.line.link, &self.out) => woken,
                () = &mut armed.fired => {
                    armed = Armed::nothing();
                    Woken::LookAgain
                }
                () = sleep(pause) => Woken::LookAgain,
            };
            if matches!(woken, Woken::Ended) {
                return;
            }
        }
    }

    /// What was read last.
    fn known(&self) -> Option<T> {
        self.out.borrow().latest.as_ref().map(|latest| latest.value.clone())
    }

    /// How long until the next look if nothing fires.
    fn pause(&self, armed: &Armed) -> Duration {
        if armed.whole { self.line.poll } else { self.line.poll.min(UNWATCHED_POLL) }
    }

    fn publish(&self, value: T, session: SessionNumber) {
        self.out.send_if_modified(|view| {
            let changed = view.latest.as_ref().is_none_or(|old| !(self.same)(&old.value, &value));
            view.latest = Some(Observed { value, at: Instant::now(), session });
            view.trouble = None;
            changed
        });
    }

    /// Keeps the error for who asks, and says how long to wait.
    fn note(&self, error: &Error) -> Duration {
        let lost = matches!(error, Error::ConnectionLoss | Error::SessionExpired | Error::Custom(_));
        let text = error.to_string();
        let mut new = false;
        self.out.send_if_modified(|view| {
            new = view.trouble.as_ref() != Some(&text);
            view.trouble = Some(text);
            false
        });
        if lost {
            return NEWS_PAUSE;
        }
        if new {
            tracing::warn!(%error, "a watched znode cannot be read");
        }
        RETRY_PAUSE
    }
}

/// Waits for news of the connection, or for nobody to listen any more.
async fn news<T>(link: &mut watch::Receiver<crate::call::Link>, out: &watch::Sender<View<T>>) -> Woken {
    tokio::select! {
        changed = link.changed() => if changed.is_ok() { Woken::LookAgain } else { Woken::Ended },
        () = out.closed() => Woken::Ended,
    }
}

#[allow(clippy::ref_option, reason = "compares two values of a stream, whatever their type")]
fn same_node(a: &Option<Node>, b: &Option<Node>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.same_content(b),
        (None, None) => true,
        _ => false,
    }
}

#[allow(clippy::ref_option, reason = "compares two values of a stream, whatever their type")]
fn same_nodes(a: &ChildNodes, b: &ChildNodes) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|((name, node), (other, twin))| name == other && node.same_content(twin))
        }
        (None, None) => true,
        _ => false,
    }
}

impl<T> fmt::Display for Observed<T>
where
    T: fmt::Display,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
