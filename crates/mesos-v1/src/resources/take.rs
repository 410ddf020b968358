//! What one task needs, out of what the offers of one agent hold: reserved
//! resources first, then those of nobody, each named exactly as it was offered.

use std::fmt;

use super::bag::{Value, value_of, with_value};
use super::{Amount, Ranges, Resources};
use crate::proto::Resource;

/// What a task needs. Memory and disk are in megabytes, as Mesos has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Shares of a processor.
    pub cpus: Amount,
    /// Memory.
    pub mem: Amount,
    /// Disk in the sandbox.
    pub disk: Amount,
    /// How many ports.
    pub ports: u64,
}

/// What was taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taken {
    /// To be put into the task as they are.
    pub resources: Vec<Resource>,
    /// The ports among them, the lowest first.
    pub ports: Vec<u64>,
}

/// One resource there is too little of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// Its name.
    pub name: &'static str,
    /// What is needed.
    pub wanted: Amount,
    /// What is there.
    pub there: Amount,
}

impl Lack {
    /// How much is missing.
    pub fn missing(&self) -> Amount {
        self.wanted.less(self.there)
    }
}

/// Why nothing was taken: everything there is too little of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Shortage(pub Vec<Lack>);

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lacks: Vec<String> = self
            .0
            .iter()
            .map(|lack| format!("{} {} of {} missing", lack.missing(), lack.name, lack.wanted))
            .collect();
        f.write_str(&lacks.join(", "))
    }
}

impl Resources {
    /// Takes what a task needs, or says what is missing and takes nothing.
    /// Only [plain](Resource::is_plain) resources are used: never a volume,
    /// never what was reserved with labels.
    ///
    /// ```
    /// use mesos_v1::proto::Resource;
    /// use mesos_v1::resources::{Amount, Resources, Wanted};
    ///
    /// let offered = [
    ///     Resource::scalar_of("cpus", Amount::from_whole(2)),
    ///     Resource::scalar_of("mem", Amount::from_whole(1024)),
    /// ];
    /// let mut left: Resources = offered.iter().collect();
    /// let wanted = Wanted { cpus: Amount::from_f64(0.5), mem: Amount::from_whole(64), ..Wanted::default() };
    /// let taken = left.take(&wanted)?;
    /// assert_eq!(taken.resources[0].scalar.unwrap().value, 0.5);
    /// assert_eq!(left.scalar("cpus"), Amount::from_f64(1.5));
    /// # Ok::<(), mesos_v1::resources::Shortage>(())
    /// ```
    pub fn take(&mut self, wanted: &Wanted) -> Result<Taken, Shortage> {
        let plain = self.plain();
        let lacks = plain.lacks(wanted);
        if !lacks.is_empty() {
            return Err(Shortage(lacks));
        }
        let mut resources = Vec::new();
        for (name, amount) in wanted.scalars() {
            resources.extend(plain.scalars_up_to(name, amount));
        }
        let ports = plain.ports_up_to(wanted.ports);
        let numbers = Resources::from_iter(&ports).ranges("ports");
        resources.extend(ports);
        for resource in &resources {
            // It was cut out of an entry of this bag.
            self.remove(resource);
        }
        Ok(Taken { resources, ports: numbers.numbers().collect() })
    }

    fn lacks(&self, wanted: &Wanted) -> Vec<Lack> {
        let ports = Amount::from_whole(self.ranges("ports").count());
        wanted
            .scalars()
            .map(|(name, amount)| Lack { name, wanted: amount, there: self.scalar(name) })
            .into_iter()
            .chain([Lack { name: "ports", wanted: Amount::from_whole(wanted.ports), there: ports }])
            .filter(|lack| lack.there < lack.wanted)
            .collect()
    }

    fn scalars_up_to(&self, name: &str, amount: Amount) -> Vec<Resource> {
        let mut missing = amount;
        let mut pieces = Vec::new();
        for entry in self.reserved_first(name) {
            let Value::Scalar(there) = value_of(entry) else { continue };
            let part = there.min(missing);
            if !part.is_zero() {
                pieces.push(with_value(entry, &Value::Scalar(part)));
                missing = missing.less(part);
            }
        }
        pieces
    }

    fn ports_up_to(&self, count: u64) -> Vec<Resource> {
        let mut taken = Ranges::EMPTY;
        let mut pieces = Vec::new();
        for entry in self.reserved_first("ports") {
            let Value::Ranges(there) = value_of(entry) else { continue };
            // Minus: a number that two entries hold is still one port.
            let part = there.minus(&taken).lowest(count - taken.count());
            if !part.is_empty() {
                taken = taken.plus(&part);
                pieces.push(with_value(entry, &Value::Ranges(part)));
            }
        }
        pieces
    }

    /// Entries of a name; what is reserved is of use to nobody else.
    fn reserved_first(&self, name: &str) -> Vec<&Resource> {
        let mut entries: Vec<&Resource> = self.iter().filter(|entry| entry.name == name).collect();
        entries.sort_by_key(|entry| !entry.is_reserved());
        entries
    }
}

impl Wanted {
    fn scalars(&self) -> [(&'static str, Amount); 3] {
        [("cpus", self.cpus), ("mem", self.mem), ("disk", self.disk)]
    }
}
