//! The table: rows of failovers, the floor beside them, the targets, and where the time goes.

use std::{collections::BTreeMap, time::Duration};

use super::{Fault, stages::STAGES};
use crate::FailoverWish;

/// One failure.
pub(super) struct Run {
    pub(super) gap: Duration,
    pub(super) healthy: Duration,
    pub(super) lost: usize,
    pub(super) came_back: &'static str,
    pub(super) stages: Option<Vec<f64>>,
}

/// All of one kind.
pub(super) struct Row {
    pub(super) fault: Fault,
    pub(super) runs: Vec<Run>,
}

/// What the script took that knows at once, and what it lost.
pub(super) struct Floor {
    pub(super) gaps: Vec<Duration>,
    pub(super) lost: usize,
}

/// Prints one flavor.
pub(super) fn print(wish: &FailoverWish, version: &str, rows: &[Row], floor: &Floor) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "\nFailovers of a cluster of three on one machine with {cores} cores; programs built as {}; {version}.\n\
         Four writers at 25 writes a second each, each write waits for one of two. Seconds; the gap is the longest time\n\
         without an acknowledged write. The floor: the same option files, and a script that kills, elects, drains, opens\n\
         and points the other replica at the new primary, and knows at once that it has killed.\n",
        wish.profile
    );
    println!(
        "{:<28} {:>4} {:>8} {:>8} {:>8} {:>6} {:>12} {:>12}   target p50/p99",
        "", "runs", "gap p50", "p99", "max", "lost", "healthy p50", "healthy max"
    );
    for row in rows {
        line(row);
    }
    let name = "floor, by a script";
    let (p50, p99, max) = three(&floor.gaps);
    println!("{name:<28} {:>4} {p50:>8.3} {p99:>8.3} {max:>8.3} {:>6}", floor.gaps.len(), floor.lost);
    for row in rows {
        let (ours, _, _) = three(&gaps(row));
        println!("ratio to the floor, p50, {}: {:.2}", row.fault.name(), ours / p50);
    }
    for row in rows {
        came_back(row);
        breakdown(row);
    }
}

fn line(row: &Row) {
    let (p50, p99, max) = three(&gaps(row));
    let healthy: Vec<Duration> = row.runs.iter().map(|run| run.healthy).collect();
    let (well, _, late) = three(&healthy);
    let lost: usize = row.runs.iter().map(|run| run.lost).sum();
    let (target, worst) = row.fault.target();
    let verdict = if p50 <= target && p99 <= worst { "met" } else { "missed" };
    println!(
        "{:<28} {:>4} {p50:>8.3} {p99:>8.3} {max:>8.3} {lost:>6} {well:>12.1} {late:>12.1}   {target}/{worst} {verdict}",
        row.fault.name(),
        row.runs.len()
    );
}

fn gaps(row: &Row) -> Vec<Duration> {
    row.runs.iter().map(|run| run.gap).collect()
}

fn came_back(row: &Row) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for run in &row.runs {
        *counts.entry(run.came_back).or_default() += 1;
    }
    let words: Vec<String> = counts.iter().map(|(how, count)| format!("{count} {how}")).collect();
    println!("\n{}: the old primary came back: {}", row.fault.name(), words.join(", "));
}

/// The mean of each stage, over the runs whose journal tells them all.
fn breakdown(row: &Row) {
    let told: Vec<&Vec<f64>> = row.runs.iter().filter_map(|run| run.stages.as_ref()).collect();
    println!(
        "from the kill to a client's write, milliseconds, mean of {} runs by their journals:",
        told.len()
    );
    if told.is_empty() {
        return;
    }
    let mut whole = 0.0;
    for (place, (name, _)) in STAGES.iter().enumerate() {
        let mean = told.iter().map(|stages| stages[place]).sum::<f64>() / told.len() as f64;
        whole += mean;
        println!("  {name:<28} {mean:>7.0}");
    }
    println!("  {:<28} {whole:>7.0}", "all");
}

/// The middle, the 99th of a hundred, and the greatest: the smallest value that so many are not above.
fn three(of: &[Duration]) -> (f64, f64, f64) {
    let mut sorted: Vec<f64> = of.iter().map(Duration::as_secs_f64).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = |share: f64| {
        let place = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    };
    (rank(0.5), rank(0.99), rank(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_values_that_were_measured() {
        let all: Vec<Duration> = (1..=20).rev().map(Duration::from_secs).collect();
        assert_eq!(three(&all), (10.0, 20.0, 20.0));
        assert_eq!(three(&[Duration::from_secs(3)]), (3.0, 3.0, 3.0));
    }
}
