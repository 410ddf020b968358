//! Shows what goes on, on standard error: lines that change in place on a terminal, else one line for each change.

use std::{
    collections::BTreeSet,
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// A list of lines that changes.
pub(crate) enum Display {
    /// On a terminal.
    Live(Live),
    /// Elsewhere.
    Plain(Plain),
}

/// Lines that change in place.
pub(crate) struct Live {
    screen: MultiProgress,
    lines: Vec<ProgressBar>,
}

/// One line for each change, with the seconds since the start.
pub(crate) struct Plain {
    began: Instant,
    told: BTreeSet<String>,
}

impl Display {
    /// Nothing to show yet.
    pub(crate) fn start() -> Self {
        if io::stderr().is_terminal() {
            return Self::Live(Live { screen: MultiProgress::new(), lines: Vec::new() });
        }
        Self::Plain(Plain { began: Instant::now(), told: BTreeSet::new() })
    }

    /// What is true now.
    pub(crate) fn show(&mut self, lines: &[String]) {
        match self {
            Self::Live(live) => live.show(lines),
            Self::Plain(plain) => plain.show(lines),
        }
    }
}

impl Live {
    fn show(&mut self, lines: &[String]) {
        while self.lines.len() < lines.len() {
            let line = self.screen.add(ProgressBar::new_spinner());
            // The style is a constant of ours; without it the line looks plainer.
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                line.set_style(style);
            }
            line.enable_steady_tick(TICK);
            self.lines.push(line);
        }
        for extra in self.lines.drain(lines.len()..) {
            extra.finish_and_clear();
        }
        for (line, text) in self.lines.iter().zip(lines) {
            line.set_message(text.clone());
        }
    }
}

/// The result says more than the last lines of the way there.
impl Drop for Live {
    fn drop(&mut self) {
        for line in &self.lines {
            line.finish_and_clear();
        }
    }
}

impl Plain {
    fn show(&mut self, lines: &[String]) {
        let seconds = self.began.elapsed().as_secs();
        for line in lines.iter().filter(|line| !self.told.contains(*line)) {
            // Nobody reads: nothing can be done about it.
            let _ = writeln!(io::stderr(), "[{seconds:>4} s] {line}");
        }
        self.told = lines.iter().cloned().collect();
    }
}
