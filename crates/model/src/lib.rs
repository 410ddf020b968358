//! The vocabulary of Mysos: names, records and everything that crosses a wire or a disk.
//!
//! This crate knows nothing: no I/O, no clock, no chance, no other crate of ours. Everything that two
//! rooms of the house must agree on stands here, and a value is checked once, where it is parsed.

pub mod epoch;
pub mod flavor;
pub mod gtid;
pub mod name;
pub mod place;
pub mod problem;
pub mod record;
pub mod secret;
pub mod size;
pub mod spec;
pub mod time;
pub mod wire;

pub use epoch::{Epoch, Generation, Term, Turn};
pub use flavor::Flavor;
pub use gtid::GtidSet;
pub use name::{ClusterName, ClusterUser, DataId, InstanceId, NameError, Ordinal, TaskId};
pub use place::{Endpoint, Host};
pub use problem::{Problem, ProblemCode, Severity};
pub use secret::Password;
pub use size::{Bytes, InstanceSize, MilliCpus};
pub use spec::{ClusterSpec, Durability};
pub use time::{Dice, Timestamp};
