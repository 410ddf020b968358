//! One look at a znode or its children: reads, and arms a one-shot watch in the same request.
//!
//! One-shot watches, because the client library sets them again after a reconnect and the server then fires what was
//! missed; persistent watches it does not set again. It sets them again in **one** request of at most 128 KiB of
//! paths; with more it loses the connection again and again, until the session is over. So the paths that are watched
//! at once have a budget, and what is beyond it is only read: its stream polls.

use std::{
    collections::BTreeMap,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Once},
};

use futures::{
    FutureExt,
    future::{join_all, select_all},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zookeeper_client::{Client, Error, OneshotWatcher};

use crate::{
    node::Node,
    watch::{ChildNames, ChildNodes},
};

/// Three quarters of what the client can set again: watches that are being taken away still count there.
const WATCHED_BYTES: u32 = 96 * 1024;

/// What the paths of all armed watches of a handle may take together.
#[derive(Clone)]
pub(crate) struct Budget {
    bytes: Arc<Semaphore>,
    told: Arc<Once>,
}

/// Watches that wait.
pub(crate) struct Armed {
    /// Resolves when something has changed.
    pub(crate) fired: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// False if the budget did not suffice for all of it.
    pub(crate) whole: bool,
}

/// Looks, through one client.
#[derive(Clone)]
pub(crate) struct Looker {
    pub(crate) client: Client,
    pub(crate) budget: Budget,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: Arc::new(Semaphore::new(WATCHED_BYTES as usize)), told: Arc::new(Once::new()) }
    }
}

impl Budget {
    fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.bytes).try_acquire_many_owned(u32::try_from(bytes).ok()?).ok();
        if permit.is_none() {
            self.told.call_once(|| {
                tracing::warn!("too many watched znodes; the rest is polled every few seconds");
            });
        }
        permit
    }
}

impl Armed {
    /// Nothing that could fire.
    pub(crate) fn nothing() -> Self {
        Self { fired: Box::pin(std::future::pending()), whole: false }
    }

    /// Fires when one of them does.
    pub(crate) fn any(watches: Vec<Self>) -> Self {
        let whole = watches.iter().all(|armed| armed.whole);
        if watches.is_empty() {
            return Self::nothing();
        }
        Self { fired: Box::pin(select_all(watches.into_iter().map(|armed| armed.fired)).map(drop)), whole }
    }

    fn new(watcher: OneshotWatcher, permit: OwnedSemaphorePermit) -> Self {
        let fired = async move {
            let _held_until_fired = permit;
            // The client panics here if its own task has died; that is a reason to look again, not to die too.
            let event = AssertUnwindSafe(watcher.changed()).catch_unwind().await;
            if event.is_ok_and(|event| event.session_state.is_terminated()) {
                // The session is over: the link tells when there is a next one. Not to be taken for a change.
                std::future::pending::<()>().await;
            }
        };
        Self { fired: Box::pin(fired), whole: true }
    }
}

impl Looker {
    /// The znode.
    pub(crate) async fn node(&self, path: &str) -> Result<(Option<Node>, Armed), Error> {
        loop {
            if let Some((node, armed)) = self.present(path).await? {
                return Ok((Some(node), armed));
            }
            if let Some(armed) = self.absent(path).await? {
                return Ok((None, armed));
            }
        }
    }

    /// The names of its children.
    pub(crate) async fn names(&self, path: &str) -> Result<(ChildNames, Armed), Error> {
        loop {
            let listed = match self.permit(path) {
                Some(permit) => (self.client.list_and_watch_children(path).await)
                    .map(|(names, watcher)| (names, Armed::new(watcher, permit))),
                None => self.client.list_children(path).await.map(|names| (names, Armed::nothing())),
            };
            if let Some((names, armed)) = present(listed)? {
                return Ok((Some(names.into_iter().collect()), armed));
            }
            if let Some(armed) = self.absent(path).await? {
                return Ok((None, armed));
            }
        }
    }

    /// Its children with their data.
    pub(crate) async fn nodes(&self, path: &str) -> Result<(ChildNodes, Armed), Error> {
        let (names, group) = self.names(path).await?;
        let Some(names) = names else {
            return Ok((None, group));
        };
        let base = path.trim_end_matches('/');
        let reads = names.into_iter().map(|name| async move {
            let read = self.present(&format!("{base}/{name}")).await;
            (name, read)
        });
        let (mut nodes, mut watches) = (BTreeMap::new(), vec![group]);
        for (name, read) in join_all(reads).await {
            // One that is gone since the list was read is left out: the watch of the group has fired.
            if let Some((node, armed)) = read? {
                nodes.insert(name, node);
                watches.push(armed);
            }
        }
        Ok((Some(nodes), Armed::any(watches)))
    }

    /// The newest of its children with their data, without a watch on any. What is known already is not read again.
    pub(crate) async fn newest(
        &self,
        path: &str,
        most: usize,
        mut known: BTreeMap<String, Node>,
    ) -> Result<(ChildNodes, Armed), Error> {
        let (names, group) = self.names(path).await?;
        let Some(names) = names else {
            return Ok((None, group));
        };
        let base = path.trim_end_matches('/');
        let mut nodes = BTreeMap::new();
        for name in names.into_iter().rev().take(most) {
            let node = match known.remove(&name) {
                Some(node) => Some(node),
                None => self.once(&format!("{base}/{name}")).await?,
            };
            nodes.extend(node.map(|node| (name, node)));
        }
        Ok((Some(nodes), group))
    }

    /// The znode if there is one, without a watch.
    async fn once(&self, path: &str) -> Result<Option<Node>, Error> {
        let read = self.client.get_data(path).await;
        present(read.map(|(data, stat)| Node { data, stat: stat.into() }))
    }

    /// The znode if there is one.
    pub(crate) async fn present(&self, path: &str) -> Result<Option<(Node, Armed)>, Error> {
        let read = match self.permit(path) {
            Some(permit) => (self.client.get_and_watch_data(path).await)
                .map(|(data, stat, watcher)| (data, stat, Armed::new(watcher, permit))),
            None => (self.client.get_data(path).await).map(|(data, stat)| (data, stat, Armed::nothing())),
        };
        let node = read.map(|(data, stat, armed)| (Node { data, stat: stat.into() }, armed));
        present(node)
    }

    /// A watch for the creation of a znode that does not exist; `None` if it does by now.
    async fn absent(&self, path: &str) -> Result<Option<Armed>, Error> {
        let (stat, armed) = match self.permit(path) {
            Some(permit) => {
                let (stat, watcher) = self.client.check_and_watch_stat(path).await?;
                (stat, Armed::new(watcher, permit))
            }
            None => (self.client.check_stat(path).await?, Armed::nothing()),
        };
        Ok(stat.is_none().then_some(armed))
    }

    fn permit(&self, path: &str) -> Option<OwnedSemaphorePermit> {
        self.budget.take(self.client.path().len() + path.len())
    }
}

fn present<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Error::NoNode) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_let_go_can_be_taken_again() {
        let budget = Budget::default();
        let most = budget.take(WATCHED_BYTES as usize - 10).unwrap();
        let rest = budget.take(10).unwrap();
        assert!(budget.take(1).is_none());
        drop(rest);
        assert!(budget.take(10).is_some());
        drop(most);
        assert!(budget.take(WATCHED_BYTES as usize).is_some());
        assert!(budget.take(WATCHED_BYTES as usize + 1).is_none());
    }

    #[test]
    fn a_group_is_whole_if_all_of_it_is() {
        let watched = || Armed { fired: Box::pin(std::future::ready(())), whole: true };
        assert!(Armed::any(vec![watched(), watched()]).whole);
        assert!(!Armed::any(vec![watched(), Armed::nothing()]).whole);
        assert!(Armed::any(vec![Armed::nothing(), watched()]).fired.now_or_never().is_some());
    }
}
