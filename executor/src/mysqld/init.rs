//! Makes a data directory: the server's own tables, then the first accounts, before anything listens.
//!
//! Each program runs under a keeper, with a bound, and its words go to a log of their own. What it leaves
//! behind when it fails is the volume's matter.

use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use mysos_model::Flavor;
use mysos_mysql_admin::{
    AdminError,
    account::{FirstAccounts, bootstrap_sql},
};
use tokio::time::timeout;

use super::{
    log, options,
    process::{Exited, Mysqld, Spawner, StartError, StartOptions},
};
use crate::{keeper::Errand, volume::Volume};

/// How long all of it may take. MySQL takes 4 s on an idle machine; a busy disk may take ten times as long.
const WITHIN: Duration = Duration::from_secs(120);
/// The program that makes MariaDB's own tables.
const INSTALL_DB: &str = "mariadb-install-db";

/// Why a data directory was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InitError {
    /// MariaDB's installer is not there.
    #[error("{INSTALL_DB} was not found; looked at {looked}; it comes with MariaDB's server packages")]
    NoInstaller {
        /// Where.
        looked: String,
    },
    /// A program could not be started.
    #[error("cannot start {program}")]
    Start {
        /// Which.
        program: PathBuf,
        /// Why.
        #[source]
        source: StartError,
    },
    /// A program failed.
    #[error("{program} ended by {exited}; it says: {lines}")]
    Failed {
        /// Which.
        program: PathBuf,
        /// How it ended.
        exited: Exited,
        /// The last lines that it wrote.
        lines: String,
    },
    /// It took too long, and was killed.
    #[error("{program} did not end within {WITHIN:?}; it says: {lines}")]
    TooLong {
        /// Which.
        program: PathBuf,
        /// The last lines that it wrote.
        lines: String,
    },
    /// The first accounts cannot be put into words.
    #[error("the first accounts cannot be written for this server")]
    Accounts(#[from] AdminError),
    /// The disk refused.
    #[error("cannot write {path}")]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// What it takes to make a data directory.
pub(crate) struct Workshop<'a> {
    /// Starts programs.
    pub(crate) spawner: &'a Spawner,
    /// The server's program.
    pub(crate) server: &'a Path,
    /// Where the data directory is.
    pub(crate) volume: &'a Volume,
    /// Environment of the programs.
    pub(crate) env: &'a [(OsString, OsString)],
}

/// The installer syncs about a thousand times, which is most of its time. A directory that is being made
/// counts for nothing until [`Volume::finish`] has synced all of it at once.
const UNSYNCED: &str = "--debug-no-sync";

impl Workshop<'_> {
    /// Fills the data directory that was begun. The option file is there already.
    pub(crate) async fn initialize(&self, flavor: Flavor, accounts: &FirstAccounts) -> Result<(), InitError> {
        let sql = bootstrap_sql(flavor, accounts)?;
        let log = self.volume.init_log();
        write_private(&log, b"")?;
        let secret = Secret::write(self.volume.accounts_file(), sql.expose())?;
        match flavor {
            Flavor::MariaDb => {
                let installer = self.installer()?;
                self.run(&installer, self.install_args(&installer), None).await?;
                let bootstrap = vec![self.defaults(), "--bootstrap".into(), UNSYNCED.into()];
                self.run(self.server, bootstrap, Some(secret.path.clone())).await
            }
            Flavor::MySql => {
                let file = argument("--init-file=", &secret.path);
                let args =
                    vec![self.defaults(), "--initialize-insecure".into(), "--skip-log-bin".into(), file];
                self.run(self.server, args, None).await
            }
        }
    }

    fn defaults(&self) -> OsString {
        argument("--defaults-file=", &self.volume.option_file())
    }

    fn install_args(&self, installer: &Path) -> Vec<OsString> {
        let mut args: Vec<OsString> = vec!["--no-defaults".into(), "--skip-test-db".into()];
        args.push("--auth-root-authentication-method=normal".into());
        args.push(UNSYNCED.into());
        args.push(argument("--datadir=", &self.volume.data_dir()));
        // In this form it is for the server alone: the installer itself would change owners, and stumble over
        // a path with blanks.
        args.extend(options::user().map(|user| OsString::from(format!("-u{user}"))));
        // An unpacked package knows only the place it was built for.
        let package = self.package().filter(|package| *package != Path::new("/usr"));
        args.extend(package.filter(|dir| installer.starts_with(dir)).map(|dir| argument("--basedir=", dir)));
        args
    }

    fn package(&self) -> Option<&Path> {
        self.server.parent()?.parent()
    }

    /// MariaDB's installer: in the server's package, in the path, or where Debian has it.
    fn installer(&self) -> Result<PathBuf, InitError> {
        let mut dirs: Vec<PathBuf> = self.server.parent().map(Path::to_owned).into_iter().collect();
        dirs.extend(["bin", "scripts"].iter().filter_map(|dir| Some(self.package()?.join(dir))));
        let path = self.env.iter().find(|(name, _)| name == "PATH");
        dirs.extend(path.iter().flat_map(|(_, path)| std::env::split_paths(path)));
        dirs.push("/usr/bin".into());
        dirs.dedup();
        let found = dirs.iter().map(|dir| dir.join(INSTALL_DB)).find(|program| program.is_file());
        let looked = || dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| InitError::NoInstaller { looked: looked() })
    }

    async fn run(
        &self,
        program: &Path,
        args: Vec<OsString>,
        input: Option<PathBuf>,
    ) -> Result<(), InitError> {
        let output = self.volume.init_log();
        let (lock, program_path) = (self.volume.running_lock(), program.to_owned());
        let errand = Errand { lock, input, output, stream: None, program: program_path, args };
        let start = Mysqld::start(self.spawner, StartOptions { errand, env: self.env.to_vec() });
        let failed = |source| InitError::Start { program: program.to_owned(), source };
        let (_process, life) = start.await.map_err(failed)?;
        // The life that is dropped at the bound takes the program with it.
        match timeout(WITHIN, life).await {
            Ok(Exited::Code(0)) => Ok(()),
            Ok(exited) => {
                Err(InitError::Failed { program: program.to_owned(), exited, lines: self.last_lines() })
            }
            Err(_) => Err(InitError::TooLong { program: program.to_owned(), lines: self.last_lines() }),
        }
    }

    fn last_lines(&self) -> String {
        let said = log::last_lines(&self.volume.init_log(), 0);
        let logged = log::last_lines(&self.volume.error_log(), 0);
        let both = [said, logged].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        both.join("\n")
    }
}

fn argument(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}

/// A file with secrets, that goes away with this value.
struct Secret {
    path: PathBuf,
}

impl Secret {
    fn write(path: PathBuf, text: &str) -> Result<Self, InitError> {
        // A leftover of an attempt that was killed is written over.
        write_private(&path, text.as_bytes())?;
        Ok(Self { path })
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), InitError> {
    let open = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path);
    let written = open.and_then(|mut file| file.write_all(bytes));
    written.map_err(|source| InitError::Disk { path: path.to_owned(), source })
}
