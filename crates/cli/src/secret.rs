//! Passwords on their way in: from a file, from the environment, or asked at a terminal. Never from an argument:
//! everybody on the machine can read those.

use std::{
    fs,
    io::{self, BufRead, IsTerminal, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use mysos_model::Password;
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use crate::failure::Failure;

/// More than any password has.
const LONGEST: u64 = 4096;
/// The variable that carries a cluster's password.
const VARIABLE: &str = "MYSOS_CLUSTER_PASSWORD";

/// Where the password of a cluster comes from.
#[derive(Debug, Args)]
pub(crate) struct PasswordSource {
    /// A file with the cluster's password; - is standard input. Else MYSOS_CLUSTER_PASSWORD is used, else it is
    /// asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordSource {
    /// The password.
    pub(crate) fn read(&self, cluster: &str) -> Result<Password, Failure> {
        if let Some(file) = &self.password_file {
            return from_file(file);
        }
        if let Some(text) = std::env::var_os(VARIABLE) {
            let wrong = |_| Failure::Usage(format!("{VARIABLE} is not UTF-8"));
            return text.into_string().map(Password::new).map_err(wrong);
        }
        if io::stdin().is_terminal() {
            return ask(cluster).map_err(Failure::from);
        }
        let text =
            format!("the password of {cluster} is needed: give --password-file FILE, or set {VARIABLE}");
        Err(Failure::Usage(text))
    }
}

/// The content of a file, without the newline at its end; `-` is standard input.
pub(crate) fn from_file(file: &Path) -> Result<Password, Failure> {
    let read = |from: &mut dyn Read| {
        let mut text = String::new();
        from.take(LONGEST).read_to_string(&mut text).map(|_| text)
    };
    let text = if file == Path::new("-") {
        read(&mut io::stdin())
    } else {
        fs::File::open(file).and_then(|mut open| read(&mut open))
    };
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Password::new(text.strip_suffix('\r').unwrap_or(text)))
}

/// Asks at the terminal, with the letters hidden.
fn ask(cluster: &str) -> io::Result<Password> {
    let stdin = io::stdin();
    write!(io::stderr(), "password of {cluster}: ")?;
    io::stderr().flush()?;
    let before = tcgetattr(&stdin)?;
    let mut hidden = before.clone();
    hidden.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(&stdin, SetArg::TCSAFLUSH, &hidden)?;
    let mut line = String::new();
    let read = stdin.lock().take(LONGEST).read_line(&mut line);
    // The terminal is put back whatever was read.
    tcsetattr(&stdin, SetArg::TCSAFLUSH, &before)?;
    writeln!(io::stderr())?;
    read.map(|_| Password::new(line.trim_end_matches(['\r', '\n'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newline_at_the_end_is_cut() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (content, password) in [("a b\n", "a b"), ("x\r\n", "x"), ("x\n\n", "x\n"), ("", "")] {
            fs::write(file.path(), content).unwrap();
            assert_eq!(from_file(file.path()).unwrap(), Password::new(password));
        }
        let error = from_file(Path::new("/nonexistent/pw")).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/pw"), "{error}");
    }
}
