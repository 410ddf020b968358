//! Words of Mesos into words of the fleet, and what is left out on the way.

use std::collections::BTreeMap;

use mesos_v1::{
    proto::{self, Resource, task_status},
    resources::{Amount, Ranges, Resources},
};
use mysos_fleet::event::{self, OperationState, OperationUpdate, Pool, Reason, TaskState, Update};
use mysos_model::{
    Bytes, Host, MilliCpus, Timestamp,
    size::MIB,
    wire::{home::ReservationId, state::AgentId},
};

use crate::{offerbook::pool_of, reservation};

/// An offer, less what must not be used: revocable and shared resources, volumes, reservations with labels.
pub(crate) fn offer(offer: &proto::Offer) -> event::Offer {
    let usable = Resources::from_iter(&offer.resources).only(reservation::is_usable);
    let mut pools: BTreeMap<Pool, Vec<Resource>> = BTreeMap::new();
    for resource in usable.iter() {
        pools.entry(pool_of(resource)).or_default().push(resource.clone());
    }
    let mut holdings = Vec::new();
    pools.retain(|pool, resources| match pool {
        Pool::Own(reservation) => {
            holdings.push(holding(reservation, resources));
            false
        }
        Pool::Role(_) | Pool::Unreserved => true,
    });
    let role = offer.allocation_info.as_ref().and_then(|info| info.role.clone());
    event::Offer {
        id: event::OfferId(offer.id.value.clone()),
        agent: AgentId(offer.agent_id.value.clone()),
        host: Host(offer.hostname.clone()),
        role: role.unwrap_or_default(),
        pools: pools
            .into_iter()
            .map(|(pool, resources)| amount(pool, &Resources::from_iter(&resources)))
            .collect(),
        holdings,
    }
}

/// What an offer shows of one reservation.
fn holding(reservation: &ReservationId, resources: &[Resource]) -> event::Holding {
    let (volumes, rest): (Vec<&Resource>, Vec<&Resource>) =
        resources.iter().partition(|resource| resource.volume_id().is_some());
    let mut owners = resources.iter().filter_map(reservation::owner);
    event::Holding {
        reservation: reservation.clone(),
        installation: owners.find_map(|owner| owner.installation),
        amount: amount(Pool::Own(reservation.clone()), &Resources::from_iter(rest)),
        volume: volumes.first().and_then(|volume| volume.volume_id()).map(str::to_owned),
    }
}

fn amount(pool: Pool, resources: &Resources) -> event::Amount {
    let whole_mib = |name: &str| Bytes(whole(resources.scalar(name)) * MIB);
    event::Amount {
        pool,
        cpus: MilliCpus(resources.scalar("cpus").thousandths()),
        mem: whole_mib("mem"),
        disk: whole_mib("disk"),
        ports: port_ranges(&resources.ranges("ports")),
    }
}

/// Rounded down: what is asked for later must be there.
fn whole(amount: Amount) -> u64 {
    amount.thousandths() / 1000
}

/// Ranges as far as they are ports.
fn port_ranges(ranges: &Ranges) -> Vec<(u16, u16)> {
    let clipped = ranges.iter().filter_map(|range| {
        let begin = u16::try_from(range.begin.max(1)).ok()?;
        let end = u16::try_from(range.end.min(u64::from(u16::MAX))).ok()?;
        (begin <= end).then_some((begin, end))
    });
    clipped.collect()
}

/// What Mesos says of an operation.
pub(crate) fn operation(status: &proto::OperationStatus) -> OperationUpdate {
    OperationUpdate {
        operation: status.operation_id.as_ref().map(|id| id.value.clone()).unwrap_or_default(),
        agent: status.agent_id.as_ref().map(|agent| AgentId(agent.value.clone())),
        state: operation_state(status.state),
        message: status.message.clone().unwrap_or_default(),
        uuid: status.uuid.as_ref().map(|uuid| uuid.value.clone()),
    }
}

fn operation_state(number: i32) -> OperationState {
    use proto::OperationState as Mesos;
    match Mesos::try_from(number) {
        Ok(Mesos::OperationFinished) => OperationState::Finished,
        Ok(
            Mesos::OperationFailed
            | Mesos::OperationError
            | Mesos::OperationDropped
            | Mesos::OperationGoneByOperator,
        ) => OperationState::Refused,
        Ok(
            Mesos::OperationUnsupported
            | Mesos::OperationPending
            | Mesos::OperationUnreachable
            | Mesos::OperationRecovering
            | Mesos::OperationUnknown,
        )
        | Err(_) => OperationState::Open,
    }
}

/// What Mesos says of a task.
pub(crate) fn update(status: &proto::TaskStatus) -> Update {
    Update {
        task: status.task_id.value.clone(),
        state: task_state(status.state),
        reason: status.reason.map(reason),
        message: status.message.clone().unwrap_or_default(),
        uuid: status.uuid.clone(),
        agent: status.agent_id.as_ref().map(|agent| AgentId(agent.value.clone())),
        unreachable_since: status.unreachable_time.map(|time| timestamp(time.nanoseconds)),
    }
}

fn timestamp(nanoseconds: i64) -> Timestamp {
    Timestamp(u64::try_from(nanoseconds / 1_000_000).unwrap_or(0))
}

fn reason(number: i32) -> Reason {
    match task_status::Reason::try_from(number) {
        Ok(known) => Reason::from_name(known.as_str_name()),
        Err(_) => Reason::Other(format!("number {number}")),
    }
}

fn task_state(number: i32) -> TaskState {
    use proto::TaskState as Mesos;
    let Ok(state) = Mesos::try_from(number) else {
        return TaskState::Unrecognized(number);
    };
    match state {
        Mesos::TaskStaging => TaskState::Staging,
        Mesos::TaskStarting => TaskState::Starting,
        Mesos::TaskRunning => TaskState::Running,
        Mesos::TaskKilling => TaskState::Killing,
        Mesos::TaskFinished => TaskState::Finished,
        Mesos::TaskFailed => TaskState::Failed,
        Mesos::TaskKilled => TaskState::Killed,
        Mesos::TaskError => TaskState::Error,
        Mesos::TaskLost => TaskState::Lost,
        Mesos::TaskDropped => TaskState::Dropped,
        Mesos::TaskUnreachable => TaskState::Unreachable,
        Mesos::TaskGone => TaskState::Gone,
        Mesos::TaskGoneByOperator => TaskState::GoneByOperator,
        Mesos::TaskUnknown => TaskState::Unknown,
    }
}

/// The name of a state, for metrics.
pub(crate) fn state_name(number: i32) -> &'static str {
    proto::TaskState::try_from(number).map_or("unknown", |state| state.as_str_name())
}

#[cfg(test)]
mod tests {
    use mesos_v1::{
        proto::{
            TimeInfo,
            resource::{AllocationInfo, ReservationInfo, RevocableInfo, reservation_info},
        },
        resources::Range,
    };

    use super::*;

    fn scalar(name: &str, thousandths: u64) -> Resource {
        Resource::scalar_of(name, Amount::from_thousandths(thousandths))
    }

    fn reserved(resource: Resource, labels: Option<proto::Labels>) -> Resource {
        let by = ReservationInfo {
            r#type: Some(reservation_info::Type::Dynamic as i32),
            role: Some("mysos".to_owned()),
            labels,
            ..Default::default()
        };
        resource.reserved(by)
    }

    fn ports(ranges: &[(u64, u64)]) -> Resource {
        let ranges = ranges.iter().map(|(begin, end)| Range { begin: *begin, end: *end });
        Resource::ranges_of("ports", &ranges.collect())
    }

    #[test]
    fn offer_is_told_by_pools_and_rounded_down() {
        let resources = vec![
            scalar("cpus", 2500),
            scalar("mem", 1_024_900),
            reserved(scalar("cpus", 1000), None),
            ports(&[(0, 2), (65_535, 70_000), (80_000, 80_001)]),
        ];
        let allocation_info = Some(AllocationInfo { role: Some("mysos".to_owned()) });
        let hostname = "agent1".to_owned();
        let mesos = proto::Offer {
            id: "o".into(),
            agent_id: "a".into(),
            hostname,
            resources,
            allocation_info,
            ..Default::default()
        };
        let told = offer(&mesos);
        assert_eq!((told.role.as_str(), told.host.0.as_str()), ("mysos", "agent1"));
        let [role, free] = told.pools.as_slice() else { panic!("{:?}", told.pools) };
        assert_eq!((&role.pool, role.cpus), (&Pool::Role("mysos".to_owned()), MilliCpus(1000)));
        assert_eq!((free.cpus, free.mem), (MilliCpus(2500), Bytes(1024 * MIB)));
        assert_eq!(free.ports, [(1, 2), (65_535, 65_535)]);
    }

    #[test]
    fn what_others_may_take_back_or_have_plans_for_is_left_out() {
        let label = proto::Label { key: "k".to_owned(), value: None };
        let labels = Some(proto::Labels { labels: vec![label] });
        let revocable = Resource { revocable: Some(RevocableInfo {}), ..scalar("cpus", 9000) };
        let resources = vec![revocable, reserved(scalar("mem", 9000), labels)];
        assert_eq!(offer(&proto::Offer { resources, ..Default::default() }).pools, []);
    }

    #[test]
    fn every_state_of_mesos_has_its_own() {
        let known: std::collections::BTreeSet<TaskState> = (0..=13).map(task_state).collect();
        assert_eq!(known.len(), 14);
        assert_eq!(task_state(6), TaskState::Staging);
        assert_eq!(task_state(99), TaskState::Unrecognized(99));
        assert_eq!(state_name(99), "unknown");
    }

    #[test]
    fn update_keeps_what_the_fleet_needs() {
        let status = proto::TaskStatus {
            task_id: "t".into(),
            state: proto::TaskState::TaskUnreachable as i32,
            reason: Some(task_status::Reason::AgentRemoved as i32),
            agent_id: Some("a".into()),
            unreachable_time: Some(TimeInfo { nanoseconds: 1_777_881_600_123_999_999 }),
            ..Default::default()
        };
        let told = update(&status);
        assert_eq!((told.state, told.reason), (TaskState::Unreachable, Some(Reason::AgentRemoved)));
        assert_eq!(told.unreachable_since, Some(Timestamp(1_777_881_600_123)));
        assert_eq!((told.uuid, told.agent), (None, Some(AgentId("a".to_owned()))));
        assert_eq!(reason(12_345), Reason::Other("number 12345".to_owned()));
    }
}
