//! `mysos connect`: becomes the stock client, connected to the primary or to a replica.

use std::{
    ffi::{CString, OsString},
    fs::File,
    io::Write,
    os::{fd::AsRawFd, unix::process::CommandExt},
    process::Command,
};

use anyhow::{Context, anyhow};
use clap::Args;
use mysos_model::{
    ClusterName, Password,
    wire::native::{Cluster, Instance},
};
use nix::sys::{
    memfd::{MFdFlags, memfd_create},
    stat::{Mode, fchmod},
};

use crate::{failure::Failure, secret::PasswordSource, target::Target};

/// `mysos connect`
#[derive(Debug, Args)]
pub(crate) struct Connect {
    /// The cluster.
    name: ClusterName,
    /// Connect to a replica instead of the primary.
    #[arg(long)]
    replica: bool,
    #[command(flatten)]
    password: PasswordSource,
    #[command(flatten)]
    target: Target,
    /// Further arguments of the client, such as -- --execute 'SELECT 1'
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

/// Becomes the client; returns only if that fails.
pub(crate) async fn run(arguments: Connect) -> Result<(), Failure> {
    let (cluster, _) = arguments.target.api()?.cluster(&arguments.name).await?;
    let group = if arguments.replica { "slaves" } else { "master" };
    let server = find(&cluster, group).ok_or_else(|| nowhere(&cluster, group))?;
    let address = server.mysql.clone().ok_or_else(|| nowhere(&cluster, group))?;
    let password = arguments.password.read(arguments.name.as_str())?;
    let options = option_file(&password)?;
    let mut tried = Vec::new();
    for client in clients(&cluster.flavor) {
        let error = Command::new(client)
            // Must come first. The only option file: a password in ~/.my.cnf would win over ours.
            .arg(format!("--defaults-file=/proc/self/fd/{}", options.as_raw_fd()))
            .args(["--protocol=tcp", "--host", &address.host, "--port", &address.port.to_string()])
            .args(["--user", &cluster.cluster_user])
            .args(&arguments.arguments)
            .exec();
        if error.kind() != std::io::ErrorKind::NotFound {
            return Err(anyhow!(error).context(format!("{client} does not start")).into());
        }
        tried.push(client);
    }
    Err(anyhow!(
        "no MySQL client in PATH, looked for {}; install one, such as mariadb-client",
        tried.join(", ")
    )
    .into())
}

fn find<'a>(cluster: &'a Cluster, group: &str) -> Option<&'a Instance> {
    let mut instances = cluster.instances.iter().flatten();
    instances.find(|instance| instance.published.as_deref() == Some(group))
}

fn nowhere(cluster: &Cluster, group: &str) -> Failure {
    let (name, state) = (&cluster.name, &cluster.state);
    let role = if group == "master" { "primary" } else { "replica" };
    anyhow!("{name} has no {role} in service ({state}); `mysos wait {name}` waits for it").into()
}

/// The client of that flavor first; either speaks to either.
fn clients(flavor: &str) -> [&'static str; 2] {
    if flavor == "mysql" { ["mysql", "mariadb"] } else { ["mariadb", "mysql"] }
}

/// A file in memory with the password, for the client to read. It has no name, and ends with the client.
fn option_file(password: &Password) -> Result<File, Failure> {
    let name = CString::new("mysos").context("no name")?;
    let file = memfd_create(name.as_c_str(), MFdFlags::empty()).context("no file in memory")?;
    // Clients ignore an option file that others may write to.
    fchmod(&file, Mode::S_IRUSR | Mode::S_IWUSR).context("the file in memory stays open to others")?;
    let mut file = File::from(file);
    file.write_all(option_text(password).as_bytes())?;
    Ok(file)
}

fn option_text(password: &Password) -> String {
    let escaped = password.expose().replace('\\', "\\\\").replace('"', "\\\"");
    format!("[client]\npassword=\"{escaped}\"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_are_escaped() {
        let text = option_text(&Password::new(r#"a"b\c#d"#));
        assert_eq!(text, "[client]\npassword=\"a\\\"b\\\\c#d\"\n");
    }
}
