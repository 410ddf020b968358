//! `mysos local up|down|status`: the whole stack on this machine.
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use mysos_local::{
    Flavor, Grace, Lifetime, Net, Options, Progress, Report, RoleState, Scheduler, Stack, Status,
};

use crate::output::{self, Format};

/// How often a foreground stack looks for its end: a person does not notice, the machine neither.
const LOOK: Duration = Duration::from_millis(300);
/// `status` of a stack that does not answer as a whole.
const NOT_WHOLE: u8 = 3;

/// What can be done with a stack.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start what does not run yet, and print how to reach it when all of it answers.
    Up(Up),
    /// End all of it, database servers included. Its state stays for the next start.
    Down(Down),
    /// Print what runs. The exit code is 3 when something does not.
    Status(Target),
}

/// Which stack, and how to print.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The directory of the stack.
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

/// `mysos local up`
#[derive(Debug, Args)]
pub(crate) struct Up {
    #[command(flatten)]
    target: Target,
    /// Mesos agents [default: 3]
    #[arg(long, value_name = "N")]
    agents: Option<u8>,
    /// Mesos masters, an odd number [default: 1]
    #[arg(long, value_name = "N")]
    masters: Option<u8>,
    /// The database server of clusters that ask for none [default: mariadb]
    #[arg(long, value_enum)]
    flavor: Option<FlavorName>,
    /// Return when all of it answers, instead of staying until a signal and ending it.
    #[arg(long)]
    detach: bool,
    /// The addresses, 256 of them [default: 127.0.0.0/24]
    #[arg(long, value_name = "A.B.C.0/24")]
    net: Option<Net>,
    /// What each agent offers, as Mesos writes it.
    #[arg(long)]
    resources: Option<String>,
    #[command(flatten)]
    scheduler: SchedulerArguments,
}

/// Of our own programs.
#[derive(Debug, Args)]
struct SchedulerArguments {
    /// Where mysos_scheduler and mysos_executor are, if not beside this program.
    #[arg(long = "bin_dir", alias = "bin-dir", value_name = "DIR")]
    bin_dir: Option<PathBuf>,
    /// A further flag for the scheduler, as NAME=VALUE; may be repeated.
    #[arg(long = "scheduler_flag", alias = "scheduler-flag", value_name = "NAME=VALUE")]
    scheduler_flag: Vec<String>,
    /// Leave the scheduler out, for work on it.
    #[arg(long, conflicts_with_all = ["bin_dir", "scheduler_flag"])]
    without_scheduler: bool,
}

impl SchedulerArguments {
    fn wish(self) -> Scheduler {
        if self.without_scheduler {
            Scheduler::Without
        } else {
            Scheduler::Run { bin_dir: self.bin_dir, flags: self.scheduler_flag }
        }
    }
}

/// `mysos local down`
#[derive(Debug, Args)]
pub(crate) struct Down {
    #[command(flatten)]
    target: Target,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FlavorName {
    Mariadb,
    Mysql,
}

/// Runs one of them.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(arguments) => up(arguments),
        Command::Down(arguments) => down(&arguments.target),
        Command::Status(target) => status(&target),
    }
}

fn up(arguments: Up) -> anyhow::Result<ExitCode> {
    let format = arguments.target.output;
    let options = options(arguments);
    let progress = Arc::new(Progress::stderr("mysos local"));
    interrupt_on_signals(&progress)?;
    let stack = Stack::up(&options, &progress)?;
    output::result(format, &stack.report()?, describe)?;
    match options.lifetime {
        Lifetime::Detached => Ok(ExitCode::SUCCESS),
        Lifetime::Attached => stay(stack, &options, &progress),
    }
}

fn options(arguments: Up) -> Options {
    Options {
        dir: arguments.target.dir,
        net: arguments.net,
        agents: arguments.agents,
        masters: arguments.masters,
        flavor: arguments.flavor.map(|flavor| match flavor {
            FlavorName::Mariadb => Flavor::Mariadb,
            FlavorName::Mysql => Flavor::Mysql,
        }),
        resources: arguments.resources,
        scheduler: arguments.scheduler.wish(),
        lifetime: if arguments.detach { Lifetime::Detached } else { Lifetime::Attached },
    }
}

/// Turns the signals that end a program into an interruption of what goes on.
fn interrupt_on_signals(progress: &Arc<Progress>) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut signals = {
        let _inside = runtime.enter();
        [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal)
    };
    let progress = Arc::clone(progress);
    let watch = move || {
        let [interrupt, terminate, hangup] = &mut signals;
        let (Ok(interrupt), Ok(terminate), Ok(hangup)) = (interrupt, terminate, hangup) else { return };
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
        });
        progress.interrupt();
    };
    thread::Builder::new().name("signals".to_owned()).spawn(watch).context("cannot watch for signals")?;
    Ok(())
}

/// Stays until a signal, or until somebody else takes the stack down.
fn stay(stack: Stack, options: &Options, progress: &Progress) -> anyhow::Result<ExitCode> {
    progress.say("it runs until this program ends; end it with Ctrl-C");
    while !progress.is_interrupted() {
        thread::sleep(LOOK);
        let now = Stack::open(&options.dir)?;
        if now.is_none_or(|now| now.processes().is_empty()) {
            progress.say("somebody else took it down");
            return Ok(ExitCode::SUCCESS);
        }
    }
    progress.say("ending all of it");
    stack.end(Grace::Clean, progress)?;
    Ok(ExitCode::SUCCESS)
}

fn down(target: &Target) -> anyhow::Result<ExitCode> {
    let ended = Stack::down(&target.dir, Grace::Clean, &Progress::stderr("mysos local"))?;
    output::result(target.output, &ended, |ended| {
        format!("ended {} processes, {} of them by SIGKILL", ended.processes, ended.killed)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn status(target: &Target) -> anyhow::Result<ExitCode> {
    let stack = Stack::open(&target.dir)?;
    let stack = stack.with_context(|| format!("no stack in {}", target.dir.display()))?;
    let status = stack.status()?;
    output::result(target.output, &status, describe_states)?;
    Ok(if status.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(NOT_WHOLE) })
}

fn describe(report: &Report) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<10} {value}");
    };
    line("API", report.api.as_deref().unwrap_or("none: the scheduler was left out"));
    line("ZooKeeper", &report.zk_url);
    line("Mesos", &report.mesos_master);
    for agent in &report.agents {
        line(&agent.name, &agent.address);
    }
    line("logs", &report.dir.join("log").display().to_string());
    line("to end it", &format!("mysos local down --dir {}", report.dir.display()));
    text.trim_end().to_owned()
}

fn describe_states(status: &Status) -> String {
    let word = |state: &RoleState| match state {
        RoleState::Answers => "answers",
        RoleState::Silent => "runs, does not answer",
        RoleState::Ended => "does not run",
    };
    let states = status.states.iter().map(|(role, state)| format!("{role:<10} {}", word(state)));
    let states: Vec<String> = states.collect();
    format!("{}\n\n{}", states.join("\n"), describe(&status.report))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(subcommand)]
        command: Command,
    }

    fn wish(line: &str) -> Options {
        match Line::parse_from(line.split(' ')).command {
            Command::Up(arguments) => options(arguments),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_interface_that_scripts_rely_on_is_kept() {
        let line = "mysos up --dir /tmp/x --agents 2 --flavor mysql --masters 3 --detach --output json";
        let options = wish(line);
        assert_eq!((options.agents, options.masters), (Some(2), Some(3)));
        assert_eq!(options.flavor, Some(Flavor::Mysql));
        assert_eq!(options.lifetime, Lifetime::Detached);
        for line in ["mysos down --dir /tmp/x", "mysos status --dir /tmp/x --output json"] {
            Line::parse_from(line.split(' '));
        }
    }

    #[test]
    fn both_spellings_of_a_flag_are_read() {
        for flag in ["--bin_dir", "--bin-dir"] {
            let scheduler = wish(&format!("mysos up --dir /tmp/x {flag} /y --scheduler_flag a=b")).scheduler;
            assert_eq!(
                scheduler,
                Scheduler::Run { bin_dir: Some("/y".into()), flags: vec!["a=b".to_owned()] }
            );
        }
        assert_eq!(wish("mysos up --dir /tmp/x --without-scheduler").scheduler, Scheduler::Without);
    }
}
