//! Full jitter: each wait is drawn between nothing and a bound that doubles.
//! Draws from a generator of its own, so a seed makes it repeatable.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

/// The waits of one client.
#[derive(Debug)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    failures: u32,
    chance: SmallRng,
}

impl Backoff {
    /// Bounds of `base`, twice that, and so on up to `cap`. Without a seed the
    /// system gives one.
    pub fn new(base: Duration, cap: Duration, seed: Option<u64>) -> Self {
        let chance = seed.map_or_else(rand::make_rng, SmallRng::seed_from_u64);
        Backoff { base, cap, failures: 0, chance }
    }

    /// The wait after one failure more.
    pub fn after_failure(&mut self) -> Duration {
        let bound = self.bound();
        self.failures = self.failures.saturating_add(1);
        self.between(Duration::ZERO, bound)
    }

    /// The bound of the next wait.
    pub fn bound(&self) -> Duration {
        let factor = 2_u32.checked_pow(self.failures).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }

    /// Starts over, because it went well for long enough.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// A wait between two bounds, without counting a failure.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        if least >= most { least } else { self.chance.random_range(least..=most) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // As the scheduler's client has them.
    const BASE: Duration = Duration::from_millis(500);
    const CAP: Duration = Duration::from_secs(15);

    #[test]
    fn bounds_double_up_to_the_cap_and_start_over() {
        let mut backoff = Backoff::new(BASE, CAP, Some(1));
        let mut bounds = Vec::new();
        for _ in 0..7 {
            bounds.push(backoff.bound().as_millis());
            backoff.after_failure();
        }
        assert_eq!(bounds, [500, 1000, 2000, 4000, 8000, 15000, 15000]);
        backoff.reset();
        assert_eq!(backoff.bound(), BASE);
    }

    #[test]
    fn waits_stay_within_the_bound_and_spread_over_it() {
        let mut backoff = Backoff::new(CAP, CAP, Some(7));
        let waits: Vec<Duration> = (0..1000).map(|_| backoff.after_failure()).collect();
        assert!(waits.iter().all(|wait| *wait <= CAP));
        assert!(waits.iter().any(|wait| *wait < CAP / 10));
        assert!(waits.iter().any(|wait| *wait > CAP * 9 / 10));
    }

    #[test]
    fn same_seed_gives_the_same_waits() {
        let draw = || {
            let mut backoff = Backoff::new(BASE, CAP, Some(42));
            (0..10).map(|_| backoff.after_failure()).collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
    }

    #[test]
    fn failures_without_end_do_not_overflow() {
        let mut backoff = Backoff::new(BASE, CAP, Some(1));
        backoff.failures = u32::MAX;
        assert!(backoff.after_failure() <= CAP);
    }
}
