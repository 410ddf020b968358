//! How many tests passed and failed, read from what the test runners print.

/// Passed and failed tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Takes a line into account: the summary of nextest, or that of one test program of cargo.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        let counts = if let Some(rest) = line.strip_prefix("test result:") {
            rest
        } else if line.starts_with("Summary [") && line.contains(" run: ") {
            line.split_once(" run: ").map_or("", |(_, counts)| counts)
        } else {
            return;
        };
        for part in counts.split([',', ';', '.']) {
            self.count(part);
        }
    }

    /// Adds `3 passed`, `1 failed`, `2 timed out`.
    fn count(&mut self, part: &str) {
        let mut words = part.split_whitespace().skip_while(|word| word.parse::<u64>().is_err());
        let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else { return };
        match words.next() {
            Some("passed") => self.passed += number,
            // What nextest could not start or had to end did not pass.
            Some("failed" | "timed" | "exec") => self.failed += number,
            _ => {}
        }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> Tally {
        let mut tally = Tally::default();
        for line in lines {
            tally.read(line);
        }
        tally
    }

    #[test]
    fn the_summary_of_nextest_is_read() {
        let line = "     Summary [  12.986s] 39 tests run: 36 passed (2 slow, 1 flaky), 1 failed, 2 timed out, 4 skipped";
        assert_eq!(tally(&[line, "  PASS [ 1s] 5 passed"]), Tally { passed: 36, failed: 3 });
        assert_eq!(
            tally(&["     Summary [   1.0s] 34/39 tests run: 33 passed, 1 failed, 0 skipped"]).passed,
            33
        );
    }

    #[test]
    fn the_results_of_several_programs_add_up() {
        let lines = [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.15s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.15s",
        ];
        assert_eq!(tally(&lines), Tally { passed: 15, failed: 2 });
    }
}
