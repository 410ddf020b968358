//! Sets of numbers as ranges, ports above all. Kept sorted, apart from each
//! other and not empty, so that equal sets are equal.

use std::fmt;

use crate::proto::value;

/// From `begin` to `end`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The first number.
    pub begin: u64,
    /// The last number.
    pub end: u64,
}

/// A set of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<Range>);

impl Ranges {
    /// No number.
    pub const EMPTY: Ranges = Ranges(Vec::new());

    /// The ranges, in order.
    pub fn iter(&self) -> impl Iterator<Item = Range> + '_ {
        self.0.iter().copied()
    }

    /// Every single number, in order.
    pub fn numbers(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().flat_map(|range| range.begin..=range.end)
    }

    /// How many numbers. The set of all is one short of the truth.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|range| (range.end - range.begin).saturating_add(1)).fold(0, u64::saturating_add)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all numbers of another set are in this one.
    pub fn contains(&self, other: &Ranges) -> bool {
        other.minus(self).is_empty()
    }

    /// The numbers of both.
    #[must_use]
    pub fn plus(&self, other: &Ranges) -> Ranges {
        self.iter().chain(other.iter()).collect()
    }

    /// The numbers that the other set has not.
    #[must_use]
    pub fn minus(&self, other: &Ranges) -> Ranges {
        other.iter().fold(self.clone(), Ranges::without)
    }

    /// The lowest numbers, as many as asked for or all there are.
    #[must_use]
    pub fn lowest(&self, count: u64) -> Ranges {
        let mut missing = count;
        let mut lowest = Vec::new();
        for range in self.iter() {
            let Some(further) = missing.checked_sub(1) else { break };
            let end = range.end.min(range.begin.saturating_add(further));
            missing -= end - range.begin + 1;
            lowest.push(Range { begin: range.begin, end });
        }
        Ranges(lowest)
    }

    fn without(self, cut: Range) -> Ranges {
        let pieces = self.0.into_iter().flat_map(|range| {
            let before = (range.begin < cut.begin)
                .then(|| Range { begin: range.begin, end: range.end.min(cut.begin.saturating_sub(1)) });
            let after = (range.end > cut.end)
                .then(|| Range { begin: range.begin.max(cut.end.saturating_add(1)), end: range.end });
            before.into_iter().chain(after)
        });
        Ranges(pieces.collect())
    }

    /// From the protocol, where ranges may overlap. Those that end before
    /// they begin are nothing.
    pub fn from_proto(ranges: &value::Ranges) -> Ranges {
        ranges.range.iter().map(|range| Range { begin: range.begin, end: range.end }).collect()
    }

    /// As the protocol has it.
    pub fn to_proto(&self) -> value::Ranges {
        let range = self.iter().map(|range| value::Range { begin: range.begin, end: range.end });
        value::Ranges { range: range.collect() }
    }
}

impl FromIterator<Range> for Ranges {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Ranges {
        let mut sorted: Vec<Range> = ranges.into_iter().filter(|range| range.begin <= range.end).collect();
        sorted.sort_unstable();
        let mut merged: Vec<Range> = Vec::with_capacity(sorted.len());
        for range in sorted {
            match merged.last_mut() {
                Some(last) if range.begin <= last.end.saturating_add(1) => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        Ranges(merged)
    }
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.iter().map(|range| format!("{}-{}", range.begin, range.end)).collect();
        write!(f, "[{}]", texts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn ranges(pairs: &[(u64, u64)]) -> Ranges {
        pairs.iter().map(|&(begin, end)| Range { begin, end }).collect()
    }

    fn set(ranges: &Ranges) -> BTreeSet<u64> {
        ranges.numbers().collect()
    }

    #[test]
    fn touching_and_overlapping_ranges_become_one() {
        assert_eq!(ranges(&[(5, 6), (1, 2), (3, 3), (6, 9), (12, 11)]), ranges(&[(1, 3), (5, 9)]));
        assert_eq!(ranges(&[(5, 9), (1, 3)]).to_string(), "[1-3,5-9]");
    }

    #[test]
    fn ends_of_the_numbers_are_no_trap() {
        let all = ranges(&[(0, u64::MAX)]);
        assert_eq!(all.minus(&ranges(&[(0, 0), (u64::MAX, u64::MAX)])), ranges(&[(1, u64::MAX - 1)]));
        assert_eq!(all.count(), u64::MAX);
        assert_eq!(all.plus(&all), all);
    }

    fn some_ranges() -> impl Strategy<Value = Ranges> {
        vec((0_u64..40, 0_u64..8), 0..6).prop_map(|pairs| {
            pairs.into_iter().map(|(begin, more)| Range { begin, end: begin + more }).collect()
        })
    }

    proptest! {
        #[test]
        fn ranges_are_sets(a in some_ranges(), b in some_ranges(), n in 0_u64..50) {
            let (x, y) = (set(&a), set(&b));
            prop_assert_eq!(set(&a.plus(&b)), x.union(&y).copied().collect::<BTreeSet<_>>());
            prop_assert_eq!(set(&a.minus(&b)), x.difference(&y).copied().collect::<BTreeSet<_>>());
            prop_assert_eq!(a.contains(&b), x.is_superset(&y));
            prop_assert_eq!(a.count(), x.len() as u64);
            prop_assert_eq!(set(&a.lowest(n)), x.iter().copied().take(n as usize).collect::<BTreeSet<_>>());
            prop_assert_eq!(x == y, a == b);
            prop_assert_eq!(Ranges::from_proto(&a.to_proto()), a);
        }
    }
}
