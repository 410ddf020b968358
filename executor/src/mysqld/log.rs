//! The last lines of a server's log, for people: bounded, and without what could be a secret.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// How much of the end of a log is read: a start that fails writes far less.
const TAIL_BYTES: u64 = 64 * 1024;
/// How many lines are passed on: a status message of Mesos is read in a table.
const LINES: usize = 8;
/// How much of a line is passed on.
const LINE_CHARS: usize = 300;
/// A log that has grown to this is put aside at the next start.
const ROTATE_BYTES: u64 = 16 * 1024 * 1024;

/// What marks a line as the reason of an end.
const GRAVE: [&str; 4] = ["[ERROR]", "ERROR:", "FATAL", "got signal"];
/// The last line of a server that cannot begin. Why it cannot, such as an option that it does not know, may
/// stand before it without a mark; what stands behind it is advice of its installer.
const GIVES_UP: &str = "[ERROR] Aborting";
/// What marks a line as no reason for anything.
const HARMLESS: [&str; 3] = ["[Note]", "[Warning]", "[System]"];

/// The last lines that tell of errors, of what was written after the first `from` bytes; the last lines of
/// all if none does. Empty when there is nothing to read.
pub(crate) fn last_lines(path: &Path, from: u64) -> String {
    let text = tail(path, from).unwrap_or_default();
    let mut chosen: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if chosen.iter().any(|line| is_grave(line) && !line.ends_with(GIVES_UP)) {
        chosen.retain(|line| is_grave(line));
    } else if let Some(end) = chosen.iter().position(|line| line.ends_with(GIVES_UP)) {
        chosen.truncate(end + 1);
        chosen.retain(|line| !HARMLESS.iter().any(|mark| line.contains(mark)));
    }
    let first = chosen.len().saturating_sub(LINES);
    chosen.iter().skip(first).map(|line| redact(line)).collect::<Vec<_>>().join("\n")
}

/// Before a start: a log that has grown too long is put aside, for one generation. Says where the new lines
/// will begin.
pub(crate) fn begin(path: &Path) -> u64 {
    let length = path.metadata().map_or(0, |file| file.len());
    if length > ROTATE_BYTES && std::fs::rename(path, path.with_extension("log.1")).is_ok() {
        return 0;
    }
    length
}

fn is_grave(line: &str) -> bool {
    GRAVE.iter().any(|mark| line.contains(mark))
}

fn tail(path: &Path, from: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    // A log that is shorter than it was has been begun anew.
    let from = if from > length { 0 } else { from };
    file.seek(SeekFrom::Start(from.max(length.saturating_sub(TAIL_BYTES))))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Cuts a line, and masks what is quoted behind a word that speaks of passwords. Servers do not write
/// passwords into their logs; but they quote statements.
fn redact(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let words = ["identified", "password(", "password ="];
    let Some(at) = words.iter().filter_map(|word| lower.find(word)).min() else { return cut(line) };
    let (plain, secret) = line.split_at(at);
    cut(&format!("{plain}{}", mask(secret)))
}

/// Everything between quotes becomes `***`; a quote that never ends hides the rest.
fn mask(text: &str) -> String {
    let mut masked = String::new();
    let mut open: Option<char> = None;
    for c in text.chars() {
        match open {
            Some(quote) if c == quote => {
                masked.push_str("***");
                masked.push(c);
                open = None;
            }
            Some(_) => {}
            None => {
                masked.push(c);
                open = matches!(c, '\'' | '"').then_some(c);
            }
        }
    }
    masked
}

fn cut(line: &str) -> String {
    line.chars().take(LINE_CHARS).filter(|c| !c.is_control() || *c == '\t').collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "files of a test need not be durable")]

    use super::*;

    fn log(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn errors_are_preferred_and_the_last_ones_come() {
        let text =
            (0..20).fold(String::new(), |text, n| text + &format!("{n} [Note] fine\n{n} [ERROR] bad\n"));
        let lines = last_lines(log(&text).path(), 0);
        assert_eq!(lines.lines().count(), LINES);
        assert!(lines.starts_with("12 [ERROR] bad") && lines.ends_with("19 [ERROR] bad"), "{lines}");
    }

    #[test]
    fn without_errors_the_last_lines_come() {
        assert_eq!(last_lines(log("one\n\ntwo\n").path(), 0), "one\ntwo");
        assert_eq!(last_lines(Path::new("/nowhere/error.log"), 0), "");
    }

    #[test]
    fn a_reason_without_a_mark_is_found_among_marked_lines() {
        let text = "1 [Warning] w\n/usr/sbin/mariadbd: unknown variable 'x=1'\n1 [ERROR] Aborting\ngo ask\n";
        let lines = "/usr/sbin/mariadbd: unknown variable 'x=1'\n1 [ERROR] Aborting";
        assert_eq!(last_lines(log(text).path(), 0), lines);
    }

    #[test]
    fn lines_of_an_earlier_start_are_left_out() {
        let file = log("[ERROR] old\nnew\n");
        assert_eq!(last_lines(file.path(), 12), "new");
        assert_eq!(last_lines(file.path(), 9_999), "[ERROR] old", "the log was begun anew");
    }

    #[test]
    fn long_logs_and_lines_are_cut() {
        let text = format!("[ERROR] lost\n{}[ERROR] {}\n", "x\n".repeat(50_000), "y".repeat(1000));
        let lines = last_lines(log(&text).path(), 0);
        assert_eq!(lines.chars().count(), LINE_CHARS);
        assert!(!lines.contains("lost"));
    }

    #[test]
    fn what_could_be_a_password_is_masked() {
        for (line, shown) in [
            (
                "near CREATE USER 'a'@'%' IDENTIFIED BY 's3c''ret'",
                "near CREATE USER 'a'@'%' IDENTIFIED BY '***''***'",
            ),
            ("x identified via p using \"s3cret", "x identified via p using \""),
            ("SET PASSWORD = 's3cret' ok", "SET PASSWORD = '***' ok"),
            ("denied for 'a' (using password: YES)", "denied for 'a' (using password: YES)"),
        ] {
            assert_eq!(redact(line), shown);
        }
    }
}
