//! The command line and environment of each server.
use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::path::PathBuf;

use crate::binaries::Binaries;
use crate::install::Parts;
use crate::layout::Layout;
use crate::process::Launch;
use crate::role::Role;
use crate::settings::{Scheduler, Settings};
use crate::stack::StartError;

/// How long a server of the stack may be silent before ZooKeeper gives it up: short, so that failures show soon.
const MESOS_ZK_SESSION: &str = "2secs";
const SCHEDULER_ZK_SESSION: &str = "4secs";
/// How long an executor may take from its start to its first word. The default of Mesos is one minute; a machine that
/// starts several at once, each after a copy of the program, gets two.
const EXECUTOR_REGISTRATION_LIMIT: &str = "2mins";
/// The role under which our framework gets its resources.
pub(crate) const FRAMEWORK_ROLE: &str = "mysos";

/// What a command depends on.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) parts: &'a Parts,
    pub(crate) settings: &'a Settings,
    pub(crate) places: &'a BTreeMap<Role, SocketAddrV4>,
    /// `user:secret` for ZooKeeper.
    pub(crate) zk_account: &'a str,
}

/// The program of a role.
pub(crate) fn launch(role: Role, context: &Context<'_>) -> Result<Launch, StartError> {
    match role {
        Role::Zookeeper => context.mesos_run("zookeeper", role),
        Role::Master(_) => context.master(role),
        Role::Agent(_) => context.agent(role),
        Role::Scheduler => context.scheduler(role),
    }
}

/// Where the masters are found: by one address, or, when there are several, through ZooKeeper.
pub(crate) fn mesos_master(
    settings: &Settings,
    places: &BTreeMap<Role, SocketAddrV4>,
) -> Result<String, StartError> {
    if settings.masters > 1 {
        Ok(format!("zk://{}/mesos", place(places, Role::Zookeeper)?))
    } else {
        Ok(place(places, Role::Master(1))?.to_string())
    }
}

pub(crate) fn place(places: &BTreeMap<Role, SocketAddrV4>, role: Role) -> Result<SocketAddrV4, StartError> {
    places.get(&role).copied().ok_or(StartError::Unknown { role })
}

impl Context<'_> {
    fn mesos_run(&self, what: &str, role: Role) -> Result<Launch, StartError> {
        let place = place(self.places, role)?.to_string();
        Ok(Launch::new(self.parts.mesos_run()).arg(what).arg(self.layout.state(role)).arg(place))
    }

    fn master(&self, role: Role) -> Result<Launch, StartError> {
        let launch = self.mesos_run("master", role)?.env("MESOS_ZK_SESSION_TIMEOUT", MESOS_ZK_SESSION);
        if self.settings.masters == 1 {
            return Ok(launch);
        }
        let quorum = self.settings.masters / 2 + 1;
        let zk = mesos_master(self.settings, self.places)?;
        Ok(launch.flag("zk", zk).flag("quorum", quorum.to_string()))
    }

    fn agent(&self, role: Role) -> Result<Launch, StartError> {
        let master = mesos_master(self.settings, self.places)?;
        Ok(self
            .mesos_run("agent", role)?
            .arg(master)
            .env("MESOS_RESOURCES", &self.settings.resources)
            .env("MESOS_EXECUTOR_REGISTRATION_TIMEOUT", EXECUTOR_REGISTRATION_LIMIT))
    }

    fn scheduler(&self, role: Role) -> Result<Launch, StartError> {
        let Scheduler::Run { bin_dir, flags } = &self.settings.scheduler else {
            return Err(StartError::Unknown { role });
        };
        let binaries = Binaries::find(bin_dir.as_deref())?;
        let executor = binaries.publish_executor(self.layout)?;
        let place = place(self.places, role)?;
        let zookeeper = self::place(self.places, Role::Zookeeper)?;
        let flag = |path: PathBuf| path.into_os_string();
        let launch = Launch::new(binaries.scheduler)
            .flag("port", place.port().to_string())
            .flag("api_bind", place.ip().to_string())
            .flag("mesos_master", mesos_master(self.settings, self.places)?)
            .flag("framework_role", FRAMEWORK_ROLE)
            .flag("framework_user", user())
            .flag("executor_uri", format!("file://{}", executor.display()))
            .flag("scheduler_keypath", flag(self.layout.scheduler_key()))
            .flag("admin_keypath", flag(self.layout.admin_key()))
            .flag("work_dir", flag(self.layout.state(role)))
            .flag("zk_session_timeout", SCHEDULER_ZK_SESSION)
            .flag("default_flavor", self.settings.flavor.name())
            .flag("parts_dir", self.parts.dir())
            // Not an argument: arguments are readable for all.
            .env("MYSOS_ZK_URL", format!("zk://{}@{zookeeper}/mysos", self.zk_account));
        Ok(flags.iter().fold(launch, |launch, flag| launch.arg(format!("--{flag}"))))
    }
}

/// The name of the user that runs this, as Mesos wants it.
fn user() -> String {
    let uid = nix::unistd::geteuid();
    match nix::unistd::User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        _ => uid.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Options;

    fn words(launch: &Launch) -> Vec<String> {
        launch.arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect()
    }

    fn with_context<T>(options: &Options, ask: impl FnOnce(&Context<'_>) -> T) -> T {
        let layout = Layout::create(&options.dir).unwrap();
        let settings = Settings::new(options);
        let places = [
            (Role::Zookeeper, "127.0.0.1:2181"),
            (Role::Master(1), "127.0.0.1:5050"),
            (Role::Agent(1), "127.0.0.11:5051"),
            (Role::Scheduler, "127.0.0.1:55001"),
        ];
        let places = places.map(|(role, place)| (role, place.parse().unwrap())).into();
        ask(&Context {
            layout: &layout,
            parts: &Parts::locate().unwrap(),
            settings: &settings,
            places: &places,
            zk_account: "mysos:s3cret",
        })
    }

    #[test]
    fn several_masters_are_found_through_zookeeper_and_one_by_its_address() {
        let dir = tempfile::tempdir().unwrap();
        let one = Options::new(dir.path());
        let agent = with_context(&one, |context| words(&launch(Role::Agent(1), context).unwrap()));
        assert_eq!(agent.last().unwrap(), "127.0.0.1:5050");
        let three = Options { masters: Some(3), ..one };
        let master = with_context(&three, |context| words(&launch(Role::Master(1), context).unwrap()));
        assert!(master.ends_with(&["--zk=zk://127.0.0.1:2181/mesos".into(), "--quorum=2".into()]));
    }

    #[test]
    fn the_scheduler_gets_no_secret_as_an_argument() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["mysos_scheduler", "mysos_executor"] {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let scheduler = Scheduler::Run {
            bin_dir: Some(dir.path().to_owned()),
            flags: vec!["discovery_account=a".to_owned()],
        };
        let options = Options { scheduler, ..Options::new(dir.path()) };
        let launch = with_context(&options, |context| launch(Role::Scheduler, context).unwrap());
        assert!(words(&launch).iter().all(|word| !word.contains("s3cret")));
        assert_eq!(launch.environment["MYSOS_ZK_URL"], "zk://mysos:s3cret@127.0.0.1:2181/mysos");
        assert_eq!(words(&launch).last().unwrap(), "--discovery_account=a");
    }
}
