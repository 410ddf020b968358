//! A SQL client that nobody here wrote.

use std::time::Duration;

use mysql_async::{Conn, OptsBuilder, prelude::Queryable};
use tokio::runtime::Runtime;

/// How long one statement may take.
const LIMIT: Duration = Duration::from_secs(20);

/// A connection.
pub struct Sql<'a> {
    opts: OptsBuilder,
    runtime: &'a Runtime,
}

impl<'a> Sql<'a> {
    pub(crate) fn connect(
        (host, port): (&str, u16),
        (user, password): (&str, &str),
        runtime: &'a Runtime,
    ) -> Self {
        let opts = OptsBuilder::default()
            .ip_or_hostname(host.to_owned())
            .tcp_port(port)
            .user(Some(user.to_owned()))
            .pass(Some(password.to_owned()))
            .prefer_socket(false);
        Self { opts, runtime }
    }

    pub(crate) fn over_socket(socket: &str, (user, password): (&str, &str), runtime: &'a Runtime) -> Self {
        let opts = OptsBuilder::default()
            .socket(Some(socket.to_owned()))
            .user(Some(user.to_owned()))
            .pass(Some(password.to_owned()));
        Self { opts, runtime }
    }

    /// Runs a statement on a connection of its own and answers the first column of its rows.
    pub fn column(&self, statement: &str) -> Result<Vec<String>, String> {
        self.runtime.block_on(async {
            let run = async {
                let mut conn = Conn::new(self.opts.clone()).await?;
                let rows: Vec<mysql_async::Row> = conn.query(statement).await?;
                conn.disconnect().await?;
                let first = |row: mysql_async::Row| row.get::<String, _>(0).unwrap_or_default();
                Ok::<_, mysql_async::Error>(rows.into_iter().map(first).collect())
            };
            match tokio::time::timeout(LIMIT, run).await {
                Ok(result) => result.map_err(|error| error.to_string()),
                Err(_) => Err(format!("no answer within {LIMIT:?}")),
            }
        })
    }
}
