//! What a scheduler's client can be told. The defaults fit a master with its
//! own defaults.

use std::sync::Arc;
use std::time::Duration;

use crate::codec::{Codec, Protobuf};
use crate::proto::scheduler::{Call, Event};
use crate::recordio::DEFAULT_MAX_RECORD_BYTES;
use crate::transport::TransportConfig;

/// Settings of a [`SchedulerClient`](super::SchedulerClient).
#[derive(Clone, Debug)]
pub struct SchedulerConfig {
    /// How connections are made, and who we are.
    pub transport: TransportConfig,
    /// How long to wait for what.
    pub timing: Timing,
    /// How messages are written.
    pub codec: Arc<dyn Codec<Call, Event>>,
    /// The largest event that is read.
    pub max_record_bytes: usize,
    /// Events that may wait for the caller. When it is full the subscription
    /// is given up: a reader that waits would be taken for dead.
    pub event_queue: usize,
    /// Makes the waits repeatable; for tests.
    pub seed: Option<u64>,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        SchedulerConfig {
            transport: TransportConfig::default(),
            timing: Timing::default(),
            codec: Arc::new(Protobuf),
            max_record_bytes: DEFAULT_MAX_RECORD_BYTES,
            // A reconciliation of some ten thousand tasks comes in one burst.
            event_queue: 16_384,
            seed: None,
        }
    }
}

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From the answer to SUBSCRIBE to the first event.
    pub first_event: Duration,
    /// The interval of heartbeats, if the master does not tell.
    pub heartbeat: Duration,
    /// So many intervals without a byte, and the stream is dead.
    pub missed_heartbeats: u32,
    /// The bound of the first wait after a failure; it doubles.
    pub backoff_base: Duration,
    /// The bound of any wait after a failure.
    pub backoff_cap: Duration,
    /// A subscription of this age was a success.
    pub proven_after: Duration,
    /// The longest wait before a new leader is tried.
    pub new_leader: Duration,
    /// The waits after another one took our subscription, from and to.
    pub superseded: (Duration, Duration),
    /// The waits where an operator has to act, from and to.
    pub slow: (Duration, Duration),
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            // As the answer to any call.
            first_event: Duration::from_secs(75),
            // What masters do.
            heartbeat: Duration::from_secs(15),
            // As the protocol's own documentation advises.
            missed_heartbeats: 5,
            // A leader that failed over is back within a second or two.
            backoff_base: Duration::from_millis(500),
            // The longest a scheduler should be away for no reason.
            backoff_cap: Duration::from_secs(15),
            // Two heartbeats.
            proven_after: Duration::from_secs(30),
            // Spreads the frameworks of a cluster over half a second.
            new_leader: Duration::from_millis(500),
            // Time for the other one to be found out, short of a ping-pong.
            superseded: (Duration::from_secs(1), Duration::from_secs(5)),
            // Slow enough to be no attack, fast enough to notice the repair.
            slow: (Duration::from_secs(30), Duration::from_secs(60)),
        }
    }
}
