//! The leader as the driver sees it: the current one, and a wait for another.

use futures::StreamExt;
use futures::stream::BoxStream;

use crate::detector::{Detector, Leader};

/// Whom to talk to.
pub(super) enum Leaders {
    /// The one at `at` is next.
    Hosts { hosts: Vec<Leader>, at: usize },
    /// The last word of a stream; the stream itself until it ends.
    Stream { last: Option<Leader>, stream: Option<BoxStream<'static, Option<Leader>>> },
}

impl Leaders {
    pub(super) fn new(detector: Detector) -> Self {
        match detector {
            Detector::Hosts(hosts) => Leaders::Hosts { hosts, at: 0 },
            Detector::Stream(stream) => Leaders::Stream { last: None, stream: Some(stream) },
        }
    }

    /// The one to try next.
    pub(super) fn current(&self) -> Option<&Leader> {
        match self {
            Leaders::Hosts { hosts, at } => hosts.get(*at),
            Leaders::Stream { last, .. } => last.as_ref(),
        }
    }

    /// It cannot be reached: of a list, the next one is tried.
    pub(super) fn give_up_current(&mut self) {
        if let Leaders::Hosts { hosts, at } = self {
            *at = (*at + 1) % hosts.len().max(1);
        }
    }

    /// Waits for another word of the stream. Of a list it never comes.
    /// Nothing is lost when the wait is given up.
    pub(super) async fn changed(&mut self) {
        let Leaders::Stream { last, stream: source } = self else {
            return std::future::pending().await;
        };
        while let Some(stream) = source {
            match stream.next().await {
                Some(leader) if leader != *last => {
                    *last = leader;
                    return;
                }
                Some(_) => {}
                None => *source = None,
            }
        }
        std::future::pending::<()>().await;
    }

    /// Waits until somebody other than this one leads.
    pub(super) async fn moved_from(&mut self, leader: &Leader) {
        loop {
            self.changed().await;
            if self.current().is_some_and(|current| current != leader) {
                return;
            }
        }
    }
}
