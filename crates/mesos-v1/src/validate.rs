//! Required fields. The decoder takes a missing one for its default, and the
//! encoder sends it so; Mesos then refuses the whole message, or worse, does
//! not. So what comes in and what goes out is looked at here.

mod executor;
mod scheduler;
mod task;

use thiserror::Error;

pub(crate) use self::executor::own_status;
pub use self::executor::{executor_call, executor_event};
pub use self::scheduler::{scheduler_call, scheduler_event};

/// Bytes of the uuid of a status.
pub const UUID_BYTES: usize = 16;

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{field} {fault}")]
pub struct Invalid {
    /// Where.
    pub field: &'static str,
    /// What.
    pub fault: &'static str,
}

type Checked = Result<(), Invalid>;

#[allow(clippy::fn_params_excessive_bools, reason = "the condition itself, as in an assertion")]
fn ensure(holds: bool, field: &'static str, fault: &'static str) -> Checked {
    if holds { Ok(()) } else { Err(Invalid { field, fault }) }
}

fn present<'a, T>(field: Option<&'a T>, name: &'static str) -> Result<&'a T, Invalid> {
    field.ok_or(Invalid { field: name, fault: "is missing" })
}

fn not_empty(text: &str, name: &'static str) -> Checked {
    ensure(!text.is_empty(), name, "is missing")
}

/// The rules that Mesos has for the ids a framework chooses, or the agent
/// could not make a directory of it.
fn own_id(text: &str, name: &'static str) -> Checked {
    not_empty(text, name)?;
    ensure(text.len() <= 255, name, "is longer than 255 bytes")?;
    let is_path = text == "." || text == ".." || text.contains('/');
    ensure(!is_path && !text.chars().any(char::is_control), name, "has a slash or a control character")
}

fn uuid(bytes: &[u8], name: &'static str) -> Checked {
    ensure(bytes.len() == UUID_BYTES, name, "is not the 16 bytes of a uuid")
}

/// A uuid that we made. Mesos looks at its version, too: any sixteen bytes
/// will not do.
fn own_uuid(bytes: &[u8], name: &'static str) -> Checked {
    uuid(bytes, name)?;
    let version = bytes.get(6).map_or(0, |byte| byte >> 4);
    ensure((1..=5).contains(&version), name, "is not a uuid of version 1 to 5")
}

/// Makes a uuid (of version 4) out of sixteen random bytes.
pub fn uuid_from_random(mut bytes: [u8; UUID_BYTES]) -> Vec<u8> {
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = 0x40 | *version & 0x0f;
    *variant = 0x80 | *variant & 0x3f;
    bytes.to_vec()
}

#[cfg(test)]
mod tests;
