//! What an executor's client can be told beyond what the agent says.

use std::sync::Arc;
use std::time::Duration;

use crate::codec::{Codec, Protobuf};
use crate::proto::executor::{Call, Event};
use crate::transport::{Keepalive, TransportConfig};

/// Settings of an [`ExecutorClient`](super::ExecutorClient). Who we are comes
/// from the [`Environment`](super::Environment), over whatever stands here.
#[derive(Clone, Debug)]
pub struct ExecutorConfig {
    /// How connections are made.
    pub transport: TransportConfig,
    /// How messages are written.
    pub codec: Arc<dyn Codec<Call, Event>>,
    /// From the answer to SUBSCRIBE to the first event.
    pub first_event: Duration,
    /// How often a call shows that the agent is there: its own heartbeats come
    /// every half hour.
    pub probe_every: Duration,
    /// An update not acknowledged for so long is sent again.
    pub resend_after: Duration,
    /// How long the first subscription may take, if the framework is not
    /// checkpointed.
    pub first_patience: Duration,
    /// The largest event that is read.
    pub max_record_bytes: usize,
    /// Events that may wait for the caller before the subscription is given up.
    pub event_queue: usize,
    /// Updates that may wait for their acknowledgement.
    pub max_unacknowledged: usize,
    /// Makes the waits repeatable; for tests.
    pub seed: Option<u64>,
}

impl Default for ExecutorConfig {
    fn default() -> Self {
        ExecutorConfig {
            transport: TransportConfig {
                // The agent is on this machine, and waits two seconds only.
                connect_timeout: Duration::from_secs(1),
                // It answers at once, or is about to be restarted.
                answer_timeout: Duration::from_secs(5),
                // A dead connection is found within 11 s.
                keepalive: Keepalive {
                    idle: Duration::from_secs(5),
                    interval: Duration::from_secs(2),
                    probes: 3,
                },
                ..TransportConfig::default()
            },
            codec: Arc::new(Protobuf),
            // As its answers.
            first_event: Duration::from_secs(5),
            // Twice a minute would do; once is enough.
            probe_every: Duration::from_secs(60),
            // Longer than an agent needs to write an update to disk.
            resend_after: Duration::from_secs(60),
            // As long as agents wait for a new executor.
            first_patience: Duration::from_secs(60),
            // A task with its data; agents cannot send more than a master.
            max_record_bytes: 64 << 20,
            // An executor has a few tasks, each with a few events.
            event_queue: 1024,
            // Agents acknowledge within milliseconds of coming back.
            max_unacknowledged: 1024,
            seed: None,
        }
    }
}
