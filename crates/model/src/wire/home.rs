//! What is reserved on an agent for one slot of a cluster, and the volume in it: saved before it is asked for, so that
//! whatever Mesos turns out to hold has a record here.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    name::{ClusterName, Ordinal},
    time::Timestamp,
    wire::state::Place,
};

/// Names a reservation: a uuid, drawn for it and never used again. In its labels and in its volume's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReservationId(pub String);

/// Characters of a uuid.
const UUID_CHARS: usize = 36;
/// What the name of every volume begins with.
const VOLUME_PREFIX: &str = "mysos-";

impl ReservationId {
    /// The persistence id of the volume in it.
    pub fn volume(&self, cluster: &ClusterName, ordinal: Ordinal) -> String {
        format!("{VOLUME_PREFIX}{cluster}-{ordinal}-{self}")
    }

    /// The reservation that a volume belongs to, if it is one of Mysos.
    pub fn of_volume(name: &str) -> Option<Self> {
        let rest = name.strip_prefix(VOLUME_PREFIX)?;
        let at = rest.len().checked_sub(UUID_CHARS)?;
        let (before, uuid) = (rest.get(..at)?, rest.get(at..)?);
        let dashes = [8, 13, 18, 23];
        let is_uuid = uuid
            .bytes()
            .enumerate()
            .all(|(at, byte)| if dashes.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() });
        (is_uuid && before.ends_with('-')).then(|| Self(uuid.to_owned()))
    }
}

impl fmt::Display for ReservationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How much is known of a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HomeStage {
    /// It has been asked for.
    Asked,
    /// The volume is there.
    Made,
    /// mysqld has answered on it: there is data.
    Filled,
}

impl HomeStage {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Made => "made",
            Self::Filled => "filled",
        }
    }
}

/// What is reserved for a slot, and its volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The reservation.
    pub reservation: ReservationId,
    /// The persistence id of the volume.
    pub volume: String,
    /// Where it was last seen, or asked for. The agent's id may change; the labels stay.
    pub place: Place,
    /// How much is known of it.
    pub stage: HomeStage,
    /// Since when.
    pub since: Timestamp,
}

/// A home that no slot has any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Releasing {
    /// The slot that had it.
    pub ordinal: Ordinal,
    /// It.
    pub home: Home,
    /// Since when nobody has it.
    pub since: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";

    #[test]
    fn a_volume_names_its_reservation() {
        let reservation = ReservationId(UUID.to_owned());
        for name in ["shop", "a-b-1", "x"] {
            let volume = reservation.volume(&name.parse().unwrap(), Ordinal(3));
            assert_eq!(volume, format!("mysos-{name}-3-{UUID}"));
            assert_eq!(ReservationId::of_volume(&volume), Some(reservation.clone()));
        }
    }

    #[test]
    fn a_volume_of_somebody_else_names_none() {
        for name in
            ["data", "mysos-", "mysos-shop-3", &format!("kafka-{UUID}"), "mysos-shop-0-ä", &"é".repeat(40)]
        {
            assert_eq!(ReservationId::of_volume(name), None, "{name}");
        }
        assert_eq!(ReservationId::of_volume(&format!("mysos-shop-0{UUID}")), None, "the dash before it");
    }
}
