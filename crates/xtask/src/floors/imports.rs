//! What the standard library offers is in no manifest: the pure packages are read for it.
use std::path::Path;

use crate::sources::Source;

/// The packages without I/O, clock and chance.
static PURE: [&str; 3] = ["crates/model/src", "crates/fleet/src", "crates/ha/src"];
/// What these do not name.
static BANNED: [&str; 7] = [
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "std::env",
    "std::thread",
    "std::time::Instant",
];

/// The lines of a pure package that name something impure.
pub(super) fn complaints(source: &Source) -> Vec<String> {
    if !source.is_rust() || !PURE.iter().any(|pure| source.path.starts_with(Path::new(pure))) {
        return Vec::new();
    }
    let code = source.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let named =
        code.filter_map(|(index, line)| Some((index, BANNED.iter().find(|banned| line.contains(**banned))?)));
    named
        .map(|(index, banned)| {
            format!("{}:{}: `{banned}` in a pure package", source.path.display(), index + 1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pure_package_that_reads_a_file_is_found_and_a_comment_is_not() {
        let text = "//! Not std::fs.\nuse std::fs;\n".to_owned();
        let source = Source { path: "crates/ha/src/x.rs".into(), text: text.clone() };
        assert_eq!(complaints(&source), ["crates/ha/src/x.rs:2: `std::fs` in a pure package"]);
        let elsewhere = Source { path: "crates/zk/src/x.rs".into(), text };
        assert!(complaints(&elsewhere).is_empty());
    }
}
