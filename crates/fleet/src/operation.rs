//! Operations by name. The name says what it was for, so that an answer is understood also after a restart.

use std::{fmt, str::FromStr};

use mysos_model::wire::home::ReservationId;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Reserves resources.
    Reserve,
    /// Makes a volume.
    Create,
    /// Destroys a volume.
    Destroy,
    /// Gives a reservation back.
    Unreserve,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Reserve, Self::Create, Self::Destroy, Self::Unreserve];

    fn as_str(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Create => "create",
            Self::Destroy => "destroy",
            Self::Unreserve => "unreserve",
        }
    }
}

/// One operation of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What it does.
    pub kind: Kind,
    /// To which reservation.
    pub reservation: ReservationId,
    /// Told apart from other attempts by this.
    pub attempt: String,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.kind.as_str(), self.reservation, self.attempt)
    }
}

/// It is no operation of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an operation")]
pub struct NotOurs;

impl FromStr for Operation {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let mut parts = text.splitn(3, '.');
        let (Some(kind), Some(reservation), Some(attempt)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(NotOurs);
        };
        let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or(NotOurs)?;
        Ok(Self { kind, reservation: ReservationId(reservation.to_owned()), attempt: attempt.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_is_read_back_from_its_name() {
        for kind in Kind::ALL {
            let operation = Operation {
                kind,
                reservation: ReservationId("6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11".to_owned()),
                attempt: "7".to_owned(),
            };
            assert_eq!(operation.to_string().parse(), Ok(operation));
        }
        for foreign in ["", "reserve", "reserve.x", "launch.x.y"] {
            assert_eq!(foreign.parse::<Operation>(), Err(NotOurs));
        }
    }
}
