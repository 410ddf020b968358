//! Links between pages: the file is there, and so is the heading.
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::sources::Source;
use crate::terminal;

/// All links that lead nowhere.
pub(super) fn complaints(sources: &[Source]) -> Vec<String> {
    let pages = sources.iter().filter(|source| is_page(source));
    pages.flat_map(|page| of_page(page, sources)).collect()
}

fn is_page(source: &Source) -> bool {
    source.path.extension().is_some_and(|extension| extension == "md")
}

fn of_page(page: &Source, sources: &[Source]) -> Vec<String> {
    let path = page.path.display();
    targets(&page.text)
        .filter_map(|(line, target)| {
            let why = broken(page, target, sources)?;
            Some(format!("{path}:{line}: `{target}`: {why}"))
        })
        .collect()
}

/// Each link of a page that is not an address of the web, with its line. Code is left out.
fn targets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    let prose = text.lines().enumerate().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    prose
        .flat_map(|(index, line)| {
            line.split("](").skip(1).filter_map(move |rest| Some((index + 1, rest.split_once(')')?.0)))
        })
        .filter(|(_, target)| !target.contains("://") && !target.starts_with("mailto:"))
}

/// Why a link leads nowhere.
fn broken(page: &Source, target: &str, sources: &[Source]) -> Option<&'static str> {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        page.path.clone()
    } else {
        plain(&page.path.parent().unwrap_or(Path::new("")).join(file))
    };
    let known = sources.iter().find(|source| source.path == path);
    if known.is_none() && !terminal::repository().join(&path).exists() {
        return Some("there is no such file");
    }
    let headed = heading.is_empty() || known.is_some_and(|source| headings(&source.text).contains(heading));
    (!headed).then_some("there is no such heading")
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            _ => plain.push(part),
        }
    }
    plain
}

/// The names of all headings, as pages refer to them.
fn headings(text: &str) -> BTreeSet<String> {
    let slug = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    text.lines().filter(|line| line.starts_with('#')).map(slug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.to_owned() }
    }

    #[test]
    fn a_link_to_a_file_or_heading_that_is_not_there_is_found() {
        let pages = [
            page("docs/one.md", "see [two](two.md#what-is-it), [root](../README.md#x), [gone](gone.md)\n"),
            page("docs/two.md", "## What is *it*?\n[self](#what-is-it) [web](https://x.example/none.md)\n"),
        ];
        let found = complaints(&pages);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`../README.md#x`: there is no such heading"));
        assert!(found[1].contains("docs/one.md:1: `gone.md`: there is no such file"));
    }

    #[test]
    fn code_has_no_links() {
        assert_eq!(targets("```\n[a](b)\n```\n[c](d)\n").collect::<Vec<_>>(), [(4, "d")]);
    }
}
