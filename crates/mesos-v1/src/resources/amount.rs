//! A scalar as Mesos counts it: in thousandths.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// An amount of cpus, megabytes or whatever a scalar counts, in thousandths.
/// It is never negative; a difference stops at zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount(0);

    /// So many thousandths.
    pub const fn from_thousandths(thousandths: u64) -> Self {
        Amount(thousandths)
    }

    /// So many whole ones.
    pub const fn from_whole(whole: u64) -> Self {
        Amount(whole.saturating_mul(1000))
    }

    /// The nearest thousandth. What is no number, or negative, is nothing.
    pub fn from_f64(value: f64) -> Self {
        // The cast saturates, and takes a NaN for zero.
        Amount((value * 1000.0).round() as u64)
    }

    /// In thousandths.
    pub const fn thousandths(self) -> u64 {
        self.0
    }

    /// As the protocol has it.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// The rest, or nothing.
    #[must_use]
    pub const fn less(self, other: Amount) -> Amount {
        Amount(self.0.saturating_sub(other.0))
    }

    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1000, self.0 % 1000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{rest:03}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl Add for Amount {
    type Output = Amount;

    fn add(self, other: Amount) -> Amount {
        Amount(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Amount) {
        *self = *self + other;
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Amount>>(amounts: I) -> Amount {
        amounts.fold(Amount::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tenths_add_up_exactly() {
        let sum: Amount = (0..10).map(|_| Amount::from_f64(0.1)).sum();
        assert_eq!(sum, Amount::from_whole(1));
    }

    #[test]
    fn what_is_no_amount_is_nothing() {
        for value in [f64::NAN, -1.0, f64::NEG_INFINITY, 0.0004] {
            assert_eq!(Amount::from_f64(value), Amount::ZERO);
        }
    }

    #[test]
    fn amount_is_shown_without_needless_digits() {
        let shown: Vec<String> =
            [0, 1000, 1500, 10, 1234].map(|n| Amount::from_thousandths(n).to_string()).to_vec();
        assert_eq!(shown, ["0", "1", "1.5", "0.01", "1.234"]);
    }

    proptest! {
        #[test]
        fn protocol_and_back_is_the_same(thousandths in 0_u64..1 << 50) {
            let amount = Amount::from_thousandths(thousandths);
            prop_assert_eq!(Amount::from_f64(amount.as_f64()), amount);
        }
    }
}
