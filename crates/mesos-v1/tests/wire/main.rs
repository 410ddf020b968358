//! The bytes on the wire, against a scripted server: faults that a real
//! master or agent cannot be made to show.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may fail loudly"
)]

mod calls;
mod executor;
mod executor_ends;
mod http;
mod liveness;
mod redirects;
mod scheduler;
mod streams;
