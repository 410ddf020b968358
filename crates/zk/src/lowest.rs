//! The child with the lowest number, with its data, as a stream: whoever leads by having come first.

use std::collections::BTreeSet;

use futures::FutureExt;
use zookeeper_client::Error;

use crate::{
    look::{Armed, Looker},
    session::ZkHandle,
    watch::Watched,
};

/// Reads the number of a name, if it is one of those that count.
pub(crate) type Numbered = fn(&str) -> Option<u64>;

impl ZkHandle {
    /// Follows the data of the child of `path` with the lowest number; `None` while there is none.
    pub(crate) fn watch_lowest(&self, path: &str, numbered: Numbered) -> Watched<Option<Vec<u8>>> {
        let path = path.to_owned();
        self.line.watched(Option::eq, move |looker, _| {
            let path = path.clone();
            async move { looker.lowest(&path, numbered).await }.boxed()
        })
    }
}

impl Looker {
    async fn lowest(&self, path: &str, numbered: Numbered) -> Result<(Option<Vec<u8>>, Armed), Error> {
        loop {
            let (names, group) = self.names(path).await?;
            let Some(name) = lowest(&names.unwrap_or_default(), numbered) else {
                return Ok((None, group));
            };
            // If it is gone since the list was read, the next one leads.
            if let Some((node, armed)) =
                self.present(&format!("{}/{name}", path.trim_end_matches('/'))).await?
            {
                return Ok((Some(node.data), Armed::any(vec![group, armed])));
            }
        }
    }
}

/// The name with the lowest number.
pub(crate) fn lowest(names: &BTreeSet<String>, numbered: Numbered) -> Option<String> {
    let named = names.iter().filter_map(|name| Some((numbered(name)?, name)));
    named.min().map(|(_, name)| name.clone())
}

/// The digits after the last `_`, as ZooKeeper appends them.
pub(crate) fn last_number(name: &str) -> Option<u64> {
    let digits = name.rsplit_once('_')?.1;
    let numeric = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    numeric.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let names = ["x_10", "x_9", "x_0000000011", "log_replicas", "x_", "x"].map(str::to_owned);
        assert_eq!(lowest(&names.into(), last_number).as_deref(), Some("x_9"));
        assert_eq!(lowest(&BTreeSet::new(), last_number), None);
    }
}
