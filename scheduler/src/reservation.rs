//! Reservations and volumes of ours, as Mesos has them: how one is known in an offer, and how resources become one.

use mesos_v1::proto::{
    Label, Labels, Resource, Volume,
    resource::{DiskInfo, ReservationInfo, disk_info::Persistence, reservation_info},
    volume,
};
use mysos_model::wire::home::ReservationId;

/// Where a volume is mounted, below the sandbox. One segment: the agent mounts nothing at a deeper path.
pub(crate) const CONTAINER_PATH: &str = "volume";
/// The label that names the installation of Mysos.
pub(crate) const INSTALLATION: &str = "mysos.installation";
/// The label that names the reservation.
const RESERVATION: &str = "mysos.reservation";

/// Whose a resource is, if a Mysos reserved it or made a volume of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The reservation.
    pub(crate) reservation: ReservationId,
    /// The installation. A volume on what an operator reserved has no labels.
    pub(crate) installation: Option<String>,
}

/// Who has a resource reserved; `None`: no Mysos.
pub(crate) fn owner(resource: &Resource) -> Option<Owner> {
    let labels = resource.reservations.last().and_then(|reservation| reservation.labels.as_ref());
    let label = |key: &str| {
        let found = labels?.labels.iter().find(|label| label.key == key)?;
        found.value.clone()
    };
    if let Some(reservation) = label(RESERVATION) {
        return Some(Owner { reservation: ReservationId(reservation), installation: label(INSTALLATION) });
    }
    if labels.is_some_and(|labels| !labels.labels.is_empty()) {
        return None; // Somebody else's labels.
    }
    let reservation = ReservationId::of_volume(resource.volume_id()?)?;
    Some(Owner { reservation, installation: None })
}

/// Whether a resource is of any use to us: nobody takes it back or shares it, and nobody else has plans for it.
pub(crate) fn is_usable(resource: &Resource) -> bool {
    let is_ordinary = resource.revocable.is_none()
        && resource.shared.is_none()
        && resource.provider_id.is_none()
        && resource.disk.as_ref().is_none_or(|disk| disk.source.is_none());
    resource.is_plain() || (is_ordinary && owner(resource).is_some())
}

/// The labels of a reservation, on top of those that name its slot.
pub(crate) fn labels(slot: &Labels, reservation: &ReservationId) -> Labels {
    let mut labels = slot.clone();
    labels.labels.push(Label { key: RESERVATION.to_owned(), value: Some(reservation.to_string()) });
    labels
}

/// How resources are reserved for a slot.
#[derive(Debug, Clone)]
pub(crate) struct Reserver {
    /// The role of the framework.
    pub(crate) role: String,
    /// Its principal.
    pub(crate) principal: String,
    /// What the reservation is labelled with.
    pub(crate) labels: Labels,
}

impl Reserver {
    /// The same resource, reserved.
    pub(crate) fn reserve(&self, resource: Resource) -> Resource {
        resource.reserved(ReservationInfo {
            r#type: Some(reservation_info::Type::Dynamic as i32),
            role: Some(self.role.clone()),
            principal: Some(self.principal.clone()),
            labels: Some(self.labels.clone()),
        })
    }

    /// A volume on reserved disk.
    pub(crate) fn volume(&self, disk: Resource, name: &str) -> Resource {
        let volume = Volume {
            mode: volume::Mode::Rw as i32,
            container_path: CONTAINER_PATH.to_owned(),
            ..Default::default()
        };
        let persistence = Persistence { id: name.to_owned(), principal: Some(self.principal.clone()) };
        let info = DiskInfo { persistence: Some(persistence), volume: Some(volume), ..Default::default() };
        Resource { disk: Some(info), ..disk }
    }
}

/// The disk that a volume lay on, once it is destroyed.
pub(crate) fn bare(volume: Resource) -> Resource {
    Resource { disk: None, ..volume }
}

#[cfg(test)]
mod tests {
    use mesos_v1::resources::Amount;

    use super::*;

    const UUID: &str = "6f1c0d1e-8c62-4a53-9f0e-0d7b9f4f1a11";

    fn reserver(pairs: &[(&str, &str)]) -> Reserver {
        let label =
            |(key, value): &(&str, &str)| Label { key: (*key).to_owned(), value: Some((*value).to_owned()) };
        let labels = Labels { labels: pairs.iter().map(label).collect() };
        Reserver { role: "mysos".to_owned(), principal: "us".to_owned(), labels }
    }

    fn disk() -> Resource {
        Resource::scalar_of("disk", Amount::from_whole(512))
    }

    #[test]
    fn what_was_reserved_is_recognized() {
        let slot =
            Labels { labels: vec![Label { key: INSTALLATION.to_owned(), value: Some("i".to_owned()) }] };
        let reservation = ReservationId(UUID.to_owned());
        let reserver = Reserver { labels: labels(&slot, &reservation), ..reserver(&[]) };
        let reserved = reserver.reserve(disk());
        let owned = Some(Owner { reservation, installation: Some("i".to_owned()) });
        assert_eq!(owner(&reserved), owned);
        let volume = reserver.volume(reserved.clone(), "any name");
        assert_eq!((owner(&volume), is_usable(&volume)), (owned, true));
        assert_eq!(bare(volume), reserved);
        assert!(!reserved.is_plain() && is_usable(&reserved));
    }

    #[test]
    fn what_others_reserved_is_theirs() {
        let theirs = reserver(&[("app", "kafka")]).reserve(disk());
        assert!(owner(&theirs).is_none() && !is_usable(&theirs));
        let volume = reserver(&[("app", "kafka")]).volume(theirs, &format!("mysos-shop-0-{UUID}"));
        assert!(owner(&volume).is_none() && !is_usable(&volume), "a name alone is not enough beside labels");
        let operators = reserver(&[]).reserve(disk());
        assert!(owner(&operators).is_none() && is_usable(&operators), "an operator's, for the role");
        let ours = reserver(&[]).volume(operators, &format!("mysos-shop-0-{UUID}"));
        let owned = owner(&ours).unwrap();
        assert_eq!((owned.reservation.0.as_str(), owned.installation), (UUID, None));
    }
}
