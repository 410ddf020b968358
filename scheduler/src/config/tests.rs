//! Tests of the whole way from words on a command line to a checked configuration.
#![allow(clippy::disallowed_methods, reason = "a test writes files that nobody needs after it")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use tempfile::TempDir;

use super::*;

/// A directory with a good key, and the flags that a scheduler cannot do without.
struct Setting {
    dir: TempDir,
}

impl Setting {
    fn new() -> Self {
        let setting = Self { dir: tempfile::tempdir().unwrap() };
        setting.file("key", &[7; 32], 0o600);
        setting
    }

    fn file(&self, name: &str, content: &[u8], mode: u32) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// The needed flags with these; a later one of the same name replaces an earlier one.
    fn flags(&self, more: &[&str]) -> Result<Flags, clap::Error> {
        let needed = [
            "--mesos_master=127.0.0.1:5050".to_owned(),
            "--zk_url=zk://me:hunter2@127.0.0.1:2181/mysos".to_owned(),
            "--executor_uri=file:///x/mysos_executor".to_owned(),
            "--admin_keypath=/etc/mysos/admin.json".to_owned(),
            format!("--scheduler_keypath={}", self.path("key")),
        ];
        let replaced = |flag: &String| {
            let name = flag.split('=').next().unwrap();
            more.iter().any(|other| other.replace('-', "_").starts_with(&name.replace('-', "_")))
        };
        let kept: Vec<&str> = needed.iter().filter(|flag| !replaced(flag)).map(String::as_str).collect();
        Flags::from_words(&[kept.as_slice(), more].concat())
    }

    fn config(&self, more: &[&str]) -> Result<Config, ConfigError> {
        Config::checked(&self.flags(more).unwrap())
    }

    fn refused(&self, more: &[&str]) -> String {
        let error = self.config(more).unwrap_err();
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        format!("{error}{}", source.unwrap_or_default())
    }
}

#[test]
fn every_flag_of_the_original_is_there() {
    let command = flags::command();
    let names: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    for name in [
        "port",
        "api_bind",
        "api_insecure",
        "api_credentials",
        "mesos_master",
        "framework_user",
        "framework_role",
        "executor_uri",
        "executor_cmd",
        "executor_environ",
        "zk_url",
        "election_timeout",
        "admin_keypath",
        "work_dir",
        "state_storage",
        "scheduler_keypath",
        "framework_failover_timeout",
        "installer_args",
        "backup_store_args",
        "framework_authentication_file",
        "executor_source_prefix",
        "verbose",
    ] {
        assert!(names.contains(&name), "--{name}");
    }
}

#[test]
fn every_flag_has_help_and_an_environment_name() {
    for arg in flags::command().get_arguments().filter(|arg| arg.get_long().is_some()) {
        let name = arg.get_long().unwrap();
        assert!(arg.get_help().is_some(), "--{name} has no help");
        assert!(!name.contains('-'), "--{name} is spelled with dashes");
        assert_eq!(arg.get_env().unwrap().to_str().unwrap(), format!("MYSOS_{}", name.to_uppercase()));
    }
}

#[test]
fn defaults_are_those_of_the_original() {
    let config = Setting::new().config(&[]).unwrap();
    assert_eq!((config.api.port, config.api.bind.to_string().as_str()), (55001, "127.0.0.1"));
    assert_eq!(config.framework.identity.role, "mysos");
    assert_eq!(config.framework.failover_timeout, Duration::from_secs(14 * 86_400));
    assert_eq!(config.framework.webui_url, "http://127.0.0.1:55001/");
    assert_eq!(config.zk.election_timeout, Duration::from_secs(60));
    assert_eq!(config.storage, Storage::ZooKeeper);
    assert_eq!(config.launch.executor_argv, ["./mysos_executor"]);
    assert_eq!(config.api.limits.max_nodes, 32);
}

#[test]
fn dashes_are_read_as_underscores() {
    let config = Setting::new().config(&["--framework-role=db", "--zk-session-timeout", "4s"]).unwrap();
    assert_eq!(config.framework.identity.role, "db");
    assert_eq!(config.launch.zk_session_timeout, Duration::from_secs(4));
}

#[test]
fn key_of_another_length_is_refused_with_the_length_found() {
    let setting = Setting::new();
    for (bytes, shown) in
        [(&b""[..], "has 0"), (&[7; 31], "has 31"), (b"0123456789abcdef0123456789abcde\x0bx\n", "has 34")]
    {
        setting.file("key", bytes, 0o600);
        let error = setting.refused(&[]);
        assert!(error.contains("exactly 32 bytes") && error.contains(shown), "{error}");
    }
    setting.file("key", b"0123456789abcdef0123456789abcdef\n", 0o600);
    assert!(setting.refused(&[]).contains("33 (the last is a newline)"));
    setting.file("key", b"0123456789abcdef0123456789abcde\n", 0o600);
    assert!(setting.config(&[]).is_ok(), "bytes are taken as they are");
}

#[test]
fn missing_or_open_key_file_is_refused() {
    let setting = Setting::new();
    let missing = setting.refused(&["--scheduler_keypath=/nowhere/key"]);
    assert!(missing.starts_with("--scheduler_keypath: cannot read /nowhere/key: No such file"), "{missing}");
    setting.file("key", &[7; 32], 0o644);
    assert!(setting.refused(&[]).contains("has mode 0644, but it holds a secret: chmod 600 it"));
}

#[test]
fn secrets_and_addresses_may_stand_in_files() {
    let setting = Setting::new();
    let zk = setting.file("zk", b"zk://me:hunter2@h1,h2/m\n", 0o600);
    let master = setting.file("master", b"zk://h3/mesos\n", 0o600);
    let config = setting
        .config(&[&format!("--zk_url=file://{zk}"), &format!("--mesos_master=file://{master}")])
        .unwrap();
    assert_eq!(config.zk.url.server_list(), "h1,h2");
    assert!(matches!(config.framework.master, MesosMaster::ZooKeeper(url) if url.server_list() == "h3"));
    assert!(setting.refused(&["--zk_url=file://host/x"]).contains("three slashes"));
}

#[test]
fn bad_addresses_are_refused_by_flag() {
    let setting = Setting::new();
    assert!(setting.refused(&["--zk_url=http://x"]).starts_with("--zk_url is not an address of ZooKeeper: "));
    assert!(setting.refused(&["--mesos_master=zk:///x"]).starts_with("--mesos_master is not"));
    assert!(setting.refused(&["--mesos_master=a b"]).starts_with("--mesos_master: `a b` is not a master"));
}

#[test]
fn listening_beyond_the_loopback_needs_a_word() {
    let setting = Setting::new();
    let error = setting.refused(&["--api_bind=0.0.0.0"]);
    assert!(error.contains("--api_credentials") && error.contains("--api_insecure"), "{error}");
    assert!(setting.config(&["--api_bind=0.0.0.0", "--api_insecure"]).is_ok());
    assert!(setting.config(&["--api_bind=127.0.0.2"]).is_ok());
    let entry = br#"{"credentials":[{"principal":"ops","secret":"x","role":"admin"}]}"#;
    let file = setting.file("api", entry, 0o600);
    assert!(setting.config(&["--api_bind=::", &format!("--api_credentials=file://{file}")]).is_ok());
}

#[test]
fn account_of_zookeeper_is_not_given_out() {
    let setting = Setting::new();
    let error = setting.refused(&["--discovery_account=me:hunter2"]);
    assert!(error.contains("give another one") && !error.contains("hunter2"), "{error}");
    assert!(setting.config(&["--discovery_account=reader:public"]).is_ok());
}

#[test]
fn principal_is_the_one_that_logs_in() {
    let setting = Setting::new();
    let file = setting.file("auth", b"principal: p1\nsecret: hunter2\n", 0o600);
    let flag = format!("--framework_authentication_file={file}");
    assert_eq!(setting.config(&[&flag]).unwrap().framework.identity.principal, "p1");
    assert_eq!(setting.config(&[]).unwrap().framework.identity.principal, "mysos");
    assert!(setting.refused(&[&flag, "--principal=p2"]).starts_with("--principal: "));
}

#[test]
fn environment_of_executors_is_a_json_list() {
    let setting = Setting::new();
    let config = setting.config(&[r#"--executor_environ=[{"name":"A","value":"b"}]"#]).unwrap();
    assert_eq!(config.launch.environment, [EnvironmentVariable { name: "A".into(), value: "b".into() }]);
    assert!(setting.refused(&["--executor_environ=A=b"]).contains("RUST_LOG"));
}

#[test]
fn places_on_agents_are_absolute() {
    let error = Setting::new().refused(&["--admin_keypath=key"]);
    assert!(error.contains("on the agents and must begin with /"), "{error}");
}

#[test]
fn nothing_shows_a_secret() {
    let setting = Setting::new();
    let config = setting.config(&["--discovery_account=reader:swordfish"]).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("swordfish"), "{shown}");
    assert!(Path::new(&setting.path("key")).exists());
}

#[test]
fn old_flags_without_use_are_taken_with_a_warning() {
    let config = Setting::new().config(&["--installer_args={}", "--backup_store_args={}"]).unwrap();
    assert_eq!(config.warnings.iter().filter(|text| text.contains("is ignored")).count(), 2);
}

#[test]
fn password_on_the_command_line_is_warned_of() {
    let setting = Setting::new();
    let warned = |config: Config| config.warnings.iter().any(|text| text.contains("process list"));
    assert!(warned(setting.config(&[]).unwrap()));
    let zk = setting.file("zk", b"zk://me:hunter2@h1/m", 0o600);
    assert!(!warned(setting.config(&[&format!("--zk_url=file://{zk}")]).unwrap()));
}

#[test]
fn flag_given_twice_counts_as_given_last() {
    let config = Setting::new().config(&["--port=1", "--port=2"]).unwrap();
    assert_eq!(config.api.port, 2);
}
