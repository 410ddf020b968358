//! Time as data, and chance as data: the pure crates get both as arguments.

use std::{fmt, ops::Add, time::Duration};

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch. The shell reads clocks; everything else is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Milliseconds from `earlier` to this, 0 if the clock went back.
    pub fn millis_since(self, earlier: Timestamp) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Time from `earlier` to this, zero if the clock went back.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.millis_since(earlier))
    }

    /// RFC 3339 in UTC with milliseconds, as every answer shows times.
    pub fn rfc3339(self) -> String {
        let (days, ms) = ((self.0 / 86_400_000) as i64, self.0 % 86_400_000);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
    }
}

impl Timestamp {
    /// The time that [`rfc3339`](Self::rfc3339) wrote; seconds may lack their fraction. Nothing else is read.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        let (time, ms) = time.split_once('.').unwrap_or((time, "000"));
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
        let [ms] = numbers(ms, '.', [3])?;
        let days = u64::try_from(days(year as i64, month as i64, day as i64)).ok()?;
        let read = Self(days * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000 + ms);
        // A day or an hour that there is not would be written as another.
        read.rfc3339().starts_with(&format!("{date}T{time}")).then_some(read)
    }
}

/// Numbers of exactly these widths.
fn numbers<const N: usize>(text: &str, between: char, widths: [usize; N]) -> Option<[u64; N]> {
    let mut parts = text.split(between);
    let mut read = [0; N];
    for (number, width) in read.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(read)
}

/// The reverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Days since 1970-01-01 as year, month, day of the proleptic Gregorian calendar.
/// Counts in 400-year eras that begin on 1 March, so that leap days come last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468; // from 0000-03-01
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(span.as_millis() as u64))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// A seeded generator for order and jitter in the pure crates (splitmix64). Never for secrets or ids:
/// those are drawn by the shell from the system's random source.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The same seed gives the same throws.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.next_u64() % end }
    }

    /// A span within ±`percent` of `span`.
    pub fn jitter(&mut self, span: Duration, percent: u64) -> Duration {
        let ms = span.as_millis() as u64;
        let width = ms * percent / 100;
        Duration::from_millis(ms - width.min(ms) + self.below(2 * width + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_print_as_rfc3339() {
        assert_eq!(Timestamp(0).rfc3339(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(1_777_881_600_123).rfc3339(), "2026-05-04T08:00:00.123Z");
        assert_eq!(Timestamp(951_782_400_000).rfc3339(), "2000-02-29T00:00:00.000Z");
    }

    #[test]
    fn what_was_printed_is_read_again() {
        for ms in [0, 1_777_881_600_123, 951_782_400_000, 4_107_542_399_999] {
            assert_eq!(Timestamp::parse_rfc3339(&Timestamp(ms).rfc3339()), Some(Timestamp(ms)));
        }
        assert_eq!(Timestamp::parse_rfc3339("1970-01-01T00:00:01Z"), Some(Timestamp(1000)));
        for wrong in [
            "",
            "now",
            "2026-02-30T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.1Z",
            "+026-01-01T00:00:00Z",
            "2026-01-01T00:00:00+01:00",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_throws() {
        let (mut a, mut b) = (Dice::new(7), Dice::new(7));
        let throws: Vec<u64> = (0..4).map(|_| a.below(100)).collect();
        assert_eq!(throws, (0..4).map(|_| b.below(100)).collect::<Vec<_>>());
    }

    #[test]
    fn jitter_stays_within_its_width() {
        let mut dice = Dice::new(1);
        for _ in 0..1000 {
            let span = dice.jitter(Duration::from_secs(1), 20).as_millis();
            assert!((800..=1200).contains(&span));
        }
    }
}
