//! A command task of a real agent.

use mesos_v1::proto::{CommandInfo, TaskState, task_status};
use mesos_v1::scheduler::call;

use crate::framework::Framework;
use crate::mesos::Place;

fn command(text: &str) -> CommandInfo {
    CommandInfo { shell: Some(true), value: Some(text.to_owned()), ..Default::default() }
}

#[tokio::test]
async fn task_runs_is_reconciled_killed_and_each_update_acknowledged() {
    let place = Place::new();
    let master = place.master(&[]);
    let _agent = place.agent(&master, &[]);
    let mut framework = Framework::subscribed(&master).await;
    let offer = framework.roomy_offer().await;
    let mut task = Framework::task(&offer, "sleeper");
    task.command = Some(command("exec sleep 1000"));
    framework.launch(&offer, task).await;
    let running = framework.task_state(TaskState::TaskRunning).await;
    assert_eq!(running.uuid().len(), 16);

    let agent_id = running.agent_id.clone();
    framework.client.call(call::reconcile([("sleeper".into(), agent_id.clone())])).await.unwrap();
    let answer = framework.update().await;
    assert_eq!(answer.reason(), task_status::Reason::Reconciliation);
    assert_eq!(call::acknowledge(&answer), None, "an answer wants no acknowledgement");

    // Without the acknowledgement of the one before, this would not come.
    framework.client.call(call::kill("sleeper".into(), agent_id, None)).await.unwrap();
    framework.task_state(TaskState::TaskKilled).await;
}
