//! The pages for people: whole without scripts, every link relative, everything escaped by `maud`.

mod clusters;
mod layout;
#[cfg(test)]
mod tests;

pub(crate) use clusters::clusters;
pub(crate) use layout::{STYLE, connecting};
