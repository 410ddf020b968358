//! Durations as Mesos writes them: a number and a unit, like `15mins`.

use std::time::Duration;

/// Units and their seconds.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("ms", 1e-3),
    ("secs", 1.0),
    ("mins", 60.0),
    ("hrs", 3600.0),
    ("days", 86_400.0),
    ("weeks", 604_800.0),
];

/// Reads a duration; `None` if it is not one, or negative.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(digits);
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * seconds).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_units_are_known() {
        for (text, nanoseconds) in [
            ("1ns", 1),
            ("2us", 2_000),
            ("500ms", 500_000_000),
            ("5secs", 5_000_000_000),
            ("15mins", 900_000_000_000),
            ("1.5hrs", 5_400_000_000_000),
            ("1days", 86_400_000_000_000),
            ("2weeks", 1_209_600_000_000_000),
            ("0ns", 0),
        ] {
            assert_eq!(parse_duration(text).unwrap().as_nanos(), nanoseconds, "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "5", "secs", "-5secs", "5s", "5 secs", "1e3secs", "1.2.3secs", "5secsx"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            parse_duration(&text);
        }

        #[test]
        fn huge_numbers_do_not_panic(digits in "[0-9.]{1,400}", unit in 0_usize..8) {
            parse_duration(&format!("{digits}{}", UNITS[unit].0));
        }
    }
}
