//! Finds what belongs to a stack by looking at all processes, for what no record names: executors, tasks, database
//! servers, and whatever a start that was cut short left behind.
//!
//! A shell or an editor that merely names the directory does not belong to it. `mesos-run` has the same rule.
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Identity, MARKER};

/// Set by an agent for its containers, and by `mesos-run` for the servers.
const UNDER: [&str; 3] = ["MESOS_WORK_DIR", "MESOS_SANDBOX", "MESOS_DIRECTORY"];
/// Servers that may run with an environment of their own choice; these belong where their arguments point.
const SERVERS: [&str; 6] =
    ["mesos-containerizer", "java", "mysqld", "mariadbd", "mysos_executor", "mysos_scheduler"];

/// What a process tells about itself.
#[derive(Debug, Default)]
struct Traits {
    environment: Vec<Vec<u8>>,
    arguments: Vec<Vec<u8>>,
    place: PathBuf,
}

/// All processes of a stack, but this one.
pub(crate) fn belonging_to(dir: &Path) -> Vec<Identity> {
    let own = std::process::id() as i32;
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| *pid != own)
        .filter_map(|pid| Some((Identity::of(pid)?, read(pid)?)))
        .filter(|(_, traits)| traits.belong_to(dir))
        .map(|(identity, _)| identity)
        .collect()
}

/// The executors among them: each ends its own database server, cleanly.
pub(crate) fn executors_of(dir: &Path) -> Vec<Identity> {
    let is_executor = |process: &Identity| read(process.pid).is_some_and(|traits| traits.is_executor());
    belonging_to(dir).into_iter().filter(is_executor).collect()
}

/// Nothing for a process that has ended, or that is another user's.
fn read(pid: i32) -> Option<Traits> {
    let list = |name: &str| fs::read(format!("/proc/{pid}/{name}")).map(|bytes| split(&bytes));
    Some(Traits {
        environment: list("environ").ok()?,
        arguments: list("cmdline").ok()?,
        place: fs::read_link(format!("/proc/{pid}/cwd")).ok()?,
    })
}

fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
}

impl Traits {
    /// The same program is also the keeper of a server, which ends with its executor.
    fn is_executor(&self) -> bool {
        let mut words = self.arguments.iter();
        let program = words.next().map(|word| Path::new(OsStr::from_bytes(word)));
        program.and_then(Path::file_name) == Some(OsStr::new("mysos_executor"))
            && words.next().is_none_or(|word| word != b"keeper")
    }

    fn belong_to(&self, dir: &Path) -> bool {
        self.is_marked(dir) || self.is_server() && self.points_into(dir)
    }

    fn is_marked(&self, dir: &Path) -> bool {
        self.environment.iter().filter_map(|variable| halves(variable)).any(|(name, value)| {
            let value = Path::new(OsStr::from_bytes(value));
            let under = UNDER.iter().any(|known| known.as_bytes() == name) && value.starts_with(dir);
            under || (name == MARKER.as_bytes() && value == dir)
        })
    }

    fn is_server(&self) -> bool {
        let name = self.arguments.first().and_then(|first| Path::new(OsStr::from_bytes(first)).file_name());
        name.is_some_and(|name| SERVERS.iter().any(|known| *known == name))
    }

    fn points_into(&self, dir: &Path) -> bool {
        let value = |argument: &Vec<u8>| {
            let value = halves(argument).map_or(argument.as_slice(), |(_, value)| value);
            Path::new(OsStr::from_bytes(value)).starts_with(dir)
        };
        self.place.starts_with(dir) || self.arguments.iter().any(value)
    }
}

fn halves(variable: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = variable.iter().position(|byte| *byte == b'=')?;
    let (name, value) = variable.split_at_checked(at)?;
    Some((name, value.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traits(environment: &[&str], arguments: &[&str], place: &str) -> Traits {
        let bytes = |list: &[&str]| list.iter().map(|text| text.as_bytes().to_vec()).collect();
        Traits { environment: bytes(environment), arguments: bytes(arguments), place: place.into() }
    }

    #[test]
    fn an_executor_belongs_by_its_sandbox_and_a_server_by_its_marker() {
        let dir = Path::new("/tmp/a");
        assert!(traits(&["X=1", "MESOS_SANDBOX=/tmp/a/mesos/agent-1/sandbox"], &["sh"], "/").belong_to(dir));
        assert!(traits(&["MYSOS_STACK_DIR=/tmp/a"], &["mysos_scheduler"], "/").belong_to(dir));
    }

    #[test]
    fn a_database_server_belongs_by_its_arguments_or_its_place() {
        let dir = Path::new("/tmp/a");
        assert!(traits(&[], &["/usr/sbin/mariadbd", "--datadir=/tmp/a/x"], "/").belong_to(dir));
        assert!(traits(&[], &["/parts/ld/mysqld", "--no-defaults"], "/tmp/a/mesos/x").belong_to(dir));
    }

    #[test]
    fn a_shell_or_an_editor_that_names_the_directory_does_not_belong() {
        let dir = Path::new("/tmp/a");
        assert!(!traits(&["PWD=/tmp/a"], &["vim", "/tmp/a/log/scheduler.log"], "/tmp/a").belong_to(dir));
        assert!(!traits(&[], &["mysos", "local", "down", "--dir", "/tmp/a"], "/tmp/a").belong_to(dir));
    }

    #[test]
    fn a_neighbor_with_a_longer_name_or_inside_does_not_belong() {
        let dir = Path::new("/tmp/a");
        assert!(!traits(&["MYSOS_STACK_DIR=/tmp/ab"], &["java"], "/").belong_to(dir));
        assert!(!traits(&["MYSOS_STACK_DIR=/tmp/a/b"], &["python3"], "/").belong_to(dir));
        assert!(!traits(&[], &["mariadbd", "--datadir=/tmp/ab"], "/tmp/ab").belong_to(dir));
    }
}
