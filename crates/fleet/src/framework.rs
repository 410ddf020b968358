//! The life of our subscription: who we are, the id that is saved first, an id that is lost.

use mysos_model::{Dice, Timestamp, record::Extra, wire::state::SavedFramework};

use crate::{
    Action, Config, Decision, Fleet,
    change::{Durable, Noted},
    event::Loaded,
    reconcile,
};

/// The connection to Mesos.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// How it is.
    pub state: LinkState,
    /// Since when.
    pub since: Timestamp,
    /// Whether it was subscribed at any time since the start.
    pub ever: bool,
}

/// How the connection to Mesos is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// Events come.
    Subscribed,
    /// Not subscribed; the shell tries.
    Disconnected {
        /// Why.
        why: String,
    },
    /// Mesos says that our id is dead. Trying again would not help.
    Lost {
        /// Its words.
        why: String,
    },
}

impl Default for Link {
    fn default() -> Self {
        let state = LinkState::Disconnected { why: "not subscribed yet".to_owned() };
        Self { state, since: Timestamp::default(), ever: false }
    }
}

/// The saved state has been read: check that it is ours before anything is believed.
pub(crate) fn loaded(config: &Config, now: Timestamp, loaded: &Loaded, d: &mut Decision) {
    if let Some(why) = disagreement(config, loaded) {
        d.act(Action::Halt { why });
        return;
    }
    d.note(Noted::Loaded(Box::new(loaded.clone()), now));
    if loaded.framework.is_none() {
        d.save(Durable::FrameworkFounded(SavedFramework {
            cluster_uid: loaded.drawn_uid.clone(),
            framework_id: None,
            user: config.identity.user.clone(),
            principal: config.identity.principal.clone(),
            role: config.identity.role.clone(),
            abandoned: std::collections::BTreeMap::new(),
            orphans: std::collections::BTreeMap::new(),
            extra: Extra::new(),
        }));
    }
}

/// Why the saved state cannot be used with these flags.
fn disagreement(config: &Config, loaded: &Loaded) -> Option<String> {
    let Some(saved) = &loaded.framework else {
        return (!loaded.clusters.is_empty()).then(|| {
            format!(
                "{} clusters are saved but no framework: the state is damaged, or --zk_url names another \
                 path; nothing was touched",
                loaded.clusters.len()
            )
        });
    };
    let launched = || {
        loaded
            .clusters
            .iter()
            .any(|(cluster, _)| cluster.instances.values().any(|i| i.state.task().is_some()))
    };
    if saved.framework_id.is_none() && launched() {
        return Some(
            "tasks are saved but no framework id: the state is damaged; nothing was touched".to_owned(),
        );
    }
    let identity = &config.identity;
    let show = |principal: &Option<String>| principal.clone().unwrap_or_else(|| "none".to_owned());
    [
        ("--framework_user", saved.user.clone(), identity.user.clone()),
        ("--framework_role", saved.role.clone(), identity.role.clone()),
        ("the principal", show(&saved.principal), show(&identity.principal)),
    ]
    .into_iter()
    .find(|(_, saved, flag)| saved != flag)
    .map(|(what, saved, flag)| {
        format!(
            "{what} was {saved} when this framework was made and is {flag} now, which Mesos does not allow; \
             set it back, or use another path in --zk_url for another framework"
        )
    })
}

/// Mesos took our subscription. A new id is saved before anything else; then the questions begin.
pub(crate) fn subscribed(fleet: &Fleet, now: Timestamp, id: &str, dice: &mut Dice, d: &mut Decision) {
    match fleet.framework().and_then(|framework| framework.framework_id.as_deref()) {
        None => {
            d.save(Durable::FrameworkNamed { id: id.to_owned() });
            d.act(Action::ConfirmFramework);
        }
        Some(saved) if saved == id => {}
        Some(saved) => {
            let why =
                format!("Mesos calls us framework {id}, but {saved} is saved: another state is in use here");
            d.act(Action::Halt { why });
            return;
        }
    }
    d.note(Noted::Subscribed { at: now });
    reconcile::begin(fleet, now, dice, d);
}
