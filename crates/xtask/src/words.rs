//! Words and paths that do not belong into the repository: it speaks of the project alone, and works on any machine.
use anyhow::Result;

use crate::sources::{self, Source};

/// Something not to write, and what to do instead. Patterns are split so that this file does not contain them.
struct Word {
    pattern: &'static str,
    /// Whether it counts only where a path begins.
    path: Path,
    instead: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Path {
    Absolute,
    Anything,
}

const REGISTRY: &str = "take the address of a registry from the machine's own configuration";
const MACHINE: &str =
    "no path of one machine: take it from an argument, the environment or a temporary directory";

static WORDS: &[Word] = &[
    Word { pattern: concat!("pypi", ".org"), path: Path::Anything, instead: REGISTRY },
    Word { pattern: concat!("python", "hosted.org"), path: Path::Anything, instead: REGISTRY },
    Word { pattern: concat!("registry.", "npmjs"), path: Path::Anything, instead: REGISTRY },
    Word { pattern: concat!("deb.", "debian.org"), path: Path::Anything, instead: REGISTRY },
    Word { pattern: concat!("index.", "crates.io"), path: Path::Anything, instead: REGISTRY },
    Word { pattern: concat!("static.", "crates.io"), path: Path::Anything, instead: REGISTRY },
    Word { pattern: concat!("repo1.", "maven"), path: Path::Anything, instead: REGISTRY },
    Word { pattern: concat!("/wo", "rk/"), path: Path::Absolute, instead: MACHINE },
    Word { pattern: concat!("/ro", "ot/"), path: Path::Absolute, instead: MACHINE },
    Word { pattern: concat!("/ho", "me/"), path: Path::Absolute, instead: MACHINE },
];

/// Made by cargo, which writes its registry into it.
const EXEMPT: [&str; 1] = ["Cargo.lock"];

/// Checks all text files.
pub(crate) fn run() -> Result<()> {
    let sources = sources::all()?;
    let named = sources.iter().filter(|source| !EXEMPT.iter().any(|exempt| source.path.ends_with(exempt)));
    sources::verdict("words", &named.flat_map(complaints).collect::<Vec<_>>())
}

fn complaints(source: &Source) -> Vec<String> {
    let path = source.path.display();
    let mut found = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for word in WORDS.iter().filter(|word| word.is_in(line)) {
            found.push(format!("{path}:{}: `{}`: {}", index + 1, word.pattern, word.instead));
        }
    }
    found
}

impl Word {
    fn is_in(&self, line: &str) -> bool {
        line.match_indices(self.pattern).any(|(at, _)| self.path == Path::Anything || begins_a_path(line, at))
    }
}

/// Whether nothing of a path stands before.
fn begins_a_path(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|before| before.chars().next_back());
    before.is_none_or(|before| !(before.is_alphanumeric() || "_-.}>*/~)$".contains(before)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        complaints(&Source { path: "x".into(), text: text.to_owned() }).len()
    }

    #[test]
    fn a_path_of_this_machine_is_found_and_a_part_of_another_is_not() {
        assert_eq!(found(concat!("see \"/wo", "rk/main\"")), 1);
        assert_eq!(found(concat!("/ro", "ot/.cache")), 1);
        assert_eq!(found(concat!("agent-1/wo", "rk/slaves, {dir}/wo", "rk/x and <DIR>/wo", "rk/")), 0);
    }

    #[test]
    fn the_host_of_a_registry_is_found() {
        assert_eq!(found(concat!("https://pypi", ".org/simple")), 1);
        assert_eq!(found("the registry that pip is configured for"), 0);
    }
}
