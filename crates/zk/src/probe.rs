//! The heartbeat of our own: the client library pings, but does not tell when it was last answered.
//!
//! The probe is `sync`, because it goes to the leader of the ensemble: an answer proves that the session lives there,
//! which a read, answered by the connected server alone, does not.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};
use zookeeper_client::{Client, Error};

/// What came of one heartbeat.
pub(crate) enum Beat {
    /// Answered; the moment at which it was **sent**, so that no delay of ours flatters it.
    Answered(Instant),
    /// The connection was lost meanwhile; the client is connecting again.
    Missed,
    /// The client itself has stopped working.
    Dead(String),
}

/// Waits until `at`, asks, and waits for the answer at most for `bound`: the client gives a session up well before.
pub(crate) async fn beat(client: Client, at: Instant, bound: Duration) -> Beat {
    sleep_until(at).await;
    let sent = Instant::now();
    match timeout(bound, client.sync("/")).await {
        Ok(Ok(())) => Beat::Answered(sent),
        Ok(Err(Error::UnexpectedError(what))) => Beat::Dead(what),
        Ok(Err(_)) => Beat::Missed,
        Err(_) => Beat::Dead(format!("the client neither answered nor gave up in {bound:?}")),
    }
}
