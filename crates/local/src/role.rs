//! The servers of a stack, by what they are for.
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One server of a stack. Masters and agents count from 1. The order is that in which they start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Role {
    /// The one ZooKeeper server.
    Zookeeper,
    /// A Mesos master.
    Master(u8),
    /// A Mesos agent.
    Agent(u8),
    /// Our scheduler.
    Scheduler,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zookeeper => write!(f, "zookeeper"),
            Self::Master(number) => write!(f, "master-{number}"),
            Self::Agent(number) => write!(f, "agent-{number}"),
            Self::Scheduler => write!(f, "scheduler"),
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no role: zookeeper, master-N, agent-N or scheduler");
        match text.split_once('-') {
            None if text == "zookeeper" => Ok(Self::Zookeeper),
            None if text == "scheduler" => Ok(Self::Scheduler),
            Some(("master", number)) => number.parse().map(Self::Master).map_err(|_| wrong()),
            Some(("agent", number)) => number.parse().map(Self::Agent).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Role {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_is_read_back_from_its_name() {
        for role in [Role::Zookeeper, Role::Master(3), Role::Agent(12), Role::Scheduler] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert!("agent-".parse::<Role>().is_err());
        assert!("agent-300".parse::<Role>().is_err());
    }

    #[test]
    fn zookeeper_starts_first_and_the_scheduler_last() {
        let mut roles = [Role::Scheduler, Role::Agent(1), Role::Zookeeper, Role::Master(1)];
        roles.sort();
        assert_eq!(roles, [Role::Zookeeper, Role::Master(1), Role::Agent(1), Role::Scheduler]);
    }
}
