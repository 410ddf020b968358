//! What the HTTP faces need to know, checked.

use std::{net::IpAddr, path::Path, sync::Arc};

use mysos_model::{Bytes, Flavor, InstanceSize, MilliCpus, Password};
use mysos_zk::{Credentials, ZkUrl};
use ring::hmac;
use serde::Deserialize;

use super::{
    ConfigError,
    files::{self, FileError},
    flags::{ApiFlags, LimitFlags},
};

/// The settings of the HTTP faces.
#[derive(Debug, Clone)]
pub(crate) struct ApiConfig {
    /// Address to listen on.
    pub(crate) bind: IpAddr,
    /// Port to listen on.
    pub(crate) port: u16,
    /// The name under which others reach this scheduler.
    pub(crate) advertise_host: String,
    /// Who may do what; `None` lets everybody in.
    pub(crate) credentials: Option<Arc<[ApiCredential]>>,
    /// Whether it was asked for to listen beyond the loopback without credentials.
    pub(crate) insecure: bool,
    /// Below this, without its account, clusters are found: `cluster_url` is this and `/discover/<name>`.
    pub(crate) cluster_url_base: ZkUrl,
    /// The account shown in `cluster_url`, if one is to be given out.
    pub(crate) discovery_account: Option<Credentials>,
    /// The server of clusters whose owner names none.
    pub(crate) default_flavor: Flavor,
    /// What a cluster may be.
    pub(crate) limits: Limits,
    /// Keys the digests by which a repeated request is recognized.
    pub(crate) digest_key: hmac::Key,
}

/// What a cluster may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The most nodes.
    pub(crate) max_nodes: u32,
    /// The least that an instance must have.
    pub(crate) min_size: InstanceSize,
}

/// Who may do what.
#[derive(Debug, Clone)]
pub(crate) struct ApiCredential {
    /// Who.
    pub(crate) principal: String,
    /// The proof.
    pub(crate) secret: Password,
    /// What is allowed.
    pub(crate) role: ApiRole,
}

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ApiRole {
    /// Look at everything but secrets.
    Read,
    /// Create clusters, and act on its own.
    User,
    /// Everything.
    Admin,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialFile {
    credentials: Vec<CredentialEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CredentialEntry {
    principal: String,
    secret: String,
    role: ApiRole,
}

impl ApiConfig {
    /// Refuses a listener that would let in whoever comes by.
    pub(super) fn check_doors(flags: &ApiFlags) -> Result<(), ConfigError> {
        let closed = flags.api_bind.is_loopback() || flags.api_insecure || flags.api_credentials.is_some();
        if closed { Ok(()) } else { Err(ConfigError::OpenDoors { bind: flags.api_bind }) }
    }

    /// Whether a caller needs no credential.
    pub(crate) fn is_open(&self) -> bool {
        self.credentials.is_none()
    }
}

/// The credentials that a flag names.
pub(super) fn credentials(flag_value: &str) -> Result<Arc<[ApiCredential]>, FileError> {
    const FLAG: &str = "api_credentials";
    let path = files::path_of(FLAG, flag_value)?;
    parse_credentials(FLAG, &path, &files::secret(FLAG, &path)?)
}

fn parse_credentials(
    flag: &'static str,
    path: &Path,
    bytes: &[u8],
) -> Result<Arc<[ApiCredential]>, FileError> {
    // The parser's own text is not shown: it quotes what it does not understand, which may be a secret.
    let shape = "it is not {\"credentials\": [{\"principal\": …, \"secret\": …, \"role\": \"admin\"}]}";
    let file: CredentialFile = serde_json::from_slice(bytes)
        .map_err(|error| files::content(flag, path, &format!("{shape} (line {})", error.line())))?;
    if file.credentials.is_empty() {
        return Err(files::content(flag, path, "there is no credential in it"));
    }
    if let Some(bad) =
        file.credentials.iter().find(|entry| entry.principal.is_empty() || entry.secret.is_empty())
    {
        let what = format!("principal {:?} has an empty name or secret", bad.principal);
        return Err(files::content(flag, path, &what));
    }
    let entry = |entry: CredentialEntry| ApiCredential {
        principal: entry.principal,
        secret: Password::new(entry.secret),
        role: entry.role,
    };
    Ok(file.credentials.into_iter().map(entry).collect())
}

impl Limits {
    pub(super) fn checked(flags: &LimitFlags) -> Result<Self, ConfigError> {
        let cpus = MilliCpus::from_cpus(flags.min_instance_cpus)
            .ok_or_else(|| ConfigError::value("min_instance_cpus", "it is not a number of cpus"))?;
        if flags.max_nodes_per_cluster == 0 {
            return Err(ConfigError::value("max_nodes_per_cluster", "a cluster has at least one node"));
        }
        let (mem, disk): (Bytes, Bytes) = (flags.min_instance_mem, flags.min_instance_disk);
        Ok(Self { max_nodes: flags.max_nodes_per_cluster, min_size: InstanceSize { cpus, mem, disk } })
    }
}

/// A key of its own for digests, so that they tell nothing about what the scheduler's key seals.
pub(super) fn digest_key(scheduler_key: &[u8; 32]) -> hmac::Key {
    let master = hmac::Key::new(hmac::HMAC_SHA256, scheduler_key);
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&master, b"mysos: digests of requests").as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Arc<[ApiCredential]>, FileError> {
        parse_credentials("api_credentials", Path::new("/x"), text.as_bytes())
    }

    #[test]
    fn credentials_are_read_with_their_roles() {
        let text = r#"{"credentials":[{"principal":"ops","secret":"hunter2","role":"admin"},
                       {"principal":"eye","secret":"x","role":"read"}]}"#;
        let found = parse(text).unwrap();
        let roles: Vec<_> = found.iter().map(|entry| (entry.principal.as_str(), entry.role)).collect();
        assert_eq!(roles, [("ops", ApiRole::Admin), ("eye", ApiRole::Read)]);
        assert!(!format!("{found:?}").contains("hunter2"));
    }

    #[test]
    fn unfit_credentials_are_refused_without_showing_them() {
        for text in [
            "hunter2",
            r#"{"credentials":[]}"#,
            r#"{"credentials":[{"principal":"a","secret":"hunter2","role":"king"}]}"#,
            r#"{"credentials":[{"principal":"a","secret":"hunter2"}]}"#,
            r#"{"credentials":[{"principal":"","secret":"hunter2","role":"read"}]}"#,
            r#"{"credentials":[{"principal":"a","secret":"","role":"read"}]}"#,
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with("--api_credentials: /x: ") && !error.contains("hunter2"), "{error}");
        }
    }
}
