//! The server's process: where its program is, its option file, its first start, its life and its log.

pub(crate) mod init;
pub(crate) mod locate;
pub(crate) mod log;
pub(crate) mod options;
pub(crate) mod process;
