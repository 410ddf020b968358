//! Records as bytes, with what is secret in them sealed.

use base64::{Engine, engine::general_purpose::STANDARD};
use mysos_model::{
    record::{Credentials, RecordError, decode, encode, path},
    wire::state::{SavedCluster, SavedFramework},
};
use mysos_zk::SealKey;

use super::LoadError;

/// A framework's record.
pub(super) fn framework(place: &str, bytes: &[u8]) -> Result<SavedFramework, LoadError> {
    decode(bytes).map_err(|source| unreadable(place, source))
}

/// A cluster's record and its credentials; the record keeps none of them.
pub(super) fn open_cluster(
    key: &SealKey,
    place: &str,
    bytes: &[u8],
) -> Result<(SavedCluster, Credentials), LoadError> {
    let mut cluster: SavedCluster = decode(bytes).map_err(|source| unreadable(place, source))?;
    let sealed = STANDARD.decode(std::mem::take(&mut cluster.credentials)).unwrap_or_default();
    let plain = key
        .open(&context(&cluster), &sealed)
        .map_err(|source| LoadError::Key { place: place.to_owned(), source })?;
    let credentials = decode(&plain).map_err(|source| unreadable(place, source))?;
    Ok((cluster, credentials))
}

/// The bytes of a cluster's record, its credentials sealed into it.
pub(super) fn seal_cluster(
    key: &SealKey,
    (cluster, credentials): &(SavedCluster, Credentials),
) -> Result<Vec<u8>, String> {
    let sealed = key.seal(&context(cluster), &encode(credentials)).map_err(|error| error.to_string())?;
    Ok(encode(&SavedCluster { credentials: STANDARD.encode(sealed), ..cluster.clone() }))
}

/// Sealed credentials open at their own cluster only.
fn context(cluster: &SavedCluster) -> String {
    path::state_cluster(&cluster.name)
}

fn unreadable(place: &str, source: RecordError) -> LoadError {
    LoadError::Record { place: place.to_owned(), source }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use mysos_model::{ClusterSpec, Flavor, Generation, InstanceSize, Password, Timestamp, record::Extra};

    use super::*;

    pub(crate) const SECRET: &str = "correct-horse";

    pub(crate) fn key(byte: u8) -> SealKey {
        SealKey::new(&[byte; 32]).unwrap()
    }

    pub(crate) fn cluster(name: &str) -> (SavedCluster, Credentials) {
        let secret = || Password::new(SECRET);
        let spec = ClusterSpec {
            cluster_user: "app".parse().unwrap(),
            num_nodes: 3,
            size: InstanceSize::default(),
            durability: None,
            flavor: Flavor::MariaDb,
            backup_id: None,
        };
        let saved = SavedCluster {
            name: name.parse().unwrap(),
            spec,
            owner: "ops".to_owned(),
            created: Timestamp(1_777_881_600_000),
            sequence: 1,
            generation: Generation(1),
            operation: "o".to_owned(),
            idempotency: None,
            credentials: String::new(),
            tree_made: false,
            terminating: None,
            instances: BTreeMap::new(),
            leaving: BTreeMap::new(),
            releasing: BTreeMap::new(),
            extra: Extra::new(),
        };
        let credentials = Credentials {
            cluster_user: "app".parse().unwrap(),
            cluster_password: secret(),
            admin_password: secret(),
            replication_seed: secret(),
            control_token: secret(),
            discovery_account: Some(secret()),
            extra: Extra::new(),
        };
        (saved, credentials)
    }

    /// As it was saved: reading adds the schema number to the keys that are kept.
    pub(crate) fn same(read: &(SavedCluster, Credentials), saved: &(SavedCluster, Credentials)) -> bool {
        let bare = |(cluster, credentials): &(SavedCluster, Credentials)| {
            let cluster = SavedCluster { extra: Extra::new(), ..cluster.clone() };
            (cluster, Credentials { extra: Extra::new(), ..credentials.clone() })
        };
        bare(read) == bare(saved)
    }

    #[test]
    fn sealed_cluster_opens_and_shows_nothing() {
        let saved = cluster("shop");
        let bytes = seal_cluster(&key(7), &saved).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(SECRET));
        let read = open_cluster(&key(7), "/state/clusters/shop", &bytes).unwrap();
        assert!(same(&read, &saved));
    }

    #[test]
    fn another_key_is_named_as_the_reason() {
        let bytes = seal_cluster(&key(7), &cluster("shop")).unwrap();
        let error = open_cluster(&key(8), "/state/clusters/shop", &bytes).unwrap_err();
        assert!(matches!(&error, LoadError::Key { .. }) && error.to_string().contains("--scheduler_keypath"));
    }

    #[test]
    fn credentials_of_another_cluster_do_not_open() {
        let bytes = seal_cluster(&key(7), &cluster("shop")).unwrap();
        let moved = String::from_utf8(bytes).unwrap().replace("\"shop\"", "\"shed\"");
        assert!(open_cluster(&key(7), "/state/clusters/shed", moved.as_bytes()).is_err());
    }

    #[test]
    fn record_of_another_program_is_refused() {
        for bytes in [&b"(dp0\nS'name'\n"[..], b"{}", b"{\"schema\": 99}", b""] {
            let error = framework("/state/framework", bytes).unwrap_err().to_string();
            assert!(error.starts_with("/state/framework is not a record"), "{error}");
        }
    }
}
