//! The floors of the house, from the words up to the bodies, and the yard beside it.

/// One package: what of ours it may import, and what of others.
#[derive(Debug)]
pub(super) struct Floor {
    pub(super) package: &'static str,
    ours: Ours,
    pub(super) foreign: Foreign,
    pub(super) because: &'static str,
}

#[derive(Debug)]
enum Ours {
    Only(&'static [&'static str]),
    Anything,
}

#[derive(Debug)]
pub(super) enum Foreign {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

/// Packages that nobody imports, but they themselves.
pub(super) static YARD: [&str; 4] = ["mysos-fakes", "mysos-sim", "mysos-tests", "mysos-xtask"];

/// Errors of a library are typed; only programs put them together loosely. TLS is rustls everywhere.
const LIBRARY: Foreign =
    Foreign::AllBut(&["anyhow", "openssl", "native-tls", "zookeeper-client", "mysql_async"]);
const PURE: Foreign = Foreign::Only(&["serde", "serde_json", "thiserror"]);

static FLOORS: &[Floor] = &[
    Floor {
        package: "mysos-model",
        ours: Ours::Only(&[]),
        foreign: PURE,
        because: "the vocabulary knows nothing but how to be written down",
    },
    Floor {
        package: "mysos-fleet",
        ours: Ours::Only(&["mysos-model"]),
        foreign: PURE,
        because: "a mind decides from what it is given: no I/O, no clock, no chance, not the other mind",
    },
    Floor {
        package: "mysos-ha",
        ours: Ours::Only(&["mysos-model"]),
        foreign: PURE,
        because: "a mind decides from what it is given: no I/O, no clock, no chance, not the other mind",
    },
    Floor {
        package: "mesos-v1",
        ours: Ours::Only(&[]),
        foreign: LIBRARY,
        because: "it is published on its own",
    },
    Floor {
        package: "serverset",
        ours: Ours::Only(&[]),
        foreign: LIBRARY,
        because: "it is published on its own",
    },
    Floor {
        package: "mysos-zk",
        ours: Ours::Only(&["mysos-model"]),
        foreign: Foreign::AllBut(&["anyhow", "openssl", "native-tls", "mysql_async"]),
        because: "a hand knows no mind; it alone names a ZooKeeper client",
    },
    Floor {
        package: "mysos-mysql-admin",
        ours: Ours::Only(&["mysos-model"]),
        foreign: Foreign::AllBut(&["anyhow", "openssl", "native-tls", "zookeeper-client"]),
        because: "a hand knows no mind; it alone names a MySQL client",
    },
    Floor {
        package: "mysos-backup",
        ours: Ours::Only(&["mysos-model", "mysos-mysql-admin"]),
        foreign: LIBRARY,
        because: "a hand knows no mind",
    },
    Floor {
        package: "mysos-scheduler",
        ours: Ours::Only(&[
            "mysos-model",
            "mysos-fleet",
            "mysos-ha",
            "mesos-v1",
            "mysos-zk",
            "serverset",
            "mysos-backup",
        ]),
        foreign: Foreign::AllBut(&["openssl", "native-tls", "zookeeper-client", "mysql_async"]),
        because: "the scheduler places and wishes; it opens no MySQL connection",
    },
    Floor {
        package: "mysos-executor",
        ours: Ours::Only(&[
            "mysos-model",
            "mysos-ha",
            "mesos-v1",
            "mysos-zk",
            "serverset",
            "mysos-mysql-admin",
            "mysos-backup",
        ]),
        foreign: Foreign::AllBut(&["openssl", "native-tls", "zookeeper-client", "mysql_async"]),
        because: "a member keeps its data; it does not know the fleet",
    },
    Floor {
        package: "mysos-local",
        ours: Ours::Only(&["mysos-model"]),
        foreign: LIBRARY,
        because: "it starts programs and knows no mind",
    },
    Floor {
        package: "mysos-cli",
        ours: Ours::Only(&["mysos-model", "mysos-local"]),
        foreign: Foreign::AllBut(&["openssl", "native-tls", "zookeeper-client", "mysql_async"]),
        because: "it speaks HTTP with the scheduler, and nothing else with anybody",
    },
    Floor {
        package: "mysos-sim",
        ours: Ours::Only(&["mysos-model", "mysos-ha"]),
        foreign: Foreign::Only(&[]),
        because: "an imagined world: the mind is real, nothing else is",
    },
    Floor {
        package: "mysos-tests",
        ours: Ours::Anything,
        foreign: Foreign::AllBut(&[]),
        because: "tests may use what they like",
    },
    Floor {
        package: "mysos-xtask",
        ours: Ours::Anything,
        foreign: Foreign::AllBut(&[]),
        because: "chores may use what they like",
    },
];

/// The floor of a package.
pub(super) fn floor(package: &str) -> Option<&'static Floor> {
    FLOORS.iter().find(|floor| floor.package == package)
}

impl Floor {
    /// Whether it may import this package of ours.
    pub(super) fn imports(&self, other: &str) -> bool {
        match self.ours {
            Ours::Only(these) => these.contains(&other),
            Ours::Anything => true,
        }
    }

    pub(super) fn is_yard(&self) -> bool {
        YARD.contains(&self.package)
    }
}
