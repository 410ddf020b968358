//! What the fleet asks of the world, handed to whoever does it.

use mesos_v1::proto::{FrameworkId, scheduler::Call};
use mysos_fleet::{
    Action, Event,
    action::Accept,
    event::{Outcome, RequestId},
    request::{Answer, Refusal},
};

use super::{Driver, Ended};
use crate::{launch::LaunchKit, mesos, perform::Job};

impl Driver<'_> {
    /// Hands one action on. All of its effects may be had twice.
    pub(super) fn dispatch(&mut self, action: Action) -> Result<(), Ended> {
        match action {
            Action::Answer { id, answer } => self.answer(id, answer),
            Action::Accept(accept) => self.accept(&accept),
            Action::Decline { offers, refuse } => {
                let call = self.tools.mesos.decline(&offers, refuse);
                self.call("DECLINE", call, Outcome::Called);
            }
            Action::Revive => {
                let call = self.tools.mesos.revive();
                self.call("REVIVE", call, Outcome::OffersToggled);
            }
            Action::Suppress => {
                let call = self.tools.mesos.suppress();
                self.call("SUPPRESS", call, Outcome::OffersToggled);
            }
            Action::Acknowledge { task, agent, uuid } => {
                if let Some(call) = mesos::acknowledge(&task, &agent, uuid) {
                    self.call("ACKNOWLEDGE", call, Outcome::Called);
                }
            }
            Action::AcknowledgeOperation { operation, agent, uuid } => {
                if let Some(call) = mesos::acknowledge_operation(&operation, &agent, uuid) {
                    self.call("ACKNOWLEDGE_OPERATION_STATUS", call, Outcome::Called);
                }
            }
            Action::Kill { task, agent } => {
                tracing::info!(%task, %agent, "killing task");
                self.call("KILL", mesos::kill(&task, &agent), Outcome::Called);
            }
            Action::Shutdown { task, agent } => {
                tracing::warn!(%task, %agent, "shutting down an executor that does not obey kills");
                self.call("SHUTDOWN", mesos::shutdown(&task, &agent), Outcome::Called);
            }
            Action::Reconcile { tasks } => self.call("RECONCILE", mesos::reconcile(&tasks), Outcome::Called),
            Action::ConfirmFramework => self.confirm(),
            Action::MakeTree(tree) => self.enqueue(Job::MakeTree(tree)),
            Action::WriteSpec(spec) => self.enqueue(Job::WriteSpec(spec)),
            Action::RemoveTree { cluster, tree } => self.enqueue(Job::RemoveTree(cluster, tree)),
            Action::Halt { why } => return Err(Ended::Halted(why)),
        }
        Ok(())
    }

    /// Answers a wish; fine if nobody waits any more.
    pub(super) fn answer(&mut self, id: RequestId, answer: Answer) {
        if let Answer::Refused(refusal) = &answer {
            tracing::info!(request = id.0, why = %refusal, "refused");
        }
        let _gone = self.answers.remove(&id).map(|waiting| waiting.send(answer));
    }

    /// Whoever still waits is told that nobody will answer.
    pub(super) fn answer_the_rest(&mut self) {
        let why = "the scheduler stopped leading before it could answer: repeat the request with the same \
                   Idempotency-Key to learn what became of it";
        for (_, waiting) in std::mem::take(&mut self.answers) {
            let _gone = waiting.send(Answer::Refused(Refusal::Unavailable(why.to_owned())));
        }
    }

    fn accept(&mut self, accept: &Accept) {
        let Some(kit) = self.kit() else { return };
        let tasks: Vec<_> = accept.launches.iter().map(|launch| launch.task.clone()).collect();
        match self.tools.mesos.accept(accept, &kit) {
            Ok(call) => {
                log(accept);
                self.call("ACCEPT", call, Outcome::Accepted { tasks });
            }
            Err(not) => {
                tracing::warn!(?tasks, why = %not.why, "offers cannot be used");
                self.call("DECLINE", not.decline, Outcome::Called);
                self.todo
                    .push_back(Event::Failed { what: Outcome::Accepted { tasks }, why: not.why.to_string() });
            }
        }
    }

    /// There is one as soon as we have been subscribed, and no offers come before.
    fn kit(&self) -> Option<LaunchKit> {
        let framework = self.fleet.framework()?;
        Some(LaunchKit {
            config: self.config.launch.clone(),
            cluster_uid: framework.cluster_uid.clone(),
            framework_id: FrameworkId { value: framework.framework_id.clone()? },
            principal: self.config.framework.identity.principal.clone(),
        })
    }

    fn confirm(&mut self) {
        let Some(id) = self.fleet.framework().and_then(|framework| framework.framework_id.clone()) else {
            return;
        };
        let call = Box::new(self.tools.mesos.confirm(&id));
        let client = self.tools.mesos.client.clone();
        self.enqueue(Job::Confirm { client, call });
    }

    fn call(&mut self, kind: &'static str, call: Call, outcome: Outcome) {
        let client = self.tools.mesos.client.clone();
        self.enqueue(Job::Call { client, call: Box::new(call), kind, outcome });
    }

    fn enqueue(&mut self, job: Job) {
        let unsent = self.tools.performer.enqueue(job);
        self.todo.extend(unsent);
    }
}

/// One line for each thing that is asked for.
fn log(accept: &Accept) {
    let agent = &accept.agent;
    for release in &accept.releases {
        let (reservation, volume) = (&release.reservation, &release.volume);
        tracing::info!(%agent, %reservation, ?volume, "giving back a reservation and its volume");
    }
    for launch in &accept.launches {
        let (task, volume) = (&launch.task, launch.berth.as_ref().map(|berth| &berth.volume));
        let source = launch.berth.as_ref().map(|berth| &berth.source);
        tracing::info!(%task, %agent, ?volume, ?source, "launching");
    }
}
