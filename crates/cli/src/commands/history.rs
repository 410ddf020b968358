//! `mysos history`: what the members of a cluster did, step by step.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    time::Duration,
};

use clap::Args;
use mysos_model::{ClusterName, wire::native::JournalLine};

use crate::{
    client::Api,
    failure::Failure,
    output::{self, Format},
    target::Target,
    timeline::Timeline,
};

/// Between two looks: a person sees no difference, and the scheduler answers from memory.
const LOOK: Duration = Duration::from_millis(500);

/// `mysos history`
#[derive(Debug, Args)]
pub(crate) struct History {
    /// The cluster.
    name: ClusterName,
    /// Only lines from this time on, such as 2026-05-04T08:00:00.000Z.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Go on, and print each further line as it comes; with `--output json` one object a line.
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    target: Target,
}

/// Prints it.
pub(crate) async fn run(arguments: History) -> Result<(), Failure> {
    let api = arguments.target.api()?;
    let (journal, body) = api.journal(&arguments.name, arguments.since.as_deref()).await?;
    if arguments.follow {
        return follow(&api, &arguments, journal.lines).await;
    }
    match arguments.target.output {
        Format::Text => {
            output::result(Format::Text, &journal, |journal| Timeline::default().text(&journal.lines))?;
        }
        // As the scheduler wrote it: a newer one may say more than this program knows.
        Format::Json => writeln!(io::stdout(), "{body}")?,
    }
    Ok(())
}

/// Prints what is there and what comes, until the cluster is gone.
async fn follow(api: &Api, arguments: &History, mut lines: Vec<JournalLine>) -> Result<(), Failure> {
    let mut timeline = Timeline::default();
    let mut told: BTreeSet<String> = BTreeSet::new();
    loop {
        let shown: BTreeSet<String> = lines.iter().map(|line| format!("{line:?}")).collect();
        for line in lines.iter().filter(|line| !told.contains(&format!("{line:?}"))) {
            let text = match arguments.target.output {
                Format::Text => timeline.line(line),
                Format::Json => serde_json::to_string(line).unwrap_or_default(),
            };
            writeln!(io::stdout(), "{text}")?;
        }
        // What the scheduler has forgotten does not come again.
        told = shown;
        tokio::time::sleep(LOOK).await;
        lines = match api.journal(&arguments.name, arguments.since.as_deref()).await {
            Ok((journal, _)) => journal.lines,
            Err(Failure::NotFound { .. }) => return Ok(()),
            // The scheduler may restart meanwhile; the cluster does not mind.
            Err(failure) if failure.is_passing() => lines,
            Err(failure) => return Err(failure),
        };
    }
}
