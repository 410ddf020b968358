//! The only door to clocks and to chance in this binary.
#![allow(clippy::disallowed_methods, reason = "this is the door")]

use std::time::SystemTime;

use mysos_model::{DataId, Timestamp, gtid::mariadb::FIRST_MEMBER_ID};
use rand::RngExt;

/// Now.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}

/// 16 random bytes in the form of a version 4 UUID, as Mesos wants them for updates.
pub(crate) fn uuid_bytes() -> [u8; 16] {
    uuid::Builder::from_random_bytes(rand::rng().random()).into_uuid().into_bytes()
}

/// An identity for a new data directory.
pub(crate) fn data_id() -> DataId {
    #[allow(clippy::expect_used, reason = "a UUID prints as a UUID")]
    uuid::Uuid::from_bytes(uuid_bytes()).to_string().parse().expect("a UUID prints as a UUID")
}

/// A server id that no epoch is given: those stay below (`server::server_id_of_epoch`).
pub(crate) fn server_id() -> u32 {
    rand::rng().random_range(FIRST_MEMBER_ID..u32::MAX)
}
