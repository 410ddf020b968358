//! Counts wrong credentials and wrong cluster passwords per address, to slow down guessing.
//!
//! A fixed table of counters: however many addresses knock, it takes the same memory and no lock. Two addresses may
//! share a counter; then they are slowed down together, for a minute at most.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
};

use mysos_model::Timestamp;

/// Failures allowed within a window.
const ALLOWED: u32 = 10;
/// Length of a window.
const WINDOW_SECONDS: u64 = 60;
/// Counters: 32 KiB, and sharing is rare below some hundred guessing addresses.
const COUNTERS: usize = 4096;

/// The counters. Each holds the second its window began, shifted by 32 bits, and the failures in it.
pub(super) struct Failures {
    counters: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl Failures {
    /// Nobody has failed yet.
    pub(super) fn new() -> Self {
        Self { counters: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(), hasher: RandomState::new() }
    }

    /// Seconds that an address has to wait; `None` if it may try.
    pub(super) fn wait_seconds(&self, address: IpAddr, now: Timestamp) -> Option<u64> {
        let (began, count) = unpack(self.counter(address)?.load(Ordering::Relaxed));
        let age = seconds(now).checked_sub(began)?;
        (count >= ALLOWED && age < WINDOW_SECONDS).then(|| WINDOW_SECONDS - age)
    }

    /// One more failure.
    pub(super) fn note(&self, address: IpAddr, now: Timestamp) {
        let Some(counter) = self.counter(address) else { return };
        let _ = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |packed| {
            let (began, count) = unpack(packed);
            let fresh = seconds(now).checked_sub(began).is_none_or(|age| age >= WINDOW_SECONDS);
            Some(if fresh { pack(seconds(now), 1) } else { pack(began, count.saturating_add(1)) })
        });
    }

    fn counter(&self, address: IpAddr) -> Option<&AtomicU64> {
        let hash = self.hasher.hash_one(address) as usize;
        self.counters.get(hash % COUNTERS)
    }
}

fn seconds(at: Timestamp) -> u64 {
    (at.0 / 1000) & u64::from(u32::MAX)
}

fn pack(began: u64, count: u32) -> u64 {
    (began << 32) | u64::from(count)
}

fn unpack(packed: u64) -> (u64, u32) {
    (packed >> 32, packed as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_failure_of_a_minute_waits_until_the_minute_is_over() {
        let failures = Failures::new();
        let (guesser, other) = ("127.0.0.9".parse().unwrap(), "127.0.0.8".parse().unwrap());
        let start = Timestamp(1_777_881_600_000);
        for second in 0..10 {
            let now = Timestamp(start.0 + second * 1000);
            assert_eq!(failures.wait_seconds(guesser, now), None);
            failures.note(guesser, now);
        }
        assert_eq!(failures.wait_seconds(guesser, Timestamp(start.0 + 10_000)), Some(50));
        assert_eq!(failures.wait_seconds(guesser, Timestamp(start.0 + 60_000)), None);
        failures.note(guesser, Timestamp(start.0 + 60_000));
        assert_eq!(failures.wait_seconds(guesser, Timestamp(start.0 + 61_000)), None);
        assert_eq!(failures.wait_seconds(other, start), None);
    }
}
