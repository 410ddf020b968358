//! What crosses a wire besides the records: task data, saved state, bodies of the HTTP interface.

pub mod home;
pub mod mysos;
pub mod native;
pub mod state;
pub mod task_data;

pub use task_data::{Storage, TaskData};
