//! What the user reads: results on standard output, as text or JSON, and all else on standard error.
use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one object.
    Json,
}

/// Prints a result in the wanted format.
pub(crate) fn result<T: Serialize>(
    format: Format,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> io::Result<()> {
    let shown = match format {
        Format::Text => text(value),
        Format::Json => serde_json::to_string(value)?,
    };
    writeln!(io::stdout(), "{shown}")
}

/// Prints an error with all its causes, each once.
pub(crate) fn error(error: &anyhow::Error) {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    // Nobody reads: nothing can be done about it.
    let _ = writeln!(io::stderr(), "mysos: {text}");
}
