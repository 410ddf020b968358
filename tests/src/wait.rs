//! Waiting for a condition, with a deadline and a sentence.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

/// Between two looks.
const AGAIN: Duration = Duration::from_millis(50);

/// Asks until it is `Ok`, and answers what it found. Panics with the last `Err` when time is over.
pub fn wait_until<T, E: Debug>(what: &str, within: Duration, mut look: impl FnMut() -> Result<T, E>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(last) if start.elapsed() > within => {
                panic!("waited {within:?} for this: {what}. Last seen: {last:?}")
            }
            Err(_) => std::thread::sleep(AGAIN),
        }
    }
}
