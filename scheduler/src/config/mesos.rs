//! How Mesos is reached and how it knows us, checked.

use std::{path::Path, time::Duration};

use mesos_v1::resources::NO_ROLE;
use mesos_v1::{
    auth::{Authentication, Credential},
    detector::Detector,
};
use mysos_fleet::config::StorageMode;
use mysos_zk::ZkUrl;

use super::{
    ConfigError, files,
    flags::{FrameworkFlags, StorageFlag},
};

/// The principal of reservations where none is given: it can never be changed later, so there is always one.
const DEFAULT_PRINCIPAL: &str = "mysos";
/// The `failover_timeout` of a framework whose id is not yet saved: should we die before, Mesos forgets it soon.
pub(crate) const UNSAVED_FAILOVER_TIMEOUT: Duration = Duration::from_secs(60);

/// Where Mesos is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MesosMaster {
    /// These hosts, as written.
    Hosts(String),
    /// Whoever leads according to ZooKeeper.
    ZooKeeper(ZkUrl),
}

/// How Mesos knows us.
#[derive(Debug, Clone)]
pub(crate) struct FrameworkConfig {
    /// Where Mesos is.
    pub(crate) master: MesosMaster,
    /// How we prove who we are.
    pub(crate) authentication: Authentication,
    /// Shown by Mesos.
    pub(crate) name: String,
    /// What must not change during the life of the framework.
    pub(crate) identity: Identity,
    /// How long Mesos keeps the clusters while no scheduler is there.
    pub(crate) failover_timeout: Duration,
    /// The host of the scheduler.
    pub(crate) hostname: String,
    /// The scheduler's page.
    pub(crate) webui_url: String,
    /// How often Mesos is asked about every task.
    pub(crate) reconciliation_interval: Duration,
    /// Where the data of what is placed from now on lies.
    pub(crate) storage: StorageMode,
}

/// What Mesos never lets a framework change, or changes only by losing what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The role that reservations belong to.
    pub(crate) role: String,
    /// The Unix user of the executors.
    pub(crate) user: String,
    /// The principal that reservations belong to.
    pub(crate) principal: String,
}

impl FrameworkConfig {
    pub(super) fn checked(flags: &FrameworkFlags, host: &str, port: u16) -> Result<Self, ConfigError> {
        let authentication = authentication(flags.framework_authentication_file.as_deref())?;
        let principal = principal(flags.principal.as_deref(), &authentication)?;
        let role = role(&flags.framework_role)?;
        let storage = storage(flags.storage_mode, &role)?;
        let webui_url =
            flags.webui_url.clone().unwrap_or_else(|| format!("http://{}:{port}/", bracketed(host)));
        Ok(Self {
            master: MesosMaster::parse(&flags.mesos_master)?,
            authentication,
            name: flags.framework_name.clone(),
            identity: Identity { role, user: flags.framework_user.clone(), principal },
            failover_timeout: flags.framework_failover_timeout.max(UNSAVED_FAILOVER_TIMEOUT),
            hostname: host.to_owned(),
            webui_url,
            reconciliation_interval: flags.reconciliation_interval,
            storage,
        })
    }
}

impl MesosMaster {
    fn parse(flag_value: &str) -> Result<Self, ConfigError> {
        let text = files::value_of("mesos_master", flag_value)?;
        if text.starts_with("zk://") {
            let url =
                text.parse().map_err(|source| ConfigError::ZooKeeper { flag: "mesos_master", source })?;
            return Ok(Self::ZooKeeper(url));
        }
        match Detector::hosts(&text) {
            Ok(_) => Ok(Self::Hosts(text)),
            Err(error) => {
                Err(ConfigError::value("mesos_master", &format!("{error}; so is zk://host:2181/mesos")))
            }
        }
    }
}

fn authentication(file: Option<&str>) -> Result<Authentication, ConfigError> {
    const FLAG: &str = "framework_authentication_file";
    let Some(value) = file else { return Ok(Authentication::None) };
    let path = files::path_of(FLAG, value)?;
    let bytes = files::secret(FLAG, &path)?;
    let unfit = |what: &str| files::content(FLAG, Path::new(&path), what);
    let text = std::str::from_utf8(&bytes).map_err(|_| unfit("it is no text"))?;
    let credential = Credential::parse(text).map_err(|error| unfit(&error.to_string()))?;
    Ok(Authentication::Basic(credential))
}

/// The master refuses a principal other than the one that is logged in.
fn principal(flag: Option<&str>, authentication: &Authentication) -> Result<String, ConfigError> {
    let proven = match authentication {
        Authentication::Basic(credential) => Some(credential.principal.as_str()),
        Authentication::None | Authentication::Bearer(_) => None,
    };
    match (flag, proven) {
        (Some(flag), Some(proven)) if flag != proven => {
            let what = format!("it is {flag:?}, but --framework_authentication_file is that of {proven:?}");
            Err(ConfigError::value("principal", &what))
        }
        (Some(""), _) => Err(ConfigError::value("principal", "it is empty")),
        (flag, proven) => Ok(flag.or(proven).unwrap_or(DEFAULT_PRINCIPAL).to_owned()),
    }
}

/// What Mesos takes for a role.
fn role(text: &str) -> Result<String, ConfigError> {
    let fits = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.starts_with('-');
    if !text.split('/').all(fits) || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        let what = "a role has no blanks and no part that is empty, . or .., or begins with a dash";
        return Err(ConfigError::value("framework_role", what));
    }
    Ok(text.to_owned())
}

/// Only a role can reserve, and only what is reserved can hold a volume.
fn storage(flag: Option<StorageFlag>, role: &str) -> Result<StorageMode, ConfigError> {
    match flag {
        Some(StorageFlag::Persistent) if role == NO_ROLE => {
            let what = "persistent volumes need a role of their own: set --framework_role to another than *";
            Err(ConfigError::value("storage_mode", what))
        }
        Some(StorageFlag::Ephemeral) => Ok(StorageMode::Sandbox),
        None if role == NO_ROLE => Ok(StorageMode::Sandbox),
        Some(StorageFlag::Persistent) | None => Ok(StorageMode::Volumes),
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}
