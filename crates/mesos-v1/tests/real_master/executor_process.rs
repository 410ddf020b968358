//! An executor for the tests: this test program, started by an agent with the
//! name of the one "test" below. It reports what it hears to the scheduler.

use mesos_v1::executor::{Environment, ExecutorClient, ExecutorConfig, ExecutorEvent};
use mesos_v1::proto::{CommandInfo, ExecutorInfo, TaskId, TaskState, TaskStatus};
use mesos_v1::validate::uuid_from_random;

/// What an agent runs to start it.
pub(crate) fn executor(name: &str) -> ExecutorInfo {
    let program = std::env::current_exe().unwrap().display().to_string();
    let arguments =
        [program.as_str(), "--exact", "executor_process::is_started_by_an_agent", "--ignored", "--nocapture"];
    ExecutorInfo {
        executor_id: name.into(),
        command: Some(CommandInfo {
            shell: Some(false),
            value: Some(program.clone()),
            arguments: arguments.map(str::to_owned).to_vec(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[tokio::test]
#[ignore = "it is started by the agent of another test"]
async fn is_started_by_an_agent() {
    if std::env::var_os("MESOS_EXECUTOR_ID").is_none() {
        println!("not started by an agent: nothing to do");
        return;
    }
    let environment = Environment::from_process().unwrap();
    let (client, mut events) = ExecutorClient::connect(environment, ExecutorConfig::default());
    let mut task_id = TaskId::default();
    let mut was_away = false;
    while let Some(event) = events.recv().await {
        println!("{event:?}");
        match event {
            ExecutorEvent::Subscribed(_) => say(&client, "subscribed"),
            ExecutorEvent::Launch(task) => {
                task_id = task.task_id;
                client.update(status(&task_id, TaskState::TaskRunning)).await.unwrap();
            }
            ExecutorEvent::Disconnected { .. } if !was_away => {
                was_away = true;
                let message = Some("while the agent was away".to_owned());
                let status = TaskStatus { message, ..status(&task_id, TaskState::TaskRunning) };
                client.update(status).await.unwrap();
            }
            ExecutorEvent::Message(data) => say(&client, &String::from_utf8(data).unwrap()),
            ExecutorEvent::Kill { task_id, .. } => {
                client.update(status(&task_id, TaskState::TaskKilled)).await.unwrap();
                client.drained().await;
                return;
            }
            ExecutorEvent::Shutdown => return,
            refused @ ExecutorEvent::UpdateRefused { .. } => panic!("{refused:?}"),
            last if last.is_final() => panic!("{last:?}"),
            _ => {}
        }
    }
}

fn status(task_id: &TaskId, state: TaskState) -> TaskStatus {
    let uuid = uuid_from_random(rand::random());
    TaskStatus { task_id: task_id.clone(), state: state as i32, uuid: Some(uuid), ..Default::default() }
}

/// Tells the scheduler, with our process id; in the background, because the
/// events go on.
fn say(client: &ExecutorClient, text: &str) {
    let (client, text) = (client.clone(), format!("{} {text}", std::process::id()));
    tokio::spawn(async move { client.message(text.into_bytes()).await });
}
