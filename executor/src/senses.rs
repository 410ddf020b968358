//! The sense that is not mysqld's: whether the primary's executor answers on its control endpoint.

use std::time::Duration;

use mysos_ha::{Event, event::Probe};
use mysos_model::Endpoint;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::records::Inbox;

/// Between two probes (`docs/failover.md` §4).
const PROBE: Duration = Duration::from_millis(500);
/// Between two probes while the own stream is lost: then they decide how long writes stand still.
const HURRIED: Duration = Duration::from_millis(100);
/// How long an answer may take. A frozen executor still accepts connections, so it is the answer that counts.
const ANSWER: Duration = Duration::from_secs(1);

/// Whom to probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// The control endpoint of the primary that this member follows.
    pub(crate) at: Endpoint,
    /// How this member receives from it.
    pub(crate) stream: Stream,
}

/// The other sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// It does.
    Runs,
    /// It does not.
    Lost,
}

/// Probes the control endpoint that is named, while one is named, until nobody listens. What is newly named, or
/// whose stream is newly lost, is probed at once.
pub(crate) async fn probe(mut named: watch::Receiver<Option<Named>>, inbox: Inbox) {
    let Ok(client) = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(1).build() else {
        tracing::error!("no HTTP client can be made: the primary's control endpoint is not probed");
        return;
    };
    loop {
        let primary = named.borrow_and_update().clone();
        let mut pause = PROBE;
        if let Some(Named { at, stream }) = primary {
            let asked = client.get(format!("http://{at}/health")).send();
            // Any answer will do: the executor lives, whatever it says of its mysqld.
            let probe = match timeout(ANSWER, asked).await {
                Ok(Ok(_)) => Probe::Answered,
                Ok(Err(_)) | Err(_) => Probe::Silent,
            };
            if inbox.send(Event::Probed(probe)).await.is_err() {
                return;
            }
            pause = if stream == Stream::Lost { HURRIED } else { PROBE };
        }
        tokio::select! {
            () = sleep(pause) => {}
            changed = named.changed() => if changed.is_err() { return },
        }
    }
}
