//! Programs that a person would type: our own client, and the stock one of the database.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use mysos_local::{Flavor, Parts};
use serde_json::Value;

use crate::{bin_dir, stack::TestStack};

/// What a program did.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// Its results.
    pub out: String,
    /// Its other words.
    pub err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().expect("it ended by itself"),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Its results as one JSON object.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl TestStack {
    /// `mysos`, against this stack's scheduler.
    pub fn mysos(&self, arguments: &[&str]) -> Ran {
        self.mysos_with(arguments, &[])
    }

    /// The same, with further variables.
    pub fn mysos_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = quiet(&bin_dir().join("mysos"));
        command.args(arguments).env("MYSOS_API", self.api().url()).envs(variables.iter().copied());
        Ran::of(&command.output().expect("mysos runs"))
    }
}

/// The stock client of a flavor, with the password where it takes one that nobody sees.
pub fn stock_client(
    flavor: Flavor,
    (host, port): &(String, u16),
    (user, password): (&str, &str),
    statement: &str,
) -> Ran {
    let mut command = match flavor {
        Flavor::Mariadb => quiet(Path::new("mariadb")),
        Flavor::Mysql => {
            let parts = Parts::locate().expect("a place for the parts");
            quiet(&parts.mysql().join("bin").join("mysql"))
        }
    };
    command
        .args(["--no-defaults", "--protocol=tcp", "--batch", "--skip-column-names", "--connect-timeout=10"])
        .args(["--host", host, "--port", &port.to_string(), "--user", user, "--execute", statement])
        .env("MYSQL_PWD", password);
    Ran::of(&command.output().expect("the stock client is installed"))
}

fn quiet(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).env_remove("MYSOS_CLUSTER_PASSWORD").env_remove("MYSOS_API_CREDENTIAL_FILE");
    command
}
