//! The flags as people write them: names, defaults, and help that says what each is for. Not yet checked; that is
//! [`super::Config`].
//!
//! Each flag is also read with dashes (`--zk-url`), and from the environment as `MYSOS_<NAME>`.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use clap::{Args, CommandFactory, FromArgMatches, Parser, ValueEnum, parser::ValueSource};
use mysos_model::{Bytes, Flavor};

use super::duration::parse_duration;

/// Runs MySQL clusters on Apache Mesos: one POST makes a primary and its replicas.
///
/// Each flag can be given as --name=value or --name value, with underscores or dashes, or in the environment as
/// MYSOS_<NAME>. Where a flag takes a secret or an address with a password, the value may be file:///path: the
/// content of that file is taken then, and nothing shows up in the process list.
#[derive(Debug, Parser)]
#[command(
    name = "mysos_scheduler",
    version,
    rename_all = "snake_case",
    term_width = 100,
    args_override_self = true
)]
pub(super) struct Flags {
    #[command(flatten)]
    pub(super) framework: FrameworkFlags,
    #[command(flatten)]
    pub(super) executor: ExecutorFlags,
    #[command(flatten)]
    pub(super) state: StateFlags,
    #[command(flatten)]
    pub(super) api: ApiFlags,
    #[command(flatten)]
    pub(super) limits: LimitFlags,
    #[command(flatten)]
    pub(super) log: LogFlags,
    /// Whether `--zk_url` stands on the command line, where everybody can read it.
    #[arg(skip)]
    pub(super) zk_url_is_visible: bool,
}

/// Where the scheduler's own state is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateStorage {
    /// In ZooKeeper, below the path of --zk_url: several schedulers can stand by for each other.
    Zk,
    /// In files under --work_dir: one scheduler, on one machine.
    Local,
}

/// Where databases lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StorageFlag {
    /// In persistent volumes: a task that dies comes back on its data.
    Persistent,
    /// In the sandbox: data goes with the task.
    Ephemeral,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How Mesos knows us.
#[derive(Debug, Args)]
#[command(next_help_heading = "Mesos", rename_all = "snake_case")]
pub(super) struct FrameworkFlags {
    /// Where Mesos is: zk://host:2181,host:2181/mesos, or host:5050[,host:5050], or file:///path to a file with one
    /// of these.
    #[arg(long)]
    pub(super) mesos_master: String,
    /// The Unix user that executors and mysqld run as on the agents; it must exist there. Fixed for the life of the
    /// framework.
    #[arg(long, default_value_t = super::identity::own_user())]
    pub(super) framework_user: String,
    /// The Mesos role whose resources are used. Give Mysos a role of its own. Fixed for the life of the framework.
    #[arg(long, default_value = "mysos")]
    pub(super) framework_role: String,
    /// The name that Mesos shows.
    #[arg(long, default_value = "mysos")]
    pub(super) framework_name: String,
    /// How long Mesos keeps the clusters running while no scheduler is there: 14d, 2weeks, 36hrs. After that it ends
    /// all of them.
    #[arg(long, value_parser = parse_duration, default_value = "14d")]
    pub(super) framework_failover_timeout: Duration,
    /// A file with principal and secret, for masters that demand them: two lines `principal: NAME`, `secret: TEXT`,
    /// or JSON, or the two words. Mode 0600.
    #[arg(long, value_name = "FILE")]
    pub(super) framework_authentication_file: Option<String>,
    /// The principal that reservations belong to. Fixed for the life of the framework. Default: that of
    /// --framework_authentication_file, else `mysos`.
    #[arg(long)]
    pub(super) principal: Option<String>,
    /// The address of this scheduler's page, for the Mesos UI. Default: made from --advertise_host and --port.
    #[arg(long)]
    pub(super) webui_url: Option<String>,
    /// The name or address under which others reach this scheduler. Default: --api_bind, or the host's name where
    /// that is 0.0.0.0.
    #[arg(long)]
    pub(super) advertise_host: Option<String>,
    /// Where databases lie: in persistent volumes, with cpus, memory and ports reserved beside them, or in the
    /// sandboxes of their tasks, gone with them. Counts for what is placed from now on. Default: persistent, but with
    /// the role *, which cannot reserve.
    #[arg(long, value_enum)]
    pub(super) storage_mode: Option<StorageFlag>,
    /// How often Mesos is asked about every task, in addition to each new subscription.
    #[arg(long, value_parser = parse_duration, default_value = "15m")]
    pub(super) reconciliation_interval: Duration,
}

/// What is launched.
#[derive(Debug, Args)]
#[command(next_help_heading = "Executor", rename_all = "snake_case")]
pub(super) struct ExecutorFlags {
    /// Where agents fetch the mysos_executor binary: http://…, hdfs://…, file:///…, or a path on the agents. Put the
    /// version into it: agents cache by address.
    #[arg(long)]
    pub(super) executor_uri: String,
    /// The command that runs it, in the sandbox, split at blanks (no shell).
    #[arg(long, default_value = "./mysos_executor")]
    pub(super) executor_cmd: String,
    /// Environment of the executors: a JSON list like [{"name": "RUST_LOG", "value": "info"}]. No place for
    /// secrets: Mesos shows it.
    #[arg(long, value_name = "JSON")]
    pub(super) executor_environ: Option<String>,
    /// A file on every agent, mode 0600, readable by --framework_user: {"zk": "user:secret", "key": "<base64>"},
    /// the account of --zk_url and the 32 bytes of --scheduler_keypath.
    #[arg(long, value_name = "PATH ON AGENTS")]
    pub(super) admin_keypath: String,
    /// Tasks are labelled, and their `source` set to, PREFIX.<cluster>.<number>.
    #[arg(long, value_name = "PREFIX")]
    pub(super) executor_source_prefix: Option<String>,
    /// Where mysqld is on the agents. Default: looked for in --parts_dir, then in PATH.
    #[arg(long, value_name = "PATH ON AGENTS")]
    pub(super) mysqld_path: Option<String>,
    /// A directory on the agents with unpacked server packages, <flavor>*/bin in it.
    #[arg(long, value_name = "PATH ON AGENTS")]
    pub(super) parts_dir: Option<String>,
    /// How long mysqld may take to stop before it is killed.
    #[arg(long, value_parser = parse_duration, default_value = "300s")]
    pub(super) kill_grace_period: Duration,
    /// Accepted for old command lines. There is no package installer: executors use the mysqld that
    /// --mysqld_path, --parts_dir or PATH leads to. A value is ignored, with a warning.
    #[arg(long)]
    pub(super) installer_args: Option<String>,
    /// Accepted for old command lines. There is no backup store yet: a value is ignored, with a warning, and
    /// creating a cluster with a backup_id is refused.
    #[arg(long)]
    pub(super) backup_store_args: Option<String>,
}

/// What is remembered, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "State", rename_all = "snake_case")]
pub(super) struct StateFlags {
    /// The place in ZooKeeper for the records of the clusters, and for --state_storage=zk:
    /// zk://user:password@host:2181,host:2181/path, or file:///path to a file with that. With an account everything
    /// but the discovery of clusters is closed to others.
    #[arg(long)]
    pub(super) zk_url: String,
    /// ZooKeeper's session timeout: how long a lost scheduler or member keeps its place.
    #[arg(long, value_parser = parse_duration, default_value = "10s")]
    pub(super) zk_session_timeout: Duration,
    /// user:password of a second ZooKeeper account that may read where clusters are found, and is shown in
    /// cluster_url. Without it everybody may read that. Or file:///path.
    #[arg(long)]
    pub(super) discovery_account: Option<String>,
    /// Where the scheduler's own state is kept.
    #[arg(long, value_enum, default_value_t = StateStorage::Zk)]
    pub(super) state_storage: StateStorage,
    /// Directory of this scheduler's files; used with --state_storage=local.
    #[arg(long, default_value_os_t = std::env::temp_dir().join("mysos"))]
    pub(super) work_dir: PathBuf,
    /// A file with exactly 32 bytes, mode 0600: seals the passwords in saved state. Make one with
    /// `head -c 32 /dev/urandom > FILE; chmod 600 FILE`, and keep it: without it no password can be read again.
    #[arg(long, value_name = "FILE")]
    pub(super) scheduler_keypath: String,
    /// How long a scheduler waits at its start to learn who leads before it says so in the log. It goes on waiting.
    #[arg(long, value_parser = parse_duration, default_value = "60s")]
    pub(super) election_timeout: Duration,
}

/// The HTTP interface.
#[derive(Debug, Args)]
#[command(next_help_heading = "HTTP interface", rename_all = "snake_case")]
pub(super) struct ApiFlags {
    /// Port of the HTTP interface and the web page.
    #[arg(long, default_value_t = 55001)]
    pub(super) port: u16,
    /// Address to listen on. On another than the loopback, --api_credentials or --api_insecure is needed.
    #[arg(long, default_value = "127.0.0.1")]
    pub(super) api_bind: IpAddr,
    /// Listen beyond the loopback without credentials: whoever reaches the port may do everything.
    #[arg(long)]
    pub(super) api_insecure: bool,
    /// A file, mode 0600, of who may do what:
    /// {"credentials": [{"principal": "ops", "secret": "…", "role": "admin"}]}; roles are admin, user, read.
    #[arg(long, value_name = "FILE")]
    pub(super) api_credentials: Option<String>,
}

/// What a cluster may be.
#[derive(Debug, Args)]
#[command(next_help_heading = "Clusters", rename_all = "snake_case")]
pub(super) struct LimitFlags {
    /// The server of clusters whose owner names none: mariadb or mysql.
    #[arg(long, default_value = "mysql")]
    pub(super) default_flavor: Flavor,
    /// The most nodes that a cluster may have.
    #[arg(long, default_value_t = 32)]
    pub(super) max_nodes_per_cluster: u32,
    /// The least cpus of an instance.
    #[arg(long, default_value_t = 0.1)]
    pub(super) min_instance_cpus: f64,
    /// The least memory of an instance.
    #[arg(long, default_value = "256mb")]
    pub(super) min_instance_mem: Bytes,
    /// The least disk of an instance.
    #[arg(long, default_value = "512mb")]
    pub(super) min_instance_disk: Bytes,
}

/// What is told to people.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log", rename_all = "snake_case")]
pub(super) struct LogFlags {
    /// More lines in the log; the same as --log_level=debug.
    #[arg(long)]
    pub(super) verbose: bool,
    /// How much is logged: error, warn, info, debug, trace, or a filter like info,mesos_v1=debug.
    #[arg(long, default_value = "info")]
    pub(super) log_level: String,
    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(super) log_format: LogFormat,
}

impl Flags {
    /// Reads the command line; prints help or the error and leaves if there is nothing to run.
    pub(super) fn from_command_line() -> Self {
        Self::from_matches(&command().get_matches())
    }

    /// The same from given words, for tests.
    #[cfg(test)]
    pub(super) fn from_words(words: &[&str]) -> Result<Self, clap::Error> {
        let words = std::iter::once("mysos_scheduler").chain(words.iter().copied());
        command().try_get_matches_from(words).map(|matches| Self::from_matches(&matches))
    }

    fn from_matches(matches: &clap::ArgMatches) -> Self {
        let mut flags = Self::from_arg_matches(matches).unwrap_or_else(|error| error.exit());
        flags.zk_url_is_visible = matches.value_source("zk_url") == Some(ValueSource::CommandLine);
        flags
    }
}

/// The command with the second spelling and the environment name of each flag.
pub(super) fn command() -> clap::Command {
    Flags::command().mut_args(|arg| {
        let Some(long) = arg.get_long().map(str::to_owned) else { return arg };
        // Leaked once per flag and start: the library wants texts that live for ever.
        let env: &'static str = format!("MYSOS_{}", long.to_uppercase()).leak();
        let arg = if matches!(long.as_str(), "help" | "version") {
            arg
        } else {
            arg.env(env).hide_env_values(true)
        };
        if long.contains('_') { arg.alias(&*long.replace('_', "-").leak()) } else { arg }
    })
}
