//! Reading and writing single znodes, each with the caller's deadline.
//!
//! **A write is handed over once.** If its answer does not come in time, it is [`ZkError::Unknown`]: the request may
//! be executed after the caller has given up, as long as the session lives. Read through the same handle before
//! deciding again; a session executes requests in order, so a read answered in the same session tells the outcome.
//! After a new session only versions tell: an old request may still sit in a server that was frozen.
//!
//! Paths are absolute below the root of the handle's address.

use std::{collections::BTreeSet, time::Duration};

use zookeeper_client::Client;

use crate::{
    acl::Access,
    call::{Asked, Failed, Until},
    error::ZkError,
    multi::{Done, Kind, Multi},
    node::{Node, Stat, Version},
    session::{SessionNumber, ZkHandle},
};

impl ZkHandle {
    /// The znode as the connected server knows it, `None` if there is none. May be behind by some milliseconds.
    pub async fn read(&self, path: &str, within: Duration) -> Result<Option<Node>, ZkError> {
        let read = |client: Client| async move { absent_is_none(get(&client, path).await) };
        self.line.read(Asked { verb: "read", path }, Until::within(within), read).await
    }

    /// The znode as the leader knows it: all that was committed before this call is seen.
    pub async fn sync_then_read(&self, path: &str, within: Duration) -> Result<Option<Node>, ZkError> {
        let read = |client: Client| async move {
            client.sync(path).await?;
            absent_is_none(get(&client, path).await)
        };
        self.line.read(Asked { verb: "read", path }, Until::within(within), read).await
    }

    /// The numbers of the znode, `None` if there is none. Needs no right to read.
    pub async fn stat(&self, path: &str, within: Duration) -> Result<Option<Stat>, ZkError> {
        let read =
            |client: Client| async move { Ok::<_, Failed>(client.check_stat(path).await?.map(Stat::from)) };
        self.line.read(Asked { verb: "stat", path }, Until::within(within), read).await
    }

    /// The names of the children, `None` if there is no such znode.
    pub async fn children(&self, path: &str, within: Duration) -> Result<Option<BTreeSet<String>>, ZkError> {
        let read = |client: Client| async move {
            let names = client.list_children(path).await;
            absent_is_none(names.map(BTreeSet::from_iter).map_err(Failed::from))
        };
        self.line.read(Asked { verb: "list", path }, Until::within(within), read).await
    }

    /// Commits a transaction in whichever session serves.
    pub async fn commit(&self, multi: &Multi, within: Duration) -> Result<Vec<Done>, ZkError> {
        self.line.commit(multi, None, Until::within(within)).await.map(|(done, _)| done)
    }

    /// Commits a transaction in this session and in no later one: for whatever makes ephemeral znodes.
    pub async fn commit_in(
        &self,
        session: SessionNumber,
        multi: &Multi,
        within: Duration,
    ) -> Result<Vec<Done>, ZkError> {
        self.line.commit(multi, Some(session), Until::within(within)).await.map(|(done, _)| done)
    }

    /// Makes a persistent znode; refuses if there is one.
    pub async fn create(
        &self,
        path: &str,
        data: &[u8],
        access: &Access,
        within: Duration,
    ) -> Result<(), ZkError> {
        let multi = Multi::new().create(path, data, Kind::Persistent, access.clone());
        self.commit(&multi, within).await.map(drop)
    }

    /// Replaces the data if it still has this version; the new version.
    pub async fn swap(
        &self,
        path: &str,
        data: &[u8],
        expected: Version,
        within: Duration,
    ) -> Result<Version, ZkError> {
        let done = self.commit(&Multi::new().set(path, data, expected), within).await?;
        match done.as_slice() {
            [Done::Set(stat)] => Ok(stat.version),
            other => {
                let what = format!("{} results for one set", other.len());
                Err(ZkError::Strange { verb: "set", path: path.to_owned(), what })
            }
        }
    }

    /// Deletes the znode if it still has this version.
    pub async fn delete_if(&self, path: &str, expected: Version, within: Duration) -> Result<(), ZkError> {
        self.commit(&Multi::new().delete(path, expected), within).await.map(drop)
    }
}

pub(crate) async fn get(client: &Client, path: &str) -> Result<Node, Failed> {
    let (data, stat) = client.get_data(path).await?;
    Ok(Node { data, stat: stat.into() })
}

fn absent_is_none<T>(answer: Result<T, Failed>) -> Result<Option<T>, Failed> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(failed) if failed.is_no_node() => Ok(None),
        Err(failed) => Err(failed),
    }
}
