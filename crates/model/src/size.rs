//! What one instance may use: cpus in thousandths, memory and disk in bytes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Bytes, written by users as an integer with a unit in powers of 1024 (`512mb`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bytes(pub u64);

/// Bytes of one mebibyte, the unit in which Mesos counts memory and disk.
pub const MIB: u64 = 1 << 20;

impl Bytes {
    /// Whole mebibytes, rounded up: what is asked of Mesos is never less than what was asked of us.
    pub fn mib(self) -> u64 {
        self.0.div_ceil(MIB)
    }
}

/// Why a text is no amount of bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a size; write an integer and a unit, such as \"512mb\" or \"2gb\"")]
pub struct BytesError(String);

impl FromStr for Bytes {
    type Err = BytesError;

    /// `k kb m mb g gb t tb b` in either case, blanks around it ignored; digits alone are bytes.
    fn from_str(text: &str) -> Result<Self, BytesError> {
        let wrong = || BytesError(text.chars().take(40).collect());
        let trimmed = text.trim();
        let end = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
        let (digits, unit) = trimmed.split_at(end);
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        let shift = match unit.trim_start().to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kb" => 10,
            "m" | "mb" => 20,
            "g" | "gb" => 30,
            "t" | "tb" => 40,
            _ => return Err(wrong()),
        };
        number.checked_mul(1 << shift).map(Bytes).ok_or_else(wrong)
    }
}

impl fmt::Display for Bytes {
    /// With the largest unit that loses nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shift, unit) in [(40, "tb"), (30, "gb"), (20, "mb"), (10, "kb")] {
            if self.0 != 0 && self.0.is_multiple_of(1 << shift) {
                return write!(f, "{}{unit}", self.0 >> shift);
            }
        }
        write!(f, "{}b", self.0)
    }
}

impl TryFrom<String> for Bytes {
    type Error = BytesError;
    fn try_from(text: String) -> Result<Self, BytesError> {
        text.parse()
    }
}

impl From<Bytes> for String {
    fn from(bytes: Bytes) -> String {
        bytes.to_string()
    }
}

/// Cpus in thousandths, the precision of Mesos.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MilliCpus(pub u64);

impl MilliCpus {
    /// From a number of cpus as users write it; `None` if it is negative, not finite or absurdly large.
    pub fn from_cpus(cpus: f64) -> Option<Self> {
        // 100,000 cpus is beyond any machine; it keeps the product exact.
        (cpus.is_finite() && (0.0..=100_000.0).contains(&cpus)).then(|| Self((cpus * 1000.0).round() as u64))
    }

    /// As a number of cpus.
    pub fn cpus(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

/// What one instance may use, the executor's own share included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSize {
    /// Cpus in thousandths.
    pub cpus: MilliCpus,
    /// Memory.
    pub mem: Bytes,
    /// Disk for data, logs and the executor's files.
    pub disk: Bytes,
}

impl Default for InstanceSize {
    /// The original's default: 1 cpu, 512 MiB, 2 GiB.
    fn default() -> Self {
        Self { cpus: MilliCpus(1000), mem: Bytes(512 * MIB), disk: Bytes(2048 * MIB) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_powers_of_1024_in_either_case() {
        for (text, bytes) in
            [("512mb", 512 * MIB), (" 2GB ", 2048 * MIB), ("1k", 1024), ("7", 7), ("3 tb", 3 << 40)]
        {
            assert_eq!(text.parse::<Bytes>().unwrap().0, bytes, "{text}");
        }
        for bad in ["", "mb", "512xb", "-1mb", "1.5gb", "99999999999999999999", "99999999tb", "1 2"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn printed_sizes_parse_back(bytes in any::<u64>()) {
            prop_assert_eq!(Bytes(bytes).to_string().parse::<Bytes>().unwrap(), Bytes(bytes));
        }

        #[test]
        fn garbage_is_refused_without_panic(text in ".{0,40}") {
            let _ = text.parse::<Bytes>();
        }
    }
}
