//! MySQL: the own server clones the donor's data into a directory beside its own. Not built yet, and said so.

use mysos_ha::action::Donor;

use super::{
    CopyError,
    receive::{Receiver, Talk},
};

impl Receiver {
    /// Clones while the donor consents.
    pub(super) fn clone_from(&self, donor: &Donor, talk: &Talk) -> Result<(), CopyError> {
        let own = &self.member.task.mysql_port;
        Err(talk.broken(&format!("copies between MySQL servers ({}, {own}) are not built yet", donor.mysql)))
    }
}
