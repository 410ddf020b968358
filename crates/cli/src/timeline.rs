//! Lines of a journal as a person reads them: a paragraph for each recovery, each line with the time since its first.

use mysos_model::{Timestamp, wire::native::JournalLine};

/// A pause this long between two lines begins another paragraph: steps of one recovery follow each other faster.
const PAUSE_MS: u64 = 20_000;

/// The place in the story.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// The first line of this paragraph, and the last one.
    paragraph: Option<(Timestamp, Timestamp)>,
}

impl Timeline {
    /// Some lines.
    pub(crate) fn text(&mut self, lines: &[JournalLine]) -> String {
        if lines.is_empty() {
            return "nothing has happened yet".to_owned();
        }
        lines.iter().map(|line| self.line(line)).collect::<Vec<_>>().join("\n")
    }

    /// The next line. The first of a paragraph has its full time above it.
    pub(crate) fn line(&mut self, line: &JournalLine) -> String {
        let at = Timestamp::parse_rfc3339(&line.at).unwrap_or_default();
        let goes_on = self.paragraph.filter(|(_, last)| at.millis_since(*last) < PAUSE_MS);
        let first = goes_on.map_or(at, |(first, _)| first);
        let gap = if self.paragraph.is_some() { "\n" } else { "" };
        let head = if goes_on.is_some() { String::new() } else { format!("{gap}{}\n", line.at) };
        self.paragraph = Some((first, at.max(goes_on.map_or(at, |(_, last)| last))));
        format!("{head}{}", step(line, signed(at, first)))
    }
}

fn step(line: &JournalLine, offset: f64) -> String {
    let took = line.took_seconds.map(|took| format!(" ({took:.3} s)")).unwrap_or_default();
    format!(
        "  {offset:>+8.3} s  epoch {}  member {}  {:<11}  {}{took}",
        line.epoch, line.by, line.step, line.detail
    )
}

/// Members write by their own clocks, so a later line may have an earlier time.
fn signed(at: Timestamp, first: Timestamp) -> f64 {
    (at.millis_since(first) as f64 - first.millis_since(at) as f64) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: &str, by: u32, step: &str, took: Option<f64>) -> JournalLine {
        JournalLine {
            at: at.to_owned(),
            epoch: 2,
            turn: 5,
            by,
            step: step.to_owned(),
            detail: format!("what {step} means"),
            took_seconds: took,
        }
    }

    #[test]
    fn recoveries_are_paragraphs_and_their_lines_have_offsets() {
        let lines = [
            line("2026-05-04T08:00:00.100Z", 0, "exited", None),
            line("2026-05-04T08:00:00.130Z", 1, "electing", Some(0.004)),
            line("2026-05-04T08:00:00.090Z", 2, "revoked", Some(0.1)),
            line("2026-05-04T09:00:00.000Z", 2, "exited", None),
        ];
        insta::assert_snapshot!(Timeline::default().text(&lines));
    }

    #[test]
    fn an_empty_journal_says_so() {
        assert_eq!(Timeline::default().text(&[]), "nothing has happened yet");
    }
}
