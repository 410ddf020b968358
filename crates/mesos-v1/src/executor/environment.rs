//! What an agent tells its executor in environment variables, read once and
//! typed. The only place of this crate that reads the environment.

mod duration;

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

pub use self::duration::parse_duration;
use crate::auth::Secret;
use crate::detector::{Scheme, split_authority};
use crate::proto::{AgentId, ExecutorId, FrameworkId};

/// What agents grant without being told otherwise.
const DEFAULT_SHUTDOWN_GRACE_PERIOD: Duration = Duration::from_secs(5);

/// How long agents tell executors to wait for them, without being told otherwise.
const DEFAULT_RECOVERY_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// A restarted agent waits this long for its executors, and ends those that
/// did not come back. Even if it says it waits longer, nobody should be later.
pub const MAX_SUBSCRIPTION_BACKOFF: Duration = Duration::from_secs(2);

/// The environment of an executor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The framework that launched us.
    pub framework_id: FrameworkId,
    /// Who we are.
    pub executor_id: ExecutorId,
    /// Where we are; for logs.
    pub agent_id: Option<AgentId>,
    /// Where the agent takes calls.
    pub url: String,
    /// A socket that leads there, in place of the network.
    pub domain_socket: Option<PathBuf>,
    /// Our working directory.
    pub sandbox: PathBuf,
    /// How to outlive a restart of the agent; `None` if we must not, because
    /// the framework is not checkpointed.
    pub recovery: Option<Recovery>,
    /// From the order to shut down until we are killed.
    pub shutdown_grace_period: Duration,
    /// Proves who we are. Not to be handed on to any process.
    pub token: Option<Secret>,
}

/// How to outlive a restart of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// How long the agent may be away.
    pub timeout: Duration,
    /// The longest wait between two attempts.
    pub backoff_max: Duration,
}

/// An environment that no agent makes.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EnvironmentError {
    /// Not there.
    #[error("{0} is not set: an executor is started by a Mesos agent")]
    Missing(&'static str),
    /// There, but not readable.
    #[error("{name} is `{text}`, which is not {wanted}")]
    Unreadable {
        /// The variable.
        name: &'static str,
        /// Its text.
        text: String,
        /// What it should be.
        wanted: &'static str,
    },
}

/// Whether a variable is between the agent and us, and is not to be handed on
/// to the processes we start: among these is the token.
pub fn is_agents_own(name: &str) -> bool {
    ["MESOS_", "LIBPROCESS_", "SSL_"].iter().any(|prefix| name.starts_with(prefix))
}

impl Environment {
    /// Reads the environment of this process.
    pub fn from_process() -> Result<Self, EnvironmentError> {
        Environment::read(|name| std::env::var(name).ok())
    }

    /// Reads variables through a function.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, EnvironmentError> {
        let variables = Variables { lookup };
        Ok(Environment {
            framework_id: variables.required("MESOS_FRAMEWORK_ID")?.into(),
            executor_id: variables.required("MESOS_EXECUTOR_ID")?.into(),
            agent_id: variables.get("MESOS_SLAVE_ID").map(AgentId::from),
            url: variables.url()?,
            domain_socket: variables.get("MESOS_DOMAIN_SOCKET").map(PathBuf::from),
            sandbox: variables.sandbox(),
            recovery: variables.recovery()?,
            shutdown_grace_period: variables
                .duration("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", DEFAULT_SHUTDOWN_GRACE_PERIOD)?,
            token: variables.get("MESOS_EXECUTOR_AUTHENTICATION_TOKEN").map(Secret::new),
        })
    }

    /// Plain, or over TLS.
    pub fn scheme(&self) -> Scheme {
        if self.url.starts_with("https:") { Scheme::Https } else { Scheme::Http }
    }
}

struct Variables<F> {
    lookup: F,
}

impl<F: Fn(&str) -> Option<String>> Variables<F> {
    /// A variable that is empty says nothing.
    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<String, EnvironmentError> {
        self.get(name).ok_or(EnvironmentError::Missing(name))
    }

    fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name).as_deref(), Some("1" | "true"))
    }

    fn url(&self) -> Result<String, EnvironmentError> {
        let tls = self.is_on("LIBPROCESS_SSL_ENABLED") || self.is_on("SSL_ENABLED");
        let scheme = if tls { Scheme::Https } else { Scheme::Http };
        let (authority, path) = self.endpoint()?;
        Ok(format!("{scheme}://{authority}{path}/api/v1/executor"))
    }

    /// The address of the agent, and what goes before the path if it shares
    /// that address with others.
    fn endpoint(&self) -> Result<(String, String), EnvironmentError> {
        let unreadable =
            |name, text: &str, wanted| EnvironmentError::Unreadable { name, text: text.to_owned(), wanted };
        if let Some(endpoint) = self.get("MESOS_AGENT_ENDPOINT") {
            split_authority(&endpoint)
                .ok_or_else(|| unreadable("MESOS_AGENT_ENDPOINT", &endpoint, "ADDRESS:PORT"))?;
            return Ok((endpoint, String::new()));
        }
        let pid = self.get("MESOS_SLAVE_PID").ok_or(EnvironmentError::Missing("MESOS_AGENT_ENDPOINT"))?;
        pid.split_once('@')
            .filter(|(_, authority)| split_authority(authority).is_some())
            .map(|(process, authority)| (authority.to_owned(), format!("/{process}")))
            .ok_or_else(|| unreadable("MESOS_SLAVE_PID", &pid, "PROCESS@ADDRESS:PORT"))
    }

    /// As seen from inside a container, from outside, or simply here.
    fn sandbox(&self) -> PathBuf {
        let named = self.get("MESOS_SANDBOX").or_else(|| self.get("MESOS_DIRECTORY"));
        named.map_or_else(|| PathBuf::from("."), PathBuf::from)
    }

    fn recovery(&self) -> Result<Option<Recovery>, EnvironmentError> {
        if !self.is_on("MESOS_CHECKPOINT") {
            return Ok(None);
        }
        let timeout = self.duration("MESOS_RECOVERY_TIMEOUT", DEFAULT_RECOVERY_TIMEOUT)?;
        let backoff_max = self.duration("MESOS_SUBSCRIPTION_BACKOFF_MAX", MAX_SUBSCRIPTION_BACKOFF)?;
        Ok(Some(Recovery { timeout, backoff_max: backoff_max.min(MAX_SUBSCRIPTION_BACKOFF) }))
    }

    fn duration(&self, name: &'static str, default: Duration) -> Result<Duration, EnvironmentError> {
        let Some(text) = self.get(name) else { return Ok(default) };
        parse_duration(&text).ok_or(EnvironmentError::Unreadable {
            name,
            text,
            wanted: "a duration like 5secs or 1.5hrs",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const COMMON: [(&str, &str); 9] = [
        ("MESOS_FRAMEWORK_ID", "F"),
        ("MESOS_EXECUTOR_ID", "E"),
        ("MESOS_SLAVE_ID", "S"),
        ("MESOS_AGENT_ENDPOINT", "10.0.0.1:5051"),
        ("MESOS_SANDBOX", "/mnt/mesos/sandbox"),
        ("MESOS_DIRECTORY", "/var/lib/mesos/x"),
        ("MESOS_CHECKPOINT", "1"),
        ("MESOS_RECOVERY_TIMEOUT", "15mins"),
        ("MESOS_SUBSCRIPTION_BACKOFF_MAX", "500ms"),
    ];

    fn read(changes: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        let all: BTreeMap<&str, &str> = COMMON.iter().chain(changes).copied().collect();
        Environment::read(|name| all.get(name).map(|text| (*text).to_owned()))
    }

    #[test]
    fn environment_of_an_agent_is_understood() {
        let environment =
            read(&[("MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD", "1.5mins"), ("MESOS_DOMAIN_SOCKET", "/s")])
                .unwrap();
        assert_eq!(environment.url, "http://10.0.0.1:5051/api/v1/executor");
        assert_eq!(environment.sandbox, PathBuf::from("/mnt/mesos/sandbox"));
        assert_eq!(environment.shutdown_grace_period, Duration::from_secs(90));
        assert_eq!(environment.domain_socket, Some(PathBuf::from("/s")));
        assert_eq!(environment.agent_id, Some("S".into()));
        let recovery =
            Recovery { timeout: Duration::from_secs(900), backoff_max: Duration::from_millis(500) };
        assert_eq!(environment.recovery, Some(recovery));
    }

    #[test]
    fn checkpoint_is_a_digit() {
        assert_eq!(read(&[("MESOS_CHECKPOINT", "0")]).unwrap().recovery, None);
        assert_eq!(read(&[("MESOS_CHECKPOINT", "")]).unwrap().recovery, None);
    }

    #[test]
    fn pace_is_never_slower_than_two_seconds() {
        let recovery = read(&[("MESOS_SUBSCRIPTION_BACKOFF_MAX", "15secs")]).unwrap().recovery.unwrap();
        assert_eq!(recovery.backoff_max, Duration::from_secs(2));
        let without = read(&[("MESOS_SUBSCRIPTION_BACKOFF_MAX", "")]).unwrap().recovery.unwrap();
        assert_eq!(without.backoff_max, Duration::from_secs(2));
    }

    #[test]
    fn agent_is_found_by_its_pid_too() {
        let environment = read(&[
            ("MESOS_AGENT_ENDPOINT", ""),
            ("MESOS_SLAVE_PID", "slave(1)@10.0.0.2:5051"),
            ("LIBPROCESS_SSL_ENABLED", "true"),
        ]);
        assert_eq!(environment.unwrap().url, "https://10.0.0.2:5051/slave(1)/api/v1/executor");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let error = |changes: &[(&str, &str)]| read(changes).unwrap_err().to_string();
        assert!(error(&[("MESOS_FRAMEWORK_ID", "")]).starts_with("MESOS_FRAMEWORK_ID is not set"));
        assert!(error(&[("MESOS_AGENT_ENDPOINT", "")]).starts_with("MESOS_AGENT_ENDPOINT is not set"));
        assert_eq!(
            error(&[("MESOS_RECOVERY_TIMEOUT", "15")]),
            "MESOS_RECOVERY_TIMEOUT is `15`, which is not a duration like 5secs or 1.5hrs"
        );
        assert!(error(&[("MESOS_AGENT_ENDPOINT", "10.0.0.1:x")]).contains("ADDRESS:PORT"));
    }

    #[test]
    fn token_is_not_shown_nor_handed_on() {
        let environment = read(&[("MESOS_EXECUTOR_AUTHENTICATION_TOKEN", "j.w.t")]).unwrap();
        assert!(!format!("{environment:?}").contains("j.w.t"));
        assert!(is_agents_own("MESOS_EXECUTOR_AUTHENTICATION_TOKEN"));
        assert!(!is_agents_own("PATH"));
    }
}
