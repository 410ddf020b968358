//! MySQL's sets: intervals of numbers per server uuid and, since 8.3, per tag:
//! `uuid:1-5:7:tag:1-3, uuid:…`.

use std::{collections::BTreeMap, fmt};

use super::{GtidError, malformed};

/// The greatest number a MySQL server gives to a transaction.
const MAX_NUMBER: u64 = i64::MAX as u64 - 1;
/// The longest tag of a MySQL server, in characters.
const MAX_TAG_CHARS: usize = 32;

/// A server uuid in its usual form, lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerUuid(u128);

impl ServerUuid {
    /// Reads 8-4-4-4-12 hexadecimal digits of either case.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = String::with_capacity(32);
        for (group, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
            let part = text.split('-').nth(group).filter(|part| part.len() == length)?;
            digits.push_str(part);
        }
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hexadecimal || text.len() != 36 {
            return None;
        }
        u128::from_str_radix(&digits, 16).ok().map(Self)
    }
}

impl fmt::Display for ServerUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [time_low, time_mid, time_high, clock, node] =
            [(96, u32::MAX.into()), (80, 0xffff), (64, 0xffff), (48, 0xffff), (0, 0xffff_ffff_ffff)]
                .map(|(shift, mask): (u32, u128)| (self.0 >> shift) & mask);
        write!(f, "{time_low:08x}-{time_mid:04x}-{time_high:04x}-{clock:04x}-{node:012x}")
    }
}

/// Numbers as closed intervals: in order, apart by more than one, never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Intervals(Vec<(u64, u64)>);

impl Intervals {
    /// Sorts and joins what overlaps or touches.
    fn from_unordered(mut spans: Vec<(u64, u64)>) -> Self {
        spans.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::with_capacity(spans.len());
        for (start, end) in spans {
            match joined.last_mut() {
                Some((_, last)) if start <= last.saturating_add(1) => *last = end.max(*last),
                _ => joined.push((start, end)),
            }
        }
        Self(joined)
    }

    fn contains(&self, other: &Self) -> bool {
        other.0.iter().all(|(start, end)| {
            let after = self.0.partition_point(|(begin, _)| begin <= start);
            after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|(_, last)| last >= end)
        })
    }

    fn union(&self, other: &Self) -> Self {
        Self::from_unordered(self.0.iter().chain(&other.0).copied().collect())
    }

    fn minus(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        let mut holes = other.0.iter().peekable();
        for &(start, end) in &self.0 {
            let mut from = start;
            while holes.next_if(|(_, last)| *last < from).is_some() {}
            // A hole may reach into the next interval too: it is looked at, not taken.
            let mut ahead = holes.clone();
            while let Some(&(first, last)) = ahead.next_if(|(first, _)| *first <= end) {
                if first > from {
                    left.push((from, first - 1));
                }
                from = last.saturating_add(1);
            }
            if from <= end {
                left.push((from, end));
            }
        }
        Self(left)
    }
}

/// Who gave the numbers: a server, and the tag that the transaction was given, empty for none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Source {
    server: ServerUuid,
    tag: String,
}

/// Intervals per server uuid and tag. No source without a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct MySqlGtids {
    sources: BTreeMap<Source, Intervals>,
}

impl MySqlGtids {
    pub(super) fn parse(text: &str) -> Result<Self, GtidError> {
        let mut spans: BTreeMap<Source, Vec<(u64, u64)>> = BTreeMap::new();
        for element in text.split(',').map(str::trim).filter(|element| !element.is_empty()) {
            parse_element(element, &mut spans)?;
        }
        let sources =
            spans.into_iter().map(|(source, spans)| (source, Intervals::from_unordered(spans))).collect();
        Ok(Self { sources })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    pub(super) fn count(&self) -> u64 {
        let spans = self.sources.values().flat_map(|intervals| &intervals.0);
        spans.fold(0, |sum, (first, last)| sum.saturating_add(last - first + 1))
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        other
            .sources
            .iter()
            .all(|(source, theirs)| self.sources.get(source).is_some_and(|mine| mine.contains(theirs)))
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut sources = self.sources.clone();
        for (source, theirs) in &other.sources {
            let mine = sources.entry(source.clone()).or_default();
            *mine = mine.union(theirs);
        }
        Self { sources }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let rest = |(source, mine): (&Source, &Intervals)| {
            let left = other.sources.get(source).map_or_else(|| mine.clone(), |theirs| mine.minus(theirs));
            (!left.0.is_empty()).then(|| (source.clone(), left))
        };
        Self { sources: self.sources.iter().filter_map(rest).collect() }
    }
}

/// Reads `uuid:interval…[:tag:interval…]…` into `spans`.
fn parse_element(element: &str, spans: &mut BTreeMap<Source, Vec<(u64, u64)>>) -> Result<(), GtidError> {
    let mut parts = element.split(':').map(str::trim);
    let server = parts
        .next()
        .and_then(ServerUuid::parse)
        .ok_or_else(|| malformed("set of MySQL transactions: uuid:first-last", element))?;
    let mut source = Source { server, tag: String::new() };
    let mut counted = false;
    for part in parts {
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            spans.entry(source.clone()).or_default().push(parse_span(part)?);
            counted = true;
        } else {
            source.tag = parse_tag(part)?;
            counted = false;
        }
    }
    if counted { Ok(()) } else { Err(malformed("uuid or tag with numbers after it", element)) }
}

fn parse_span(text: &str) -> Result<(u64, u64), GtidError> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let span = (number(first), number(last));
    match span {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err(malformed("interval of transaction numbers from 1 up", text)),
    }
}

fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && (1..=MAX_NUMBER).contains(number))
}

fn parse_tag(text: &str) -> Result<String, GtidError> {
    let tag = text.to_ascii_lowercase();
    let letters = tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins = tag.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if letters && begins && tag.len() <= MAX_TAG_CHARS {
        return Ok(tag);
    }
    Err(malformed("tag of a MySQL transaction", text))
}

/// One element per server, its tags after its untagged numbers, as MySQL writes it.
impl fmt::Display for MySqlGtids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut current = None;
        for (Source { server, tag }, intervals) in &self.sources {
            if current != Some(*server) {
                let comma = if current.is_some() { "," } else { "" };
                write!(f, "{comma}{server}")?;
                current = Some(*server);
            }
            if !tag.is_empty() {
                write!(f, ":{tag}")?;
            }
            for (first, last) in &intervals.0 {
                if first == last { write!(f, ":{first}")? } else { write!(f, ":{first}-{last}")? }
            }
        }
        Ok(())
    }
}
