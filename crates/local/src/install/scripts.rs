//! The scripts that set up Mesos and MySQL. They are part of this program, so that it works wherever it is copied to.
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use ring::digest::{SHA256, digest};

use super::{InstallError, Parts, debian, io_error};
use crate::progress::Progress;
use crate::secrets::hex;

/// Tells which set-up made a part; beside what the part's own script keeps.
const MARK: &str = ".set-up-by";

struct Script {
    path: &'static str,
    text: &'static str,
}

/// What one set-up makes, and with what.
struct Recipe {
    what: &'static str,
    /// Named, not left to the first line of the script: a file that was just written may still be open in a process
    /// that another thread is starting, and the kernel refuses to execute it then.
    interpreter: &'static str,
    /// The first one is run.
    scripts: &'static [Script],
}

macro_rules! script {
    ($dir:literal, $path:literal) => {
        Script { path: $path, text: include_str!(concat!("../../parts/", $dir, "/", $path)) }
    };
}

static MESOS: Recipe = Recipe {
    what: "Mesos 1.11.0",
    interpreter: "python3",
    scripts: &[
        script!("mesos", "setup"),
        script!("mesos", "src/gen_stubs.py"),
        script!("mesos", "src/mesos_abi.h"),
        script!("mesos", "src/mesos.cpp"),
        script!("mesos", "bin/mesos-run"),
        script!("mesos", "bin/mesos-fetcher"),
        script!("mesos", "bin/mesos-executor"),
    ],
};
static MYSQL: Recipe =
    Recipe { what: "MySQL 9.7", interpreter: "bash", scripts: &[script!("mysql", "mysql-prefix")] };

pub(super) fn mesos_is_ready(parts: &Parts) -> bool {
    is_ready(&MESOS, &parts.mesos())
}

pub(super) fn mesos(parts: &Parts, progress: &Progress) -> Result<(), InstallError> {
    set_up(&MESOS, &parts.mesos(), progress)
}

pub(super) fn mysql(parts: &Parts, progress: &Progress) -> Result<(), InstallError> {
    set_up(&MYSQL, &parts.mysql(), progress)
}

fn is_ready(recipe: &Recipe, target: &Path) -> bool {
    fs::read_to_string(target.join(MARK)).is_ok_and(|mark| mark == fingerprint(recipe.scripts))
}

fn set_up(recipe: &Recipe, target: &Path, progress: &Progress) -> Result<(), InstallError> {
    if is_ready(recipe, target) {
        return Ok(());
    }
    progress.say(format!("setting up {} in {} (once)", recipe.what, target.display()));
    let work = tempfile::tempdir().map_err(|source| io_error("make", &std::env::temp_dir(), source))?;
    unpack(recipe.scripts, work.path()).map_err(|source| io_error("write", work.path(), source))?;
    let mut command = Command::new(recipe.interpreter);
    command.arg(work.path().join(recipe.scripts.first().map_or("", |script| script.path)));
    command.arg(target).env("PYTHONDONTWRITEBYTECODE", "1");
    debian::run(&format!("the set-up of {}", recipe.what), command, progress)?;
    let mark = target.join(MARK);
    fs::write(&mark, fingerprint(recipe.scripts)).map_err(|source| io_error("write", &mark, source))
}

fn unpack(scripts: &[Script], dir: &Path) -> io::Result<()> {
    for script in scripts {
        let path = dir.join(script.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, script.text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn fingerprint(scripts: &[Script]) -> String {
    let texts: Vec<&str> = scripts.iter().flat_map(|script| [script.path, script.text]).collect();
    hex(digest(&SHA256, texts.join("\0").as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(scripts: &'static [Script]) -> Recipe {
        Recipe { what: "a part", interpreter: "sh", scripts }
    }

    #[test]
    fn a_part_is_set_up_once_and_again_when_its_script_changes() {
        static ONE: &[Script] = &[Script { path: "make", text: "mkdir -p \"$1\"\necho x >> \"$1/runs\"\n" }];
        static OTHER: &[Script] =
            &[Script { path: "make", text: "mkdir -p \"$1\"\necho y >> \"$1/runs\"\n" }];
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("part");
        for scripts in [ONE, ONE, OTHER] {
            set_up(&recipe(scripts), &target, &Progress::silent()).unwrap();
        }
        assert_eq!(fs::read_to_string(target.join("runs")).unwrap(), "x\ny\n");
    }

    #[test]
    fn a_set_up_that_fails_is_tried_again() {
        static FAILS: &[Script] = &[Script { path: "make", text: "mkdir -p \"$1\"\nexit 1\n" }];
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("part");
        assert!(set_up(&recipe(FAILS), &target, &Progress::silent()).is_err());
        assert!(!is_ready(&recipe(FAILS), &target));
    }
}
