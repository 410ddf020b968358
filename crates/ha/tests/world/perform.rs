//! What actions do to this world. `None`: not over yet.

use mysos_ha::{
    Action, Event, Order, Vital,
    action::{Outcome, Terms},
    event::Probe,
    view::{Disk, Group},
};
use mysos_model::Epoch;

use super::World;

impl World {
    /// A look at one server.
    pub fn look(&mut self, key: u32) {
        let connected = self.connected_ackers(key);
        let member = self.members.get_mut(&key).unwrap();
        if !member.server.running || member.server.frozen {
            return;
        }
        let observed = Box::new(member.server.observe(connected));
        let event = if member.server.answered {
            Event::Observed(observed)
        } else {
            member.server.answered = true;
            Event::Answered { version: "10.11".into(), observed }
        };
        member.inbox.push(event);
    }

    /// A question to the own server.
    pub fn try_vitals(&mut self, key: u32) {
        let member = self.members.get_mut(&key).unwrap();
        if member.server.answered {
            let probe = if member.server.frozen { Probe::Silent } else { Probe::Answered };
            member.inbox.push(Event::Tried { vital: Vital::Server, probe });
        }
    }

    /// A probe of the primary's control endpoint: it answers while the executor lives.
    pub fn probe(&mut self, key: u32) {
        let source = self.members[&key].view.own.followed.as_ref().map(|followed| followed.source.clone());
        let Some(source) = source else { return };
        let alive = self.members.values().any(|it| it.view.own.id.mysql == source && !it.gone);
        let probe = if alive { Probe::Answered } else { Probe::Silent };
        self.members.get_mut(&key).unwrap().inbox.push(Event::Probed(probe));
    }

    pub fn perform(&mut self, key: u32, action: &Action) -> Option<Outcome> {
        match action {
            Action::Server(order) => {
                let outcome = self.order(key, order);
                self.look(key);
                Some(outcome)
            }
            Action::Prove { epoch, .. } => self.prove(key, *epoch),
            Action::Nudge { .. } => {
                let server = &mut self.members.get_mut(&key).unwrap().server;
                if server.running && server.open {
                    server.write();
                }
                Some(Outcome::Done)
            }
            Action::Ask { primary, .. } => Some(self.ask(key, primary)),
            Action::Copy { .. } => Some(Outcome::Failed("no donor".into())),
            Action::SwapEpoch { version, record, .. } => Some(
                self.store
                    .swap(*version, record)
                    .map_or(Outcome::Lost, |version| Outcome::Swapped { version }),
            ),
            Action::Tell(record) => {
                let session = self.members[&key].session;
                self.store.members.insert(record.task.clone(), (session, (**record).clone()));
                self.store.touch("members");
                Some(Outcome::Done)
            }
            Action::Coordinate if self.store.coordinator.is_some() => Some(Outcome::Failed("taken".into())),
            Action::Coordinate => {
                let member = &self.members[&key];
                self.store.coordinator = Some((member.session, member.view.own.id.task.clone()));
                self.store.touch("coordinator");
                Some(Outcome::Done)
            }
            Action::StandDown => {
                self.store.coordinator = None;
                self.store.touch("coordinator");
                Some(Outcome::Done)
            }
            Action::Publish { group, number, version } => Some(self.publish(key, *group, *number, *version)),
            Action::Journal(line) => {
                self.journal.push((**line).clone());
                Some(Outcome::Done)
            }
            Action::Report(report) => {
                self.members.get_mut(&key).unwrap().reports.push(report.clone());
                Some(Outcome::Done)
            }
        }
    }

    fn order(&mut self, key: u32, order: &Order) -> Outcome {
        let server_id = 1_000_000 + self.next_data;
        let data = format!("00000000-0000-4000-8000-{:012}", self.next_data).parse().unwrap();
        let server = &mut self.members.get_mut(&key).unwrap().server;
        match order {
            Order::Inspect => {
                let disk = if server.data.is_some() { Disk::Ready } else { Disk::Empty };
                return Outcome::Disk { disk, data: server.data.clone() };
            }
            Order::Initialize { .. } => {
                self.next_data += 1;
                server.server_id = server_id;
                server.data = Some(data);
                return Outcome::Disk { disk: Disk::Ready, data: server.data.clone() };
            }
            Order::Quarantine { .. } => return self.quarantine(key),
            Order::TakeCopy { .. } => return Outcome::Failed("no copy lies ready".into()),
            Order::Start => {
                server.running = true;
                server.answered = false;
                return Outcome::Done;
            }
            Order::Stop { .. } | Order::Kill => {
                server.crash();
                let exit = mysos_ha::view::Exit { at: self.now, how: "signal 15".into(), log: String::new() };
                self.members.get_mut(&key).unwrap().inbox.push(Event::Exited(exit));
                return Outcome::Done;
            }
            _ if !server.running || server.frozen => {
                return Outcome::Failed("mysqld does not answer".into());
            }
            Order::Drain => {}
            Order::Revoke => {
                server.receiving = false;
                server.acking = false;
            }
            Order::Follow { source, acking } => {
                server.source = Some(source.clone());
                server.acking = *acking;
                server.receiving = true;
            }
            Order::LockAll => {
                server.unlocked.clear();
                server.dumping.clear();
            }
            Order::LetIn { ordinal } => {
                server.unlocked.insert(ordinal.0);
            }
            Order::CutOff { ordinal } => {
                if let Some(ordinal) = ordinal {
                    server.unlocked.remove(&ordinal.0);
                    server.dumping.remove(&ordinal.0);
                }
            }
            Order::Arm { epoch: Epoch(epoch), acks } => {
                server.receiving = false;
                server.acking = false;
                server.server_id = *epoch as u32;
                server.wait_count = *acks;
            }
            Order::EndClients => server.waiting.retain(|write, _| server.marker == Some(*write)),
            Order::Open => server.open = true,
            Order::Close { .. } => {
                server.open = false;
                server.waiting.clear();
            }
            Order::ForgetSource => server.source = None,
        }
        Outcome::Done
    }

    fn quarantine(&mut self, key: u32) -> Outcome {
        let exit = mysos_ha::view::Exit { at: self.now, how: "asked".into(), log: String::new() };
        let member = self.members.get_mut(&key).unwrap();
        member.server.crash();
        let data = member.server.data.take().unwrap();
        assert!(!self.store.epoch.ackers.contains(&data), "moved aside while something rests on it");
        member.server.log.clear();
        member.server.source = None;
        member.server.unlocked.clear();
        member.inbox.push(Event::Exited(exit));
        Outcome::Disk { disk: Disk::Empty, data: None }
    }

    fn prove(&mut self, key: u32, epoch: Epoch) -> Option<Outcome> {
        let member = self.members.get_mut(&key).unwrap();
        if !member.server.running || member.server.frozen || !member.server.open {
            return Some(Outcome::Failed("closed".into()));
        }
        assert_eq!(u64::from(member.server.server_id), epoch.0, "writes under the server id of the epoch");
        match member.server.marker {
            None => member.server.marker = Some(member.server.write()),
            Some(marker) if member.server.waiting.contains_key(&marker) => {}
            Some(_) => {
                member.server.marker = None;
                return Some(Outcome::Done);
            }
        }
        None
    }

    fn ask(&mut self, key: u32, primary: &mysos_model::Endpoint) -> Outcome {
        let ordinal = self.members[&key].view.own.id.ordinal.0;
        let found = self
            .members
            .values()
            .find(|it| it.view.own.id.mysql == *primary && it.server.running && !it.server.frozen);
        match found {
            Some(primary) => Outcome::Welcome(Terms {
                holds: primary.server.set(),
                let_in: primary.server.open && primary.server.unlocked.contains(&ordinal),
            }),
            None => Outcome::Failed("unreachable".into()),
        }
    }

    fn publish(
        &mut self,
        key: u32,
        group: Option<Group>,
        number: Option<u32>,
        version: Option<i32>,
    ) -> Outcome {
        if version.is_some_and(|version| version != self.store.version) {
            return Outcome::Failed("the record has changed".into());
        }
        let member = &self.members[&key];
        let (session, task) = (member.session, member.view.own.id.task.clone());
        let number = number.or_else(|| {
            group.map(|_| {
                self.store.next_number += 1;
                self.store.next_number - 1
            })
        });
        if group == Some(Group::Primary) {
            assert!(member.server.open, "published before it accepts writes");
            self.store.published.retain(|_, (_, group, _)| *group != Group::Primary);
        }
        match (number, group) {
            (Some(number), Some(group)) => {
                self.store.published.insert(number, (session, group, task));
            }
            (Some(number), None) => {
                self.store.published.remove(&number);
            }
            (None, _) => {}
        }
        Outcome::Published { number }
    }
}
