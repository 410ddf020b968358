//! Making a path with its parents, and deleting a znode with all below it. Both may be repeated, and repeat
//! themselves when an answer is lost, until the deadline.

use std::time::Duration;

use futures::future::try_join_all;
use zookeeper_client::{self as client, Client};

use crate::{
    acl::Access,
    call::{Asked, Failed, Until},
    error::{Reason, ZkError},
    multi::{Kind, Multi, Op},
    session::ZkHandle,
};

/// Operations in one transaction: names of 200 bytes stay far below the limit of a request.
const MAX_OPS: usize = 500;
/// Znodes that one call deletes at most. A cluster has some dozens; who has more deletes the wrong tree.
const MAX_TREE: usize = 20_000;

impl ZkHandle {
    /// Makes what is missing of the path, all with this access and no data.
    pub async fn ensure_path(&self, path: &str, access: &Access, within: Duration) -> Result<(), ZkError> {
        let until = Until::within(within);
        for prefix in prefixes(path) {
            self.ensure_one(prefix, access, until).await?;
        }
        Ok(())
    }

    async fn ensure_one(&self, path: &str, access: &Access, until: Until) -> Result<(), ZkError> {
        let multi = Multi::new().create(path, [], Kind::Persistent, access.clone());
        loop {
            // Asked first, because whoever may not create is told so even if the znode exists.
            let exists = |client: Client| async move { client.check_stat(path).await };
            if self.line.read(Asked { verb: "stat", path }, until, exists).await?.is_some() {
                return Ok(());
            }
            match self.line.commit(&multi, None, until).await {
                Ok(_) => return Ok(()),
                Err(error) if error.reason() == Some(Reason::NodeExists) => return Ok(()),
                Err(ZkError::Unknown { .. } | ZkError::SessionOver { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Deletes the znode with all below it; fine if there is none. At most 500 znodes go in one transaction, a
    /// larger tree in several, from the leaves up.
    pub async fn delete_tree(&self, path: &str, within: Duration) -> Result<(), ZkError> {
        let until = Until::within(within);
        loop {
            let found = self.descendants(path, until).await?;
            if found.is_empty() {
                return Ok(());
            }
            match self.delete_all(&found, until).await {
                Ok(()) => return Ok(()),
                // Somebody else makes or deletes znodes here, or an answer was lost: look again.
                Err(error) if matches!(error.reason(), Some(Reason::NotEmpty | Reason::NoNode)) => {}
                Err(ZkError::Unknown { .. } | ZkError::SessionOver { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn delete_all(&self, found: &[String], until: Until) -> Result<(), ZkError> {
        // Parents come before their children in the list.
        let deepest_first: Vec<&String> = found.iter().rev().collect();
        for batch in deepest_first.chunks(MAX_OPS) {
            let delete = |path: &&String| Op::Delete { path: (*path).clone(), version: None };
            self.line.commit(&batch.iter().map(delete).collect(), None, until).await?;
        }
        Ok(())
    }

    /// The znode and all below it, parents first; empty if there is none. Reads level by level, each level at once,
    /// because the shorter this takes, the less can change meanwhile.
    async fn descendants(&self, path: &str, until: Until) -> Result<Vec<String>, ZkError> {
        let mut found = Vec::new();
        let mut level = vec![path.to_owned()];
        while !level.is_empty() {
            if found.len() + level.len() > MAX_TREE {
                let what = format!("more than {MAX_TREE} znodes below it; delete its parts first");
                return Err(ZkError::Misuse { verb: "delete", path: path.to_owned(), what });
            }
            let lists = try_join_all(level.iter().map(|path| self.list(path, until))).await?;
            let mut below = Vec::new();
            for (path, names) in level.into_iter().zip(lists) {
                let Some(names) = names else { continue };
                below.extend(names.iter().map(|name| format!("{}/{name}", path.trim_end_matches('/'))));
                found.push(path);
            }
            level = below;
        }
        Ok(found)
    }

    async fn list(&self, path: &str, until: Until) -> Result<Option<Vec<String>>, ZkError> {
        let list = |client: Client| async move { children(&client, path).await };
        self.line.read(Asked { verb: "list", path }, until, list).await
    }
}

async fn children(client: &Client, path: &str) -> Result<Option<Vec<String>>, Failed> {
    match client.list_children(path).await {
        Ok(names) => Ok(Some(names)),
        Err(client::Error::NoNode) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes what is missing of the path, for a session whose root it will be.
pub(crate) async fn make_path(
    client: &Client,
    path: &str,
    access: &[client::Acl],
) -> Result<(), client::Error> {
    for prefix in prefixes(path) {
        if client.check_stat(prefix).await?.is_some() {
            continue;
        }
        match client.create(prefix, b"", &client::CreateMode::Persistent.with_acls(access.into())).await {
            Ok(_) | Err(client::Error::NodeExists) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// `/a`, `/a/b`, `/a/b/c` of `/a/b/c`; nothing of `/`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.char_indices().skip(1).filter(|(_, c)| *c == '/').map(|(at, _)| at);
    let whole = (path.len() > 1).then_some(path.len());
    ends.chain(whole).filter_map(|end| path.get(..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_go_from_the_top_down() {
        assert_eq!(prefixes("/a/bc/d").collect::<Vec<_>>(), ["/a", "/a/bc", "/a/bc/d"]);
        assert_eq!(prefixes("/a").collect::<Vec<_>>(), ["/a"]);
        assert_eq!(prefixes("/").count(), 0);
    }
}
