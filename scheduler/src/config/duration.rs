//! Spans of time as people write them, in the spelling of the original (`60s`, `14d`, `1h30m`) and in that of Mesos
//! (`60secs`, `14days`, `1.5hrs`).

use std::time::Duration;

/// Mesos itself cannot keep more than 292 years; nobody needs one hundred.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Reads a span; the error says how to write one.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = |what: &str| {
        format!("{text:?} is not a span of time: {what}; write 60s, 15m, 2h, 14d or 60secs, 14days")
    };
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong("it is empty"));
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| wrong("a number is missing"))?;
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        total += number * seconds_of(unit).ok_or_else(|| wrong("the unit is missing or unknown"))?;
        rest = tail.trim_start();
    }
    let span = Duration::try_from_secs_f64(total).ok().filter(|span| *span <= LONGEST);
    span.ok_or_else(|| wrong("it is longer than a hundred years"))
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 0.001,
        "s" | "sec" | "secs" => 1.0,
        "m" | "min" | "mins" => 60.0,
        "h" | "hr" | "hrs" => 3600.0,
        "d" | "day" | "days" => 86_400.0,
        "w" | "week" | "weeks" => 7.0 * 86_400.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        for (text, seconds) in [
            ("60s", 60.0),
            ("60secs", 60.0),
            ("14d", 14.0 * 86_400.0),
            ("14days", 14.0 * 86_400.0),
            ("1m", 60.0),
            ("15mins", 900.0),
            ("1.5hrs", 5400.0),
            ("1h30m", 5400.0),
            (" 2weeks ", 14.0 * 86_400.0),
            ("500ms", 0.5),
            ("0s", 0.0),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
    }

    #[test]
    fn what_has_no_unit_is_refused_with_an_example() {
        for text in ["", "60", "s", "-1s", "1x", "1s2", "1..5s", "99999999d", "s60"] {
            let error = parse_duration(text).unwrap_err();
            assert!(error.contains("write 60s"), "{text}: {error}");
        }
    }
}
