//! How each server is started, and how to see that it answers.
mod answers;
mod commands;

pub(crate) use answers::{Question, agent_ids};
pub(crate) use commands::{Context, launch, mesos_master, place};
