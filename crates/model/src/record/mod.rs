//! The znodes of a cluster, as data: versioned JSON with unknown keys kept.
//!
//! Paths are relative to the path of `--zk_url`. Who writes which record is `docs/failover.md` §2.

mod credentials;
mod epoch;
mod exposed;
mod journal;
mod member;
pub mod path;
mod spec;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

pub use credentials::{AdminKey, Credentials};
pub use epoch::{EpochRecord, Failed, Phase};
pub use journal::{JournalLine, JournalStep};
pub use member::{Claims, CopyRecord, LagClass, MemberRecord, MemberState, ReplicationError};
pub use spec::{Goal, SpecRecord, WantedMember};

/// Keys of a record that this version does not know. They are kept, so that an older version that
/// writes a record back loses nothing a newer one put there.
pub type Extra = Map<String, Value>;

/// A record with a schema number.
pub trait Record: Serialize + DeserializeOwned {
    /// What it is called in messages.
    const NAME: &'static str;
    /// The newest schema this version reads and the one it writes.
    const SCHEMA: u32;
}

/// Why a record cannot be read. It is then left alone.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not JSON, or not the fields that this schema has.
    #[error("the {name} record is not readable")]
    Unreadable {
        /// Which record.
        name: &'static str,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// Written by a later version of Mysos.
    #[error("the {name} record has schema {found}; this version reads up to {known}: upgrade it")]
    Newer {
        /// Which record.
        name: &'static str,
        /// The record's schema.
        found: u64,
        /// The newest that is understood.
        known: u32,
    },
}

/// Reads a record; refuses what a later version wrote.
pub fn decode<R: Record>(bytes: &[u8]) -> Result<R, RecordError> {
    let unreadable = |source| RecordError::Unreadable { name: R::NAME, source };
    let value: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
    let found = value.get("schema").and_then(Value::as_u64).unwrap_or(0);
    if found > u64::from(R::SCHEMA) {
        return Err(RecordError::Newer { name: R::NAME, found, known: R::SCHEMA });
    }
    serde_json::from_value(value).map_err(unreadable)
}

/// Writes a record, with its schema number first.
pub fn encode<R: Record>(record: &R) -> Vec<u8> {
    let mut value = serde_json::to_value(record).unwrap_or(Value::Null);
    if let Value::Object(fields) = &mut value {
        fields.insert("schema".to_owned(), R::SCHEMA.into());
    }
    value.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        epoch::{Epoch, Turn},
        time::Timestamp,
    };

    fn record() -> EpochRecord {
        EpochRecord::forming(1, Timestamp(1_777_881_600_000))
    }

    #[test]
    fn first_epoch_record_is_golden() {
        insta::assert_snapshot!(String::from_utf8(encode(&record())).unwrap());
    }

    #[test]
    fn unknown_keys_survive_a_rewrite() {
        let mut value: Value = serde_json::from_slice(&encode(&record())).unwrap();
        value["of_the_future"] = 7.into();
        let mut read: EpochRecord = decode(value.to_string().as_bytes()).unwrap();
        read.turn = read.turn.next();
        let written: Value = serde_json::from_slice(&encode(&read)).unwrap();
        assert_eq!(written["of_the_future"], 7);
        assert_eq!((read.epoch, read.turn), (Epoch(0), Turn(1)));
    }

    #[test]
    fn record_of_a_later_version_is_refused() {
        let mut value: Value = serde_json::from_slice(&encode(&record())).unwrap();
        value["schema"] = 99.into();
        let error = decode::<EpochRecord>(value.to_string().as_bytes()).unwrap_err();
        assert!(error.to_string().contains("schema 99"), "{error}");
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let error = decode::<EpochRecord>(b"{\"epoch\": \"x\"}").unwrap_err();
        assert_eq!(error.to_string(), "the epoch record is not readable");
    }
}
