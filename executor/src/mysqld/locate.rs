//! Which program is the server: the one that was named, one of the unpacked packages, or one of the system.
//! What a program is, it says itself; its name says nothing (Debian's `mysqld` is MariaDB).

use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
};

use mysos_model::Flavor;
use mysos_mysql_admin::ServerVersion;

use super::{options::program_names, process::version_text};

/// Where servers lie that are not in `PATH`.
const SYSTEM: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];
/// How many places are looked at, and listed when nothing fits.
const PLACES: usize = 64;

/// Where to look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Where<'a> {
    /// The program itself; then nothing else is looked at.
    pub(crate) program: Option<&'a Path>,
    /// Directory of unpacked packages.
    pub(crate) parts: Option<&'a Path>,
    /// The executor's `PATH`.
    pub(crate) path: &'a OsStr,
}

/// A server program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located {
    /// Its path.
    pub(crate) program: PathBuf,
    /// What it says it is.
    pub(crate) version: ServerVersion,
}

/// No program fits.
#[derive(Debug, thiserror::Error)]
#[error("no {flavor} server was found; {}", Listed(.seen))]
pub(crate) struct NotLocated {
    /// What was looked for.
    pub(crate) flavor: Flavor,
    /// Where, and what was there.
    pub(crate) seen: Vec<(PathBuf, String)>,
}

struct Listed<'a>(&'a [(PathBuf, String)]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("looked at")?;
        for (index, (path, what)) in self.0.iter().enumerate() {
            write!(f, "{} {} ({what})", if index == 0 { "" } else { "," }, path.display())?;
        }
        f.write_str("; install one, or name it with --mysqld_path or --parts_dir")
    }
}

/// Finds the server. Among unpacked packages the latest version wins, elsewhere the first that fits.
pub(crate) async fn locate(flavor: Flavor, places: Where<'_>) -> Result<Located, NotLocated> {
    let mut seen = Vec::new();
    if let Some(program) = places.program {
        let mut fitting = ask(flavor, vec![program.to_owned()], &mut seen).await;
        return fitting.pop().ok_or(NotLocated { flavor, seen });
    }
    let parts = places.parts.map(|parts| in_parts(flavor, parts, &mut seen)).unwrap_or_default();
    let fitting = ask(flavor, parts, &mut seen).await;
    if let Some(latest) = fitting.into_iter().max_by_key(|located| located.version) {
        return Ok(latest);
    }
    for program in in_system(flavor, places.path) {
        if let Some(located) = ask(flavor, vec![program], &mut seen).await.pop() {
            return Ok(located);
        }
    }
    seen.truncate(PLACES);
    Err(NotLocated { flavor, seen })
}

/// Which of these programs are servers of this flavor. What the others are is noted.
async fn ask(flavor: Flavor, programs: Vec<PathBuf>, seen: &mut Vec<(PathBuf, String)>) -> Vec<Located> {
    let mut fitting = Vec::new();
    for program in programs.into_iter().take(PLACES) {
        match version(&program).await {
            Ok(version) if version.flavor == flavor => fitting.push(Located { program, version }),
            Ok(version) => seen.push((program, version.to_string())),
            Err(why) => seen.push((program, why)),
        }
    }
    fitting
}

async fn version(program: &Path) -> Result<ServerVersion, String> {
    if !program.is_file() {
        return Err("not there".to_owned());
    }
    let text = version_text(program).await.map_err(|error| error.to_string())?;
    ServerVersion::from_program(&text).map_err(|error| error.to_string())
}

fn in_parts(flavor: Flavor, parts: &Path, seen: &mut Vec<(PathBuf, String)>) -> Vec<PathBuf> {
    let begins = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(flavor.as_str()))
    };
    let packages: Vec<PathBuf> = match parts.read_dir() {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).filter(begins).collect(),
        Err(error) => {
            seen.push((parts.to_owned(), error.to_string()));
            return Vec::new();
        }
    };
    if packages.is_empty() {
        seen.push((parts.join(format!("{flavor}*")), "not there".to_owned()));
    }
    packages.iter().filter_map(|package| first_file(flavor, &package.join("bin"))).collect()
}

/// The server in a directory. If none of its names is there, the first name, so that its absence is told.
fn first_file(flavor: Flavor, dir: &Path) -> Option<PathBuf> {
    let mut named = program_names(flavor).iter().map(|name| dir.join(name));
    named.clone().find(|program| program.is_file()).or_else(|| named.next())
}

fn in_system(flavor: Flavor, path: &OsStr) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = std::env::split_paths(path).filter(|dir| dir.is_absolute()).collect();
    dirs.extend(SYSTEM.map(PathBuf::from));
    let mut programs = Vec::new();
    for dir in dirs {
        for program in program_names(flavor).iter().map(|name| dir.join(name)) {
            if !programs.contains(&program) {
                programs.push(program);
            }
        }
    }
    programs.truncate(PLACES);
    programs
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "files of a test need not be durable")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const MARIADB: &str = "mysqld Ver 10.11.19-MariaDB for linux on x86_64 (made)";
    const MYSQL: &str = "mysqld Ver 9.7.4-2 for Linux on x86_64 (made)";

    fn program(dir: &Path, name: &str, says: &str) -> PathBuf {
        std::fs::create_dir_all(dir).unwrap();
        let path = dir.join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[tokio::test]
    async fn the_named_program_is_the_only_one_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let mysqld = program(dir.path(), "mysqld", MARIADB);
        let places = Where { program: Some(&mysqld), parts: None, path: OsStr::new("/usr/sbin") };
        assert_eq!(locate(Flavor::MariaDb, places).await.unwrap().program, mysqld);
        let error = locate(Flavor::MySql, places).await.unwrap_err().to_string();
        assert!(error.contains(&format!("{} (mariadb 10.11.19)", mysqld.display())), "{error}");
        assert!(!error.contains("/usr/sbin"), "{error}");
    }

    #[tokio::test]
    async fn the_latest_unpacked_package_wins_and_comes_before_the_system() {
        let dir = tempfile::tempdir().unwrap();
        let (parts, system) = (dir.path().join("parts"), dir.path().join("system"));
        program(&parts.join("mysql-9.10/bin"), "mysqld", "mysqld Ver 9.10.0 for Linux on x86_64");
        program(&parts.join("mysql-9.7/bin"), "mysqld", MYSQL);
        program(&parts.join("mysql-wrong/bin"), "mysqld", MARIADB);
        program(&system, "mysqld", MYSQL);
        let places = Where { program: None, parts: Some(&parts), path: system.as_os_str() };
        let located = locate(Flavor::MySql, places).await.unwrap();
        assert_eq!(located.version.to_string(), "mysql 9.10.0");
        let none = Where { parts: Some(Path::new("/nowhere")), ..places };
        assert_eq!(locate(Flavor::MySql, none).await.unwrap().program, system.join("mysqld"));
    }

    #[tokio::test]
    async fn when_nothing_fits_every_place_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let wrong = program(&dir.path().join("bin"), "mysqld", MARIADB);
        let odd = program(&dir.path().join("odd"), "mysqld", "hello");
        let path = std::env::join_paths([wrong.parent().unwrap(), odd.parent().unwrap()]).unwrap();
        let places = Where { program: None, parts: Some(dir.path()), path: &path };
        let error = locate(Flavor::MySql, places).await.unwrap_err().to_string();
        for part in
            ["mysql* (not there)", "(mariadb 10.11.19)", "\"hello\" holds no version", "--mysqld_path"]
        {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}
