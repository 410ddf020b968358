//! Who leads Mesos: the hosts of `--mesos_master`, or whoever ZooKeeper names.

use std::time::Duration;

use futures::stream;
use mesos_v1::detector::{Detector, Leader, Scheme, parse_master_info};
use mysos_zk::{Options, Root, ZkHandle, ZkUrl, leading_master};

use crate::{
    config::{Config, MesosMaster},
    mesos::Detect,
    perform::chain,
};

/// A source of leaders, made anew for each connection.
pub(crate) fn detector(config: &Config) -> Detect {
    let session_timeout = config.zk.session_timeout;
    match config.framework.master.clone() {
        // The flag was checked, so this does not fail; without hosts nobody would be found.
        MesosMaster::Hosts(hosts) => {
            Box::new(move || Detector::hosts(&hosts).unwrap_or_else(|_| Detector::Hosts(Vec::new())))
        }
        MesosMaster::ZooKeeper(url) => Box::new(move || watching(&url, session_timeout)),
    }
}

/// Whoever leads, each time that changes. The session to the masters' ZooKeeper lives as long as the stream.
fn watching(url: &ZkUrl, session_timeout: Duration) -> Detector {
    let zk = ZkHandle::open(url, Options::new(session_timeout).root(Root::AsIs));
    let leaders = leading_master(&zk);
    Detector::stream(stream::unfold((zk, leaders), |(zk, mut leaders)| async move {
        let seen = leaders.next().await?;
        Some((seen.value.and_then(|data| leader(&data)), (zk, leaders)))
    }))
}

fn leader(data: &[u8]) -> Option<Leader> {
    match parse_master_info(data) {
        Ok(master) => Some(master.by_ip(Scheme::Http)),
        Err(error) => {
            tracing::warn!(error = %chain(&error), "the leading master cannot be read from ZooKeeper");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leader_is_read_from_what_a_master_says_of_itself() {
        let data =
            br#"{"address":{"hostname":"m1","ip":"10.0.0.1","port":5050},"id":"x","ip":16777343,"port":1}"#;
        assert_eq!(leader(data).map(|leader| leader.to_string()).as_deref(), Some("http://10.0.0.1:5050"));
        assert_eq!(leader(b"nonsense"), None);
    }
}
