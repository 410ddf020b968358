//! A znode, or the children of one, as a stream of values that cannot miss the last one.
//!
//! A task reads the znode **and** arms a one-shot watch in one request, publishes the value, and waits for the watch,
//! for news of the connection, or for the slow poll; then it reads again. So whatever the last change is, a read
//! follows it. Values in between may be skipped. An absent znode is a value.
//!
//! One-shot watches, because the client sets them again after a reconnect and the server then fires what was missed;
//! persistent watches it does not set again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    time::{Duration, Instant},
};

use futures::{
    FutureExt,
    future::{join_all, select_all},
};
use tokio::{sync::watch, time::sleep};
use zookeeper_client::{Client, Error, OneshotWatcher};

use crate::{
    call::{Line, Phase},
    node::Node,
    ops::is_absent,
    session::{SessionNumber, ZkHandle},
};

/// After a read that failed for a reason of its own (no right, a strange answer).
const RETRY_PAUSE: Duration = Duration::from_secs(1);
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

/// Resolves when something has changed.
pub(crate) type Armed = Pin<Box<dyn Future<Output = ()> + Send>>;

impl ZkHandle {
    /// The znode at `path`.
    pub fn watch_node(&self, path: &str) -> Watched<Option<Node>> {
        let path = path.to_owned();
        self.line.watched(same_node, move |client| {
            let path = path.clone();
            async move { look_at_node(&client, &path).await }.boxed()
        })
    }

    /// The names of the children of `path`.
    pub fn watch_children(&self, path: &str) -> Watched<ChildNames> {
        let path = path.to_owned();
        self.line.watched(ChildNames::eq, move |client| {
            let path = path.clone();
            async move { look_at_names(&client, &path).await }.boxed()
        })
    }

    /// The children of `path` with their data. For groups of up to some hundred: each change reads all of them.
    pub fn watch_child_nodes(&self, path: &str) -> Watched<ChildNodes> {
        let path = path.to_owned();
        self.line.watched(same_nodes, move |client| {
            let path = path.clone();
            async move { look_at_nodes(&client, &path).await }.boxed()
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
        L: Fn(Client) -> Pin<Box<dyn Future<Output = Result<(T, Armed), Error>> + Send>> + Send + 'static,
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
        L: Fn(Client) -> Pin<Box<dyn Future<Output = Result<(T, Armed), Error>> + Send>> + Send,
    {
        // Held over the next look: the new watch is armed before the old one is let go, so nothing is unset.
        let mut armed: Armed = Box::pin(std::future::pending());
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
                    looked = look(client) => match looked {
                        Ok((value, watch)) => {
                            self.publish(value, session);
                            armed = watch;
                            self.line.poll
                        }
                        Err(error) => {
                            armed = Box::pin(std::future::pending());
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
                () = &mut armed => {
                    armed = Box::pin(std::future::pending());
                    Woken::LookAgain
                }
                () = sleep(pause) => Woken::LookAgain,
            };
            if matches!(woken, Woken::Ended) {
                return;
            }
        }
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

pub(crate) fn arm(watcher: OneshotWatcher) -> Armed {
    Box::pin(async move {
        // The client panics here if its own task has died; that is a reason to look again, not to die too.
        let event = AssertUnwindSafe(watcher.changed()).catch_unwind().await;
        if event.is_ok_and(|event| event.session_state.is_terminated()) {
            // The session is over: the link tells when there is a next one. Not to be taken for a change.
            std::future::pending::<()>().await;
        }
    })
}

/// Whichever fires first.
pub(crate) fn either(one: Armed, other: Armed) -> Armed {
    Box::pin(select_all([one, other]).map(drop))
}

async fn look_at_node(client: &Client, path: &str) -> Result<(Option<Node>, Armed), Error> {
    loop {
        match client.get_and_watch_data(path).await {
            Ok((data, stat, watcher)) => {
                return Ok((Some(Node { data, stat: stat.into() }), arm(watcher)));
            }
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error),
        }
        if let Some(watcher) = absent(client, path).await? {
            return Ok((None, arm(watcher)));
        }
    }
}

/// A watch for the creation of a znode that does not exist; `None` if it does by now.
async fn absent(client: &Client, path: &str) -> Result<Option<OneshotWatcher>, Error> {
    let (stat, watcher) = client.check_and_watch_stat(path).await?;
    Ok(stat.is_none().then_some(watcher))
}

pub(crate) async fn look_at_names(client: &Client, path: &str) -> Result<(ChildNames, Armed), Error> {
    loop {
        match client.list_and_watch_children(path).await {
            Ok((names, watcher)) => return Ok((Some(names.into_iter().collect()), arm(watcher))),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error),
        }
        if let Some(watcher) = absent(client, path).await? {
            return Ok((None, arm(watcher)));
        }
    }
}

async fn look_at_nodes(client: &Client, path: &str) -> Result<(ChildNodes, Armed), Error> {
    let (names, group) = look_at_names(client, path).await?;
    let Some(names) = names else {
        return Ok((None, group));
    };
    let base = path.trim_end_matches('/');
    let reads = names.into_iter().map(|name| async move {
        let read = client.get_and_watch_data(&format!("{base}/{name}")).await;
        (name, read)
    });
    let mut nodes = BTreeMap::new();
    let mut watches = vec![group];
    for (name, read) in join_all(reads).await {
        match read {
            Ok((data, stat, watcher)) => {
                nodes.insert(name, Node { data, stat: stat.into() });
                watches.push(arm(watcher));
            }
            // Gone since the list was read: the watch of the group has fired.
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((Some(nodes), Box::pin(select_all(watches).map(drop))))
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
