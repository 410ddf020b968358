//! What is asked of a stack, and what of it is kept for the next start.
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::install::Flavor;
use crate::net::Net;

/// What each agent offers: enough for two members, and the ports of one range, since each agent has its own address.
pub(crate) const RESOURCES: &str = "cpus:4;mem:6144;disk:20480;ports:[31000-31999]";
/// As many agents as are of use on one machine; their addresses end before the block does.
pub(crate) const MAX_AGENTS: u8 = 100;
/// Masters have the addresses below the first agent's.
pub(crate) const MAX_MASTERS: u8 = 9;

/// What is asked of [`Stack::up`](crate::Stack::up). What is left out is as it was at the last start of the same
/// directory, else the default.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory of the stack.
    pub dir: PathBuf,
    /// The addresses; 127.0.0.0/24 by default. Fixed at the first start.
    pub net: Option<Net>,
    /// How many agents; 3 by default. More may be asked for later, fewer not.
    pub agents: Option<u8>,
    /// How many masters, an odd number; 1 by default. Fixed at the first start.
    pub masters: Option<u8>,
    /// Which database server clusters get unless they ask for one.
    pub flavor: Option<Flavor>,
    /// What each agent offers, as Mesos writes it. Fixed at the first start.
    pub resources: Option<String>,
    /// Whether our scheduler is part of it.
    pub scheduler: Scheduler,
    /// Whether it ends with the process that started it.
    pub lifetime: Lifetime,
}

impl Options {
    /// All defaults, in a directory.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            net: None,
            agents: None,
            masters: None,
            flavor: None,
            resources: None,
            scheduler: Scheduler::Run { bin_dir: None, flags: Vec::new() },
            lifetime: Lifetime::Detached,
        }
    }
}

/// Whether our scheduler is part of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheduler {
    /// It is started.
    Run {
        /// Where `mysos_scheduler` and `mysos_executor` are, if not beside the running program.
        bin_dir: Option<PathBuf>,
        /// Further flags, as `name=value`. Not for secrets: arguments are readable for all.
        flags: Vec<String>,
    },
    /// Only Mesos and ZooKeeper run.
    Without,
}

/// When a stack ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// When it is taken down.
    Detached,
    /// At the latest with the process that started it, however that one ends.
    Attached,
}

/// What a stack was asked for, as kept in its directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) net: Net,
    pub(crate) agents: u8,
    pub(crate) masters: u8,
    pub(crate) flavor: Flavor,
    pub(crate) resources: String,
    pub(crate) scheduler: Scheduler,
}

/// A wish that does not fit what is there.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what} of this stack cannot become {wanted}: it was started with {has}; use another directory")]
pub struct Mismatch {
    what: &'static str,
    wanted: String,
    has: String,
}

impl Settings {
    /// What the options ask for in a new directory.
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            net: options.net.unwrap_or_default(),
            agents: options.agents.unwrap_or(3),
            masters: options.masters.unwrap_or(1),
            flavor: options.flavor.unwrap_or_default(),
            resources: options.resources.clone().unwrap_or_else(|| RESOURCES.to_owned()),
            scheduler: options.scheduler.clone(),
        }
    }

    /// What the options make of a stack that was started before.
    pub(crate) fn again(&self, options: &Options) -> Result<Self, Mismatch> {
        fixed("the address block", options.net.as_ref(), &self.net)?;
        fixed("the number of masters", options.masters.as_ref(), &self.masters)?;
        fixed("the offered resources", options.resources.as_ref(), &self.resources)?;
        let agents = options.agents.unwrap_or(self.agents);
        if agents < self.agents {
            fixed("the number of agents", Some(&agents), &self.agents)?;
        }
        let flavor = options.flavor.unwrap_or(self.flavor);
        Ok(Self { agents, flavor, scheduler: options.scheduler.clone(), ..self.clone() })
    }
}

fn fixed<T: PartialEq + ToString>(what: &'static str, wanted: Option<&T>, has: &T) -> Result<(), Mismatch> {
    match wanted {
        Some(wanted) if wanted != has => {
            Err(Mismatch { what, wanted: wanted.to_string(), has: has.to_string() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stays_as_it_was() {
        let first = Options { agents: Some(2), net: Some(Net::random()), ..Options::new("/tmp/x") };
        let kept = Settings::new(&first);
        assert_eq!(kept.again(&Options::new("/tmp/x")).unwrap(), kept);
    }

    #[test]
    fn agents_may_be_added_and_not_taken_away() {
        let kept = Settings::new(&Options { agents: Some(2), ..Options::new("/tmp/x") });
        let wish = |agents| kept.again(&Options { agents: Some(agents), ..Options::new("/tmp/x") });
        assert_eq!(wish(4).unwrap().agents, 4);
        assert!(wish(1).unwrap_err().to_string().contains("the number of agents"));
    }
}
