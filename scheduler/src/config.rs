//! The flags, checked once: [`Config`] is the only input of everything else.
//!
//! `flags.rs` has the flags as people write them, the other modules what each part of the scheduler makes of them.

mod api;
mod duration;
mod files;
mod flags;
mod identity;
mod launch;
mod mesos;
#[cfg(test)]
mod tests;

use std::{net::IpAddr, path::PathBuf, time::Duration};

use mysos_model::Password;
use mysos_zk::{Credentials, SealKey, UrlError, ZkUrl};

pub(crate) use api::{ApiConfig, ApiCredential, ApiRole, Limits};
pub(crate) use files::FileError;
pub(crate) use flags::LogFormat;
pub(crate) use launch::LaunchConfig;
pub(crate) use mesos::{FrameworkConfig, MesosMaster, UNSAVED_FAILOVER_TIMEOUT};
#[cfg(test)]
pub(crate) use {launch::EnvironmentVariable, mesos::Identity};

use flags::{Flags, StateStorage};

/// Everything that was set, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The HTTP faces.
    pub(crate) api: ApiConfig,
    /// How Mesos knows us.
    pub(crate) framework: FrameworkConfig,
    /// What executors are launched with.
    pub(crate) launch: LaunchConfig,
    /// ZooKeeper.
    pub(crate) zk: ZkConfig,
    /// Where the scheduler's own state is kept.
    pub(crate) storage: Storage,
    /// Seals what is secret in saved state.
    pub(crate) key: SealKey,
    /// The log.
    pub(crate) log: LogConfig,
    /// What should be said once the log is open.
    pub(crate) warnings: Vec<String>,
}

/// ZooKeeper.
#[derive(Debug, Clone)]
pub(crate) struct ZkConfig {
    /// The place of all records, with the account.
    pub(crate) url: ZkUrl,
    /// The session timeout to ask for.
    pub(crate) session_timeout: Duration,
    /// Who besides us may read where clusters are found; `None` is everybody.
    pub(crate) discovery_account: Option<DiscoveryAccount>,
    /// How long to wait for a leader before saying so.
    pub(crate) election_timeout: Duration,
}

/// A second account of ZooKeeper, meant to be given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiscoveryAccount {
    /// For access lists and addresses.
    pub(crate) credentials: Credentials,
    /// `user:password`, for the members.
    pub(crate) text: Password,
}

/// Where the scheduler's own state is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Storage {
    /// In ZooKeeper.
    ZooKeeper,
    /// In files below this directory.
    Local(PathBuf),
}

/// The log.
#[derive(Debug, Clone)]
pub(crate) struct LogConfig {
    /// Which lines.
    pub(crate) filter: String,
    /// How they look.
    pub(crate) format: LogFormat,
}

/// Why the scheduler does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// A file that a flag names.
    #[error(transparent)]
    File(#[from] FileError),
    /// An address of ZooKeeper.
    #[error("--{flag} is not an address of ZooKeeper")]
    ZooKeeper {
        /// The flag.
        flag: &'static str,
        /// What is wrong with it.
        #[source]
        source: UrlError,
    },
    /// A value that does not fit.
    #[error("--{flag}: {what}")]
    Value {
        /// The flag.
        flag: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// Everybody could do everything.
    #[error(
        "listening on {bind} lets whoever reaches it create and delete clusters: give --api_credentials=FILE, \
         or --api_insecure if that is wanted"
    )]
    OpenDoors {
        /// The address.
        bind: IpAddr,
    },
    /// The account that may change everything would be given out.
    #[error(
        "--discovery_account is the account of --zk_url: it is shown to every client and could rewrite every \
         cluster's records; give another one"
    )]
    DiscoveryAccount,
}

impl ConfigError {
    fn value(flag: &'static str, what: &str) -> Self {
        Self::Value { flag, what: what.to_owned() }
    }
}

impl Config {
    /// From the command line and the environment. Prints help and leaves if that is what was asked for.
    pub(crate) fn from_command_line() -> Result<Self, ConfigError> {
        Self::checked(&Flags::from_command_line())
    }

    fn checked(flags: &Flags) -> Result<Self, ConfigError> {
        ApiConfig::check_doors(&flags.api)?;
        let zk = ZkConfig::checked(flags)?;
        let key = files::key(
            "scheduler_keypath",
            &files::path_of("scheduler_keypath", &flags.state.scheduler_keypath)?,
        )?;
        let host = flags.framework.advertise_host.clone();
        let host = host.unwrap_or_else(|| identity::reachable_host(flags.api.api_bind));
        Ok(Self {
            api: api_config(flags, &zk, &host, &key)?,
            framework: FrameworkConfig::checked(&flags.framework, &host, flags.api.port)?,
            launch: LaunchConfig::checked(&flags.executor, &zk.url, zk.session_timeout)?,
            zk,
            storage: storage(flags),
            key: SealKey::new(&key)
                .map_err(|error| ConfigError::value("scheduler_keypath", &error.to_string()))?,
            log: LogConfig::from_flags(flags),
            warnings: warnings(flags),
        })
    }
}

fn api_config(flags: &Flags, zk: &ZkConfig, host: &str, key: &[u8; 32]) -> Result<ApiConfig, ConfigError> {
    Ok(ApiConfig {
        bind: flags.api.api_bind,
        port: flags.api.port,
        advertise_host: host.to_owned(),
        credentials: flags.api.api_credentials.as_deref().map(api::credentials).transpose()?,
        insecure: flags.api.api_insecure,
        cluster_url_base: zk.url.public(),
        discovery_account: zk.discovery_account.as_ref().map(|account| account.credentials.clone()),
        default_flavor: flags.limits.default_flavor,
        limits: Limits::checked(&flags.limits)?,
        digest_key: api::digest_key(key),
    })
}

impl ZkConfig {
    fn checked(flags: &Flags) -> Result<Self, ConfigError> {
        let text = files::value_of("zk_url", &flags.state.zk_url)?;
        let url: ZkUrl = text.parse().map_err(|source| ConfigError::ZooKeeper { flag: "zk_url", source })?;
        let discovery_account = match &flags.state.discovery_account {
            None => None,
            Some(value) => Some(discovery_account(value)?),
        };
        if discovery_account.as_ref().is_some_and(|account| Some(&account.credentials) == url.credentials()) {
            return Err(ConfigError::DiscoveryAccount);
        }
        Ok(Self {
            url,
            session_timeout: flags.state.zk_session_timeout,
            discovery_account,
            election_timeout: flags.state.election_timeout,
        })
    }
}

fn discovery_account(value: &str) -> Result<DiscoveryAccount, ConfigError> {
    const FLAG: &str = "discovery_account";
    let text = files::value_of(FLAG, value)?;
    let credentials = text.parse().map_err(|_| ConfigError::value(FLAG, "it is not user:password"))?;
    Ok(DiscoveryAccount { credentials, text: Password::new(text) })
}

fn storage(flags: &Flags) -> Storage {
    match flags.state.state_storage {
        StateStorage::Zk => Storage::ZooKeeper,
        StateStorage::Local => Storage::Local(flags.state.work_dir.clone()),
    }
}

impl LogConfig {
    fn from_flags(flags: &Flags) -> Self {
        let level = if flags.log.verbose { "debug" } else { flags.log.log_level.as_str() };
        // The client library says each attempt to connect, twice a second; `mysos_zk` says what matters of it.
        let quiet = matches!(level, "info" | "warn");
        let filter = if quiet { format!("{level},zookeeper_client=error") } else { level.to_owned() };
        Self { filter, format: flags.log.log_format }
    }
}

fn warnings(flags: &Flags) -> Vec<String> {
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let cases = [
        (given(&flags.executor.installer_args), "--installer_args is ignored: there is no package installer"),
        (
            given(&flags.executor.backup_store_args),
            "--backup_store_args is ignored: there is no backup store yet",
        ),
        (
            flags.framework.storage_mode == Some(flags::StorageFlag::Ephemeral)
                || (flags.framework.storage_mode.is_none() && flags.framework.framework_role == "*"),
            "databases lie in sandboxes: a task that ends takes its data with it; use a role of its own and \
             --storage_mode=persistent",
        ),
        (
            flags.framework.framework_user == "root",
            "--framework_user is root: executors and mysqld run as root on the agents; give them a user of their own",
        ),
        (
            flags.api.api_insecure
                && flags.api.api_credentials.is_none()
                && !flags.api.api_bind.is_loopback(),
            "--api_insecure: whoever reaches the HTTP interface may do everything",
        ),
        (
            flags.zk_url_is_visible
                && flags.state.zk_url.starts_with("zk://")
                && flags.state.zk_url.contains('@'),
            "--zk_url with a password is visible in the process list; give file:///path or MYSOS_ZK_URL instead",
        ),
    ];
    cases.into_iter().filter(|(applies, _)| *applies).map(|(_, text)| text.to_owned()).collect()
}
