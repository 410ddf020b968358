//! Waiting for a condition, with a deadline.
use std::thread;
use std::time::{Duration, Instant};

/// Between two looks: short beside the fastest server's start (0.3 s), and cheap.
const PAUSE: Duration = Duration::from_millis(40);

/// Asks until there is an answer; `None` when the time is over.
pub(crate) fn wait_for<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(PAUSE);
    }
}

/// Asks until it is so; whether it was in time.
pub(crate) fn wait_until(limit: Duration, mut ask: impl FnMut() -> bool) -> bool {
    wait_for(limit, || ask().then_some(())).is_some()
}

/// A process that is just becoming another program shows neither environment nor arguments for an instant, so one look
/// over all processes may miss it; three in a row do not.
const QUIET_LOOKS: u32 = 3;

/// Looks until there is nothing, several times in a row; whether it was in time.
pub(crate) fn wait_until_quiet(limit: Duration, mut is_quiet: impl FnMut() -> bool) -> bool {
    let mut looks = 0;
    wait_until(limit, || {
        looks = if is_quiet() { looks + 1 } else { 0 };
        looks >= QUIET_LOOKS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_look_that_finds_nothing_is_not_enough() {
        let mut looks = [true, false, true, true, true].into_iter();
        assert!(wait_until_quiet(Duration::from_secs(10), || looks.next().unwrap()));
        assert_eq!(looks.next(), None);
    }

    #[test]
    fn what_never_comes_ends_with_its_time() {
        assert_eq!(wait_for(Duration::from_millis(1), || None::<()>), None);
    }
}
