//! The offers that are outstanding, as the master sent them. The fleet decides by amounts; Mesos wants its own
//! resources back, with every field they came with.

use std::collections::BTreeMap;

use mesos_v1::{
    proto::{self, Resource, value},
    resources::{self, Range, Ranges, Resources},
};
use mysos_fleet::event::{Amount, OfferId, Pool};

use crate::reservation;

/// Offers that have been neither used nor given back.
#[derive(Debug, Default)]
pub(crate) struct OfferBook {
    offers: BTreeMap<OfferId, Resources>,
}

/// The offers do not hold what was to be taken from them: some were rescinded meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the offers no longer hold {what} of {pool:?}")]
pub(crate) struct Gone {
    /// Which resource.
    pub(crate) what: &'static str,
    /// Of which pool.
    pub(crate) pool: Pool,
}

impl OfferBook {
    /// An offer came.
    pub(crate) fn note(&mut self, offer: &proto::Offer) {
        let resources = Resources::from_iter(&offer.resources).only(reservation::is_usable);
        self.offers.insert(OfferId(offer.id.value.clone()), resources);
    }

    /// An offer is void or was given back.
    pub(crate) fn forget(&mut self, id: &OfferId) {
        self.offers.remove(id);
    }

    /// All offers are void.
    pub(crate) fn clear(&mut self) {
        self.offers.clear();
    }

    /// What these offers hold together; they are used up.
    pub(crate) fn take(&mut self, ids: &[OfferId]) -> Resources {
        let held = ids.iter().filter_map(|id| self.offers.remove(id));
        let mut all = Resources::default();
        held.for_each(|resources| resources.iter().for_each(|resource| all.add(resource)));
        all
    }
}

/// Takes amounts out of resources, as the messages that Mesos wants.
pub(crate) fn pick(from: &mut Resources, amounts: &[Amount]) -> Result<Vec<Resource>, Gone> {
    let mut picked = Resources::default();
    for amount in amounts {
        let scalars = [
            ("cpus", resources::Amount::from_thousandths(amount.cpus.0)),
            ("mem", resources::Amount::from_whole(amount.mem.mib())),
            ("disk", resources::Amount::from_whole(amount.disk.mib())),
        ];
        for (name, wanted) in scalars {
            pick_scalar(from, (name, &amount.pool), wanted, &mut picked)?;
        }
        let ports =
            amount.ports.iter().map(|(begin, end)| Range { begin: (*begin).into(), end: (*end).into() });
        pick_ports(from, &amount.pool, ports.collect(), &mut picked)?;
    }
    Ok(picked.into_vec())
}

fn pick_scalar(
    from: &mut Resources,
    (name, pool): (&'static str, &Pool),
    wanted: resources::Amount,
    picked: &mut Resources,
) -> Result<(), Gone> {
    let mut missing = wanted;
    for entry in entries(from, name, pool) {
        let there = resources::Amount::from_f64(entry.scalar.unwrap_or_default().value);
        let part = there.min(missing);
        move_part(from, &Resource { scalar: Some(value::Scalar { value: part.as_f64() }), ..entry }, picked);
        missing = missing.less(part);
    }
    if missing.is_zero() { Ok(()) } else { Err(Gone { what: name, pool: pool.clone() }) }
}

fn pick_ports(from: &mut Resources, pool: &Pool, wanted: Ranges, picked: &mut Resources) -> Result<(), Gone> {
    let mut missing = wanted;
    for entry in entries(from, "ports", pool) {
        let there = entry.ranges.as_ref().map(Ranges::from_proto).unwrap_or_default();
        let part = missing.minus(&missing.minus(&there));
        move_part(from, &Resource { ranges: Some(part.to_proto()), ..entry }, picked);
        missing = missing.minus(&part);
    }
    if missing.is_empty() { Ok(()) } else { Err(Gone { what: "ports", pool: pool.clone() }) }
}

fn entries(from: &Resources, name: &str, pool: &Pool) -> Vec<Resource> {
    let of_pool = |entry: &&Resource| entry.name == name && pool_of(entry) == *pool;
    from.iter().filter(of_pool).filter(|entry| entry.volume_id().is_none()).cloned().collect()
}

fn move_part(from: &mut Resources, part: &Resource, picked: &mut Resources) {
    let part = Resources::from_iter([part]);
    // The part was cut from an entry, so the rest is always there.
    if let Some(rest) = from.minus(&part) {
        *from = rest;
        part.iter().for_each(|resource| picked.add(resource));
    }
}

/// The pool that a resource belongs to.
pub(crate) fn pool_of(resource: &Resource) -> Pool {
    match reservation::owner(resource) {
        Some(owner) => Pool::Own(owner.reservation),
        None if resource.is_reserved() => Pool::Role(resource.reserved_role().to_owned()),
        None => Pool::Unreserved,
    }
}

#[cfg(test)]
mod tests {
    use mesos_v1::proto::resource::{AllocationInfo, ReservationInfo, reservation_info};
    use mysos_model::{Bytes, MilliCpus, size::MIB};

    use super::*;

    fn reserved(resource: Resource) -> Resource {
        let by = ReservationInfo {
            r#type: Some(reservation_info::Type::Static as i32),
            role: Some("mysos".to_owned()),
            ..Default::default()
        };
        resource.reserved(by)
    }

    fn allocated(resource: Resource) -> Resource {
        let info = AllocationInfo { role: Some("mysos".to_owned()) };
        Resource { allocation_info: Some(info), ..resource }
    }

    fn ports(begin: u64, end: u64) -> Ranges {
        [Range { begin, end }].into_iter().collect()
    }

    fn offer(id: &str) -> proto::Offer {
        let scalar = |name, whole| Resource::scalar_of(name, resources::Amount::from_whole(whole));
        let all = vec![
            reserved(scalar("cpus", 1)),
            scalar("cpus", 3),
            scalar("mem", 1024),
            reserved(Resource::ranges_of("ports", &ports(31_000, 31_000))),
            Resource::ranges_of("ports", &ports(31_005, 31_010)),
        ];
        let resources = all.into_iter().map(allocated).collect();
        proto::Offer { id: id.into(), resources, ..Default::default() }
    }

    fn amount(pool: Pool, cpus: u64, mem: u64, ports: &[(u16, u16)]) -> Amount {
        let (mem, disk) = (Bytes(mem * MIB), Bytes(0));
        Amount { pool, cpus: MilliCpus(cpus), mem, disk, ports: ports.to_vec() }
    }

    #[test]
    fn amounts_come_out_as_the_resources_they_were() {
        let mut book = OfferBook::default();
        book.note(&offer("o1"));
        let mut held = book.take(&[OfferId("o1".to_owned())]);
        let role = Pool::Role("mysos".to_owned());
        let takes = [
            amount(role, 1000, 0, &[(31_000, 31_000)]),
            amount(Pool::Unreserved, 500, 512, &[(31_007, 31_007)]),
        ];
        let picked = pick(&mut held, &takes).unwrap();
        assert_eq!(picked.len(), 5);
        assert!(picked.iter().all(|resource| resource.allocation_info.is_some()));
        let of_role = picked.iter().filter(|resource| resource.is_reserved()).count();
        assert_eq!(of_role, 2);
        assert_eq!(held.scalar("cpus"), resources::Amount::from_thousandths(2500));
        assert_eq!(held.ranges("ports").count(), 5);
    }

    #[test]
    fn what_is_not_there_is_said() {
        let mut held = Resources::from_iter(&offer("o1").resources);
        let wanted = [amount(Pool::Unreserved, 9000, 0, &[])];
        assert_eq!(
            pick(&mut held, &wanted).unwrap_err().to_string(),
            "the offers no longer hold cpus of Unreserved"
        );
        let wanted = [amount(Pool::Unreserved, 1, 0, &[(31_000, 31_000)])];
        assert!(pick(&mut held, &wanted).is_err());
    }

    #[test]
    fn offers_are_used_once() {
        let mut book = OfferBook::default();
        book.note(&offer("o1"));
        book.note(&offer("o2"));
        book.forget(&OfferId("o2".to_owned()));
        let both = [OfferId("o1".to_owned()), OfferId("o2".to_owned())];
        assert_eq!(book.take(&both).scalar("cpus"), resources::Amount::from_whole(4));
        assert!(book.take(&both).is_empty());
    }
}
