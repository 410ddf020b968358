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
