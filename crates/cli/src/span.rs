//! Spans of time as people write them: `90s`, `5m`, `1h`.

use std::time::Duration;

/// Reads one.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a span of time; write 90s, 5m or 1h");
    let end = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (digits, unit) = text.split_at(end);
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_unit() {
        assert_eq!(parse("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
        for bad in ["", "5", "m", "5 m", "-1s", "1d", "99999999999999999999h", "9999999999999999999h"] {
            assert!(parse(bad).unwrap_err().contains("5m"), "{bad}");
        }
    }
}
