//! One ACCEPT: what is given back, then what is reserved and made, then the tasks. Each resource goes back to Mesos as
//! it came in the offer, with every field, changed only by what the operation changes.

use mesos_v1::{
    proto::{
        OperationId, Resource,
        offer::{Operation, operation},
    },
    resources::Resources,
};
use mysos_fleet::{
    action::{Accept, Berth, Feedback, Launch, Release, VolumeSource},
    event::{Amount, Pool},
    operation::{Kind, Operation as Name},
};
use mysos_model::{MilliCpus, size::MIB, wire::home::ReservationId};

use crate::{
    launch::{LaunchKit, Takes},
    offerbook::{Gone, pick, pool_of},
    reservation::{self, Reserver},
};

/// The operations of an accept, out of what its offers hold.
pub(crate) fn operations(
    accept: &Accept,
    held: &mut Resources,
    kit: &LaunchKit,
) -> Result<Vec<Operation>, Gone> {
    let mut bench = Bench { feedback: accept.feedback, role: &accept.role, held, kit, done: Vec::new() };
    for release in &accept.releases {
        bench.release(release)?;
    }
    let mut task_infos = Vec::with_capacity(accept.launches.len());
    for launch in &accept.launches {
        let takes = bench.takes(launch)?;
        task_infos.push(kit.task_info(launch, takes));
    }
    if !task_infos.is_empty() {
        bench.done.push(Operation {
            r#type: Some(operation::Type::Launch as i32),
            launch: Some(operation::Launch { task_infos }),
            ..Default::default()
        });
    }
    Ok(bench.done)
}

struct Bench<'a> {
    feedback: Feedback,
    role: &'a str,
    held: &'a mut Resources,
    kit: &'a LaunchKit,
    done: Vec<Operation>,
}

impl Bench<'_> {
    /// Destroys a volume and gives its reservation back.
    fn release(&mut self, release: &Release) -> Result<(), Gone> {
        let name = |kind| self.name(kind, &release.reservation, &release.attempt);
        let (destroy_id, unreserve_id) = (name(Kind::Destroy), name(Kind::Unreserve));
        let mut reserved = Resources::default();
        if let Some(name) = &release.volume {
            let volume = self.take_volume(name, &release.reservation)?;
            let labelled = reservation::owner(&volume).is_some_and(|owner| owner.installation.is_some());
            if labelled {
                reserved.add(&reservation::bare(volume.clone()));
            }
            self.done.push(Operation {
                r#type: Some(operation::Type::Destroy as i32),
                id: destroy_id,
                destroy: Some(operation::Destroy { volumes: vec![volume] }),
                ..Default::default()
            });
        }
        let own = Pool::Own(release.reservation.clone());
        let rest = self.held.only(|entry| pool_of(entry) == own && entry.volume_id().is_none());
        rest.iter().for_each(|resource| reserved.add(resource));
        if let Some(left) = self.held.minus(&rest) {
            *self.held = left;
        }
        if !reserved.is_empty() {
            self.done.push(Operation {
                r#type: Some(operation::Type::Unreserve as i32),
                id: unreserve_id,
                unreserve: Some(operation::Unreserve { resources: reserved.into_vec() }),
                ..Default::default()
            });
        }
        Ok(())
    }

    /// The resources of a task, reserved and made where they are not there yet.
    fn takes(&mut self, launch: &Launch) -> Result<Takes, Gone> {
        let mut executor = pick(self.held, &launch.executor_takes)?;
        let mut task = pick(self.held, &launch.task_takes)?;
        let Some(berth) = &launch.berth else { return Ok(Takes { task, executor }) };
        let reserver = self.reserver(launch, berth);
        let mut asked = Vec::new();
        for resource in executor.iter_mut().chain(&mut task).filter(|resource| !resource.is_reserved()) {
            *resource = reserver.reserve(resource.clone());
            asked.push(resource.clone());
        }
        let volume = match &berth.source {
            VolumeSource::There => {
                self.reserve(berth, &asked);
                self.take_volume(&berth.volume, &berth.reservation)?
            }
            VolumeSource::Made { pool, disk } => {
                let piece = self.take_disk(pool, disk.mib())?;
                let piece = if *pool == Pool::Unreserved {
                    let piece = reserver.reserve(piece);
                    asked.push(piece.clone());
                    piece
                } else {
                    piece
                };
                self.reserve(berth, &asked);
                let volume = reserver.volume(piece, &berth.volume);
                self.create(berth, &volume);
                volume
            }
        };
        // The executor's: it is free again only when the executor, and with it the server, is certain to have ended.
        executor.push(volume);
        Ok(Takes { task, executor })
    }

    fn reserver(&self, launch: &Launch, berth: &Berth) -> Reserver {
        Reserver {
            role: self.role.to_owned(),
            principal: self.kit.principal.clone(),
            labels: reservation::labels(&self.kit.slot_labels(launch), &berth.reservation),
        }
    }

    fn reserve(&mut self, berth: &Berth, resources: &[Resource]) {
        let resources = resources.iter().collect::<Resources>().into_vec();
        if !resources.is_empty() {
            self.done.push(Operation {
                r#type: Some(operation::Type::Reserve as i32),
                id: self.name(Kind::Reserve, &berth.reservation, &berth.attempt),
                reserve: Some(operation::Reserve { resources, ..Default::default() }),
                ..Default::default()
            });
        }
    }

    fn create(&mut self, berth: &Berth, volume: &Resource) {
        self.done.push(Operation {
            r#type: Some(operation::Type::Create as i32),
            id: self.name(Kind::Create, &berth.reservation, &berth.attempt),
            create: Some(operation::Create { volumes: vec![volume.clone()] }),
            ..Default::default()
        });
    }

    fn name(&self, kind: Kind, reservation: &ReservationId, attempt: &str) -> Option<OperationId> {
        let name = Name { kind, reservation: reservation.clone(), attempt: attempt.to_owned() };
        (self.feedback == Feedback::Asked).then(|| OperationId { value: name.to_string() })
    }

    fn take_volume(&mut self, name: &str, reservation: &ReservationId) -> Result<Resource, Gone> {
        let gone = || Gone { what: "the volume", pool: Pool::Own(reservation.clone()) };
        let volume = self.held.iter().find(|entry| entry.volume_id() == Some(name)).cloned();
        let volume = volume.ok_or_else(gone)?;
        *self.held = self.held.minus(&Resources::from_iter([&volume])).ok_or_else(gone)?;
        Ok(volume)
    }

    /// A volume is one piece of one disk.
    fn take_disk(&mut self, pool: &Pool, mib: u64) -> Result<Resource, Gone> {
        let amount = Amount {
            pool: pool.clone(),
            cpus: MilliCpus(0),
            mem: mysos_model::Bytes(0),
            disk: mysos_model::Bytes(mib * MIB),
            ports: Vec::new(),
        };
        let pieces = pick(self.held, &[amount])?;
        match <[Resource; 1]>::try_from(pieces) {
            Ok([piece]) => Ok(piece),
            Err(_) => Err(Gone { what: "disk in one piece", pool: pool.clone() }),
        }
    }
}

#[cfg(test)]
#[path = "accepting/tests.rs"]
mod tests;
