//! A run as text: the plan, then its event log. What is read back runs again, and gives the same bytes.

use mysos_model::Flavor;

use crate::{Fault, Kind, Mode, Plan, Shape, Target};

/// The first line of every file.
const HEAD: &str = "imagined cluster, format 1";
/// Between the plan and the log.
const LOG: &str = "log";

/// A text that is no saved run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The line, counted from 1.
    pub line: usize,
    /// What should stand there.
    pub expected: &'static str,
}

/// The text of a run of unbroken code.
pub fn write(plan: &Plan, log: &[String]) -> String {
    let Shape { size, flavor, acks } = plan.shape;
    let mut lines = vec![
        HEAD.to_owned(),
        format!("seed {}", plan.seed),
        format!("cluster {size} {flavor} {acks}"),
        format!("mode {}", mode_name(plan.mode)),
    ];
    lines.extend(plan.faults.iter().map(fault_line));
    lines.push(LOG.to_owned());
    lines.extend(log.iter().cloned());
    lines.join("\n") + "\n"
}

/// One fault, as it stands in a saved run.
pub fn fault_line(fault: &Fault) -> String {
    let target = match fault.target {
        Target::Primary => "primary".to_owned(),
        Target::Slot(slot) => format!("slot:{slot}"),
        Target::Acker(rank) => format!("acker:{rank}"),
        Target::Spare(rank) => format!("spare:{rank}"),
        Target::Role(role) => format!("role:{role}"),
    };
    format!("fault {} {} {target} {}", fault.at, fault.lasts, fault.kind.name())
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Single => "single",
        Mode::Combined => "combined",
        Mode::Long => "long",
    }
}

/// The plan of a saved run.
pub fn read(text: &str) -> Result<Plan, Malformed> {
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    expect(lines.next(), "the head of a saved run", |line| (line == HEAD).then_some(()))?;
    let seed = expect(lines.next(), "seed NUMBER", |line| line.strip_prefix("seed ")?.parse().ok())?;
    let shape = expect(lines.next(), "cluster SIZE FLAVOR ACKS", shape)?;
    let mode = expect(lines.next(), "mode single, combined or long", |line| {
        let name = line.strip_prefix("mode ")?;
        [Mode::Single, Mode::Combined, Mode::Long].into_iter().find(|mode| mode_name(*mode) == name)
    })?;
    let mut faults = Vec::new();
    for line in lines {
        if line.1 == LOG {
            return Ok(Plan { seed, shape, mode, faults, breakage: None });
        }
        faults.push(expect(Some(line), "fault AT LASTS WHOM WHAT, or log", fault)?);
    }
    Err(Malformed { line: text.lines().count() + 1, expected: "log" })
}

fn expect<T>(
    line: Option<(usize, &str)>,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Malformed> {
    let (line, text) = line.unwrap_or((1, ""));
    parse(text).ok_or(Malformed { line, expected })
}

fn shape(line: &str) -> Option<Shape> {
    let mut words = line.strip_prefix("cluster ")?.split(' ');
    let size = words.next()?.parse().ok().filter(|size| (1..=9).contains(size))?;
    let flavor: Flavor = words.next()?.parse().ok()?;
    Some(Shape { size, flavor, acks: words.next()?.parse().ok()? })
}

fn fault(line: &str) -> Option<Fault> {
    let mut words = line.strip_prefix("fault ")?.split(' ');
    let (at, lasts) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let target = match words.next()?.split_once(':') {
        None => Target::Primary,
        Some(("slot", slot)) => Target::Slot(slot.parse().ok()?),
        Some(("acker", rank)) => Target::Acker(rank.parse().ok()?),
        Some(("spare", rank)) => Target::Spare(rank.parse().ok()?),
        Some((_, role)) => Target::Role(role.parse().ok()?),
    };
    Some(Fault { at, lasts, target, kind: Kind::named(words.next()?)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for seed in 0..200 {
            let plan = Plan::of(seed);
            assert_eq!(read(&write(&plan, &["1 something".to_owned()])), Ok(plan));
        }
    }

    #[test]
    fn malformed_text_says_where() {
        let text = write(&Plan::of(3), &[]);
        let found = |text: &str| read(text).unwrap_err().line;
        assert_eq!(found(""), 1);
        assert_eq!(found(&text.replace("mode ", "mood ")), 4);
        assert_eq!(found(&text.replacen("fault ", "fault x", 1)), 5);
        assert!(found(text.trim_end().trim_end_matches("log")) > 5);
    }
}
