//! Says why no server granted a session: what a plain connection to each of them runs into.

use std::time::Duration;

use futures::future::join_all;
use tokio::{net::TcpStream, time::timeout};

use crate::url::Server;

/// A server on the same continent answers well within this.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Ensembles have 3 to 7 servers; a text with more than these helps nobody.
const MAX_SERVERS: usize = 8;

/// One line about all servers, each by its address.
pub(crate) async fn diagnose(servers: &[Server]) -> String {
    let each = servers
        .iter()
        .take(MAX_SERVERS)
        .map(|server| async move { format!("{}: {}", server.address(), knock(server).await) });
    join_all(each).await.join("; ")
}

async fn knock(server: &Server) -> String {
    match timeout(CONNECT_TIMEOUT, TcpStream::connect((server.host(), server.port()))).await {
        Ok(Ok(_)) => "accepts connections but grants no session; is there a majority of servers?".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer in {CONNECT_TIMEOUT:?}"),
    }
}
