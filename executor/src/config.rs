//! Flags of the executor. What a member is told comes with its task; what the agent says is in the
//! environment (`mesos_v1::executor::Environment`).

use clap::{Parser, ValueEnum};

/// Runs one member of a MySQL cluster: its mysqld, its replication, its part in failover, its place in
/// ZooKeeper. Started by a Mesos agent for a task of mysos_scheduler, never by hand.
#[derive(Debug, Parser)]
#[command(name = "mysos_executor", version, about, long_about = None)]
pub(crate) struct Flags {
    /// How log lines look: for people, or one JSON object a line.
    #[arg(long = "log_format", env = "MYSOS_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,

    /// What is logged: error, warn, info, debug or trace, also by module (`info,mysos_executor=debug`).
    #[arg(long = "log_level", env = "MYSOS_LOG_LEVEL", default_value = "info")]
    pub(crate) log_level: String,

    /// The most that a copy which this member gives or takes may move, in MiB a second; 0: no bound.
    #[arg(long = "copy_rate", env = "MYSOS_COPY_RATE", default_value_t = 0)]
    pub(crate) copy_rate: u32,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Begins to log to stderr, which the agent keeps in the sandbox.
pub(crate) fn start_log(flags: &Flags) {
    let filter = tracing_subscriber::EnvFilter::try_new(&flags.log_level)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match flags.log_format {
        LogFormat::Text => log.with_ansi(false).init(),
        LogFormat::Json => log.json().init(),
    }
}
