//! The leading Mesos master, as ZooKeeper tells it.
//!
//! Masters make sequential children in a znode of their own; the one with the lowest number leads, and the child
//! `json.info_NNNNNNNNNN` holds what it says about itself as JSON. Beside them are children that are no masters, as
//! `log_replicas`. What the JSON means is not read here.

use crate::{lowest::last_number, session::ZkHandle, watch::Watched};

/// What a master's child is called, up to the number.
const LABEL: &str = "json.info_";

/// The JSON of whoever leads, `None` while nobody does. The root of the handle is the znode of the masters; it is
/// not ours, so open it with [`crate::Root::AsIs`]. While ZooKeeper is away the last value stays.
pub fn leading_master(zk: &ZkHandle) -> Watched<Option<Vec<u8>>> {
    zk.watch_lowest("/", number)
}

fn number(name: &str) -> Option<u64> {
    name.starts_with(LABEL).then(|| last_number(name)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_masters_with_a_number_count() {
        assert_eq!(number("json.info_0000000012"), Some(12));
        for name in ["log_replicas", "info_0000000012", "json.info_", "json.info_x", "json.info_-1"] {
            assert_eq!(number(name), None, "{name}");
        }
    }
}
