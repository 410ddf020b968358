//! ZooKeeper, seen by a client that knows nothing of us.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::runtime::Runtime;
use zookeeper_client::{Client, Error};

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
