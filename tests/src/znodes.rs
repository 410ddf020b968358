//! ZooKeeper, seen by a client that knows nothing of us.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::runtime::Runtime;
use zookeeper_client::{Acls, Client, CreateMode, Error};

/// A connection.
pub struct Znodes<'a> {
    client: Client,
    runtime: &'a Runtime,
}

impl<'a> Znodes<'a> {
    pub(crate) fn connect(servers: &str, account: Option<&str>, runtime: &'a Runtime) -> Self {
        let client = runtime.block_on(async {
            let client = Client::connect(servers).await.expect("ZooKeeper answers");
            if let Some(account) = account {
                client.auth("digest", account.as_bytes()).await.expect("the account is known");
            }
            client
        });
        Self { client, runtime }
    }

    /// Names of the children; `None` when there is no such node.
    pub fn children(&self, path: &str) -> Option<Vec<String>> {
        match self.runtime.block_on(self.client.list_children(path)) {
            Ok(mut names) => {
                names.sort();
                Some(names)
            }
            Err(Error::NoNode) => None,
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Data of a node; the error of the server otherwise.
    pub fn data(&self, path: &str) -> Result<Vec<u8>, Error> {
        self.runtime.block_on(self.client.get_data(path)).map(|(data, _)| data)
    }

    /// A node and all below it.
    pub fn everything_below(&self, path: &str) -> Vec<String> {
        let mut found = vec![path.to_owned()];
        for name in self.children(path).unwrap_or_default() {
            found.extend(self.everything_below(&format!("{path}/{name}")));
        }
        found
    }

    /// Whether this connection may not read a node.
    pub fn is_closed(&self, path: &str) -> bool {
        let children = self.runtime.block_on(self.client.list_children(path));
        self.data(path) == Err(Error::NoAuth) && children == Err(Error::NoAuth)
    }

    /// Whether this connection may neither write a node nor make one below it.
    pub fn cannot_change(&self, path: &str) -> bool {
        let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
        let child = format!("{path}/stranger");
        self.runtime.block_on(async {
            let written = self.client.set_data(path, b"x", None).await.err();
            let made = self.client.create(&child, b"x", &options).await.err();
            let refused = [Some(Error::NoAuth), Some(Error::NoChildrenForEphemerals)];
            written == Some(Error::NoAuth) && refused.contains(&made)
        })
    }

    /// Writes over a node, as an operator with our account would.
    pub fn write(&self, path: &str, data: &[u8]) {
        self.runtime.block_on(self.client.set_data(path, data, None)).expect(path);
    }

    /// Makes a node that everybody may use, as a foreign program would.
    pub fn make_foreign(&self, path: &str, data: &[u8]) {
        let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
        self.runtime.block_on(self.client.create(path, data, &options)).expect(path);
    }

    /// How often a child of a node was made or removed.
    pub fn changes_below(&self, path: &str) -> i32 {
        let (_, stat) = self.runtime.block_on(self.client.get_data(path)).expect(path);
        stat.cversion
    }

    /// Host and port of each member of a group, by name.
    pub fn members(&self, group: &str) -> BTreeMap<String, (String, u16)> {
        let names = self.children(group).unwrap_or_default();
        names
            .into_iter()
            .filter_map(|name| {
                let data = self.data(&format!("{group}/{name}")).ok()?;
                let value: Value = serde_json::from_slice(&data).expect("JSON");
                let endpoint = &value["serviceEndpoint"];
                let host = endpoint["host"].as_str().expect("a host").to_owned();
                let port = endpoint["port"].as_u64().expect("a port") as u16;
                Some((name, (host, port)))
            })
            .collect()
    }
}
