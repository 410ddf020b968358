//! What every executor is launched with, checked.

use std::time::Duration;

use mysos_zk::ZkUrl;
use serde::Deserialize;

use super::{ConfigError, flags::ExecutorFlags};

/// What every executor is launched with. Nothing in here is secret: Mesos shows all of it.
#[derive(Debug, Clone)]
pub(crate) struct LaunchConfig {
    /// Where agents fetch the executor.
    pub(crate) executor_uri: String,
    /// Its argument vector; never empty.
    pub(crate) executor_argv: Vec<String>,
    /// Its environment.
    pub(crate) environment: Vec<EnvironmentVariable>,
    /// The file with its secrets, on the agents.
    pub(crate) admin_keypath: String,
    /// What `source` begins with.
    pub(crate) source_prefix: Option<String>,
    /// mysqld on the agents.
    pub(crate) mysqld_path: Option<String>,
    /// Server packages on the agents.
    pub(crate) parts_dir: Option<String>,
    /// How long mysqld may take to stop.
    pub(crate) kill_grace: Duration,
    /// ZooKeeper's servers and path, without an account.
    pub(crate) zk: ZkUrl,
    /// The session timeout of the members.
    pub(crate) zk_session_timeout: Duration,
}

/// One variable of the executors' environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnvironmentVariable {
    /// Its name.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: String,
}

impl LaunchConfig {
    pub(super) fn checked(
        flags: &ExecutorFlags,
        zk: &ZkUrl,
        zk_session_timeout: Duration,
    ) -> Result<Self, ConfigError> {
        let executor_argv: Vec<String> = flags.executor_cmd.split_whitespace().map(str::to_owned).collect();
        for (flag, value) in [("executor_cmd", &flags.executor_cmd), ("executor_uri", &flags.executor_uri)] {
            if value.trim().is_empty() {
                return Err(ConfigError::value(flag, "it is empty"));
            }
        }
        let absolute = [
            ("admin_keypath", Some(&flags.admin_keypath)),
            ("mysqld_path", flags.mysqld_path.as_ref()),
            ("parts_dir", flags.parts_dir.as_ref()),
        ];
        for (flag, path) in absolute {
            if path.is_some_and(|path| !path.starts_with('/')) {
                return Err(ConfigError::value(flag, "it names a place on the agents and must begin with /"));
            }
        }
        Ok(Self {
            executor_uri: flags.executor_uri.trim().to_owned(),
            executor_argv,
            environment: flags.executor_environ.as_deref().map_or(Ok(Vec::new()), environment)?,
            admin_keypath: flags.admin_keypath.clone(),
            source_prefix: flags.executor_source_prefix.clone(),
            mysqld_path: flags.mysqld_path.clone(),
            parts_dir: flags.parts_dir.clone(),
            kill_grace: flags.kill_grace_period,
            zk: zk.public(),
            zk_session_timeout,
        })
    }
}

fn environment(json: &str) -> Result<Vec<EnvironmentVariable>, ConfigError> {
    let shape = "write [{\"name\": \"RUST_LOG\", \"value\": \"info\"}]";
    serde_json::from_str(json)
        .map_err(|error| ConfigError::value("executor_environ", &format!("{error}; {shape}")))
}
