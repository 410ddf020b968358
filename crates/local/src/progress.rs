//! What a person sees while something long goes on, and their word that it shall end.
use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells what is being done, and carries an interruption to whoever waits.
pub struct Progress {
    say: Box<dyn Fn(&str) + Send + Sync>,
    interrupted: AtomicBool,
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").field("interrupted", &self.interrupted).finish_non_exhaustive()
    }
}

impl Progress {
    /// Tells each line to a function.
    pub fn new(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { say: Box::new(say), interrupted: AtomicBool::new(false) }
    }

    /// Tells each line on standard error, after a word that says who speaks.
    pub fn stderr(who: &'static str) -> Self {
        Self::new(move |line| {
            // Nobody reads: no reason to stop.
            let _ = writeln!(std::io::stderr(), "{who}: {line}");
        })
    }

    /// Tells nothing.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Tells one line.
    pub fn say(&self, line: impl AsRef<str>) {
        (self.say)(line.as_ref());
    }

    /// Asks what is going on to end soon.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked for an end.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}
