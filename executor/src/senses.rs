//! The sense that is not mysqld's: whether the primary's executor answers on its control endpoint.

use std::time::Duration;

use mysos_ha::{Event, event::Probe};
use mysos_model::Endpoint;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::records::Inbox;

/// Between two probes (`docs/failover.md` §4).
const PROBE: Duration = Duration::from_millis(500);
/// How long an answer may take. A frozen executor still accepts connections, so it is the answer that counts.
const ANSWER: Duration = Duration::from_secs(1);

/// Probes the control endpoint that is named, while one is named, until nobody listens.
pub(crate) async fn probe(named: watch::Receiver<Option<Endpoint>>, inbox: Inbox) {
    let Ok(client) = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(1).build() else {
        tracing::error!("no HTTP client can be made: the primary's control endpoint is not probed");
        return;
    };
    let mut tick = interval(PROBE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let Some(primary) = named.borrow().clone() else {
            if named.has_changed().is_err() {
                return;
            }
            continue;
        };
        let asked = client.get(format!("http://{primary}/health")).send();
        // Any answer will do: the executor lives, whatever it says of its mysqld.
        let probe = match timeout(ANSWER, asked).await {
            Ok(Ok(_)) => Probe::Answered,
            Ok(Err(_)) | Err(_) => Probe::Silent,
        };
        if inbox.send(Event::Probed(probe)).await.is_err() {
            return;
        }
    }
}
