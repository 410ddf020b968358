//! Arithmetic on resources. Mesos counts scalars in thousandths, so this does
//! too: no sum of floating point numbers is ever compared. What is kept apart
//! from what: resources that differ in anything but their amount.

mod amount;
mod bag;
mod ranges;
mod take;

pub use self::amount::Amount;
pub use self::bag::Resources;
pub use self::ranges::{Range, Ranges};
pub use self::take::{Lack, Shortage, Taken, Wanted};

use crate::proto::resource::ReservationInfo;
use crate::proto::{Resource, value};

/// The role of resources that belong to nobody.
pub const NO_ROLE: &str = "*";

/// Reading of a single resource, in the format with `reservations` and in the
/// older one.
impl Resource {
    /// A scalar that belongs to nobody.
    pub fn scalar_of(name: &str, amount: Amount) -> Resource {
        Resource {
            name: name.to_owned(),
            r#type: value::Type::Scalar as i32,
            scalar: Some(value::Scalar { value: amount.as_f64() }),
            ..Default::default()
        }
    }

    /// Ranges that belong to nobody.
    pub fn ranges_of(name: &str, ranges: &Ranges) -> Resource {
        Resource {
            name: name.to_owned(),
            r#type: value::Type::Ranges as i32,
            ranges: Some(ranges.to_proto()),
            ..Default::default()
        }
    }

    /// The same resource reserved for a role, on top of what it is reserved for.
    #[must_use]
    pub fn reserved(mut self, reservation: ReservationInfo) -> Resource {
        self.reservations.push(reservation);
        self
    }

    /// Whom it is reserved for; `*` if for nobody.
    pub fn reserved_role(&self) -> &str {
        match self.reservations.last() {
            Some(current) => current.role(),
            None => self.role(),
        }
    }

    /// Whether it is reserved for a role.
    pub fn is_reserved(&self) -> bool {
        self.reserved_role() != NO_ROLE
    }

    /// Whether its reservation carries labels: somebody has plans for it.
    pub fn has_reservation_labels(&self) -> bool {
        self.reservations
            .iter()
            .chain(&self.reservation)
            .any(|reservation| reservation.labels.as_ref().is_some_and(|labels| !labels.labels.is_empty()))
    }

    /// The id of the persistent volume it is, if it is one.
    pub fn volume_id(&self) -> Option<&str> {
        Some(self.disk.as_ref()?.persistence.as_ref()?.id.as_str())
    }

    /// Whether any task may use it up: no volume, no disk of its own, not
    /// labelled, not shared, and nobody takes it back.
    pub fn is_plain(&self) -> bool {
        let own_disk = self
            .disk
            .as_ref()
            .is_some_and(|disk| disk.persistence.is_some() || disk.volume.is_some() || disk.source.is_some());
        !own_disk
            && !self.has_reservation_labels()
            && self.revocable.is_none()
            && self.shared.is_none()
            && self.provider_id.is_none()
    }
}

#[cfg(test)]
mod tests;
