//! A bag of resources. Two that differ only in their amount are one entry;
//! persistent volumes are never added to each other.

use std::collections::BTreeSet;

use super::{Amount, Ranges};
use crate::proto::{Resource, value};

/// Resources of one agent, added up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resources(Vec<Resource>);

impl<'a> FromIterator<&'a Resource> for Resources {
    fn from_iter<I: IntoIterator<Item = &'a Resource>>(resources: I) -> Self {
        let mut bag = Resources::default();
        for resource in resources {
            bag.add(resource);
        }
        bag
    }
}

impl Resources {
    /// The entries, as messages to be sent.
    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.0.iter()
    }

    /// The entries, as messages to be sent.
    pub fn into_vec(self) -> Vec<Resource> {
        self.0
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts one in.
    pub fn add(&mut self, resource: &Resource) {
        if is_nothing(resource) {
            return;
        }
        match self.0.iter_mut().find(|entry| adds_up(entry, resource)) {
            Some(entry) => *entry = with_value(entry, &value_of(entry).plus(&value_of(resource))),
            None => self.0.push(resource.clone()),
        }
    }

    /// Whether all of another bag is in this one.
    pub fn contains(&self, other: &Resources) -> bool {
        self.minus(other).is_some()
    }

    /// The rest, or nothing if the other bag is not all in this one.
    pub fn minus(&self, other: &Resources) -> Option<Resources> {
        let mut rest = self.clone();
        other.iter().try_for_each(|resource| rest.remove(resource))?;
        Some(rest)
    }

    /// The entries that a condition holds for.
    #[must_use]
    pub fn only(&self, condition: impl Fn(&Resource) -> bool) -> Resources {
        Resources(self.0.iter().filter(|entry| condition(entry)).cloned().collect())
    }

    /// What any task may use up; see [`Resource::is_plain`].
    #[must_use]
    pub fn plain(&self) -> Resources {
        self.only(Resource::is_plain)
    }

    /// The sum of the scalars of a name.
    pub fn scalar(&self, name: &str) -> Amount {
        self.named(name).filter_map(|entry| entry.scalar).map(|scalar| Amount::from_f64(scalar.value)).sum()
    }

    /// All ranges of a name together.
    pub fn ranges(&self, name: &str) -> Ranges {
        self.named(name)
            .filter_map(|entry| entry.ranges.as_ref())
            .fold(Ranges::EMPTY, |all, ranges| all.plus(&Ranges::from_proto(ranges)))
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.0.iter().filter(move |entry| entry.name == name)
    }

    /// Takes one out. It has to come from a single entry.
    pub(super) fn remove(&mut self, resource: &Resource) -> Option<()> {
        if is_nothing(resource) {
            return Some(());
        }
        let at = self.0.iter().position(|entry| adds_up(entry, resource) || entry == resource)?;
        let entry = self.0.get_mut(at)?;
        let rest = with_value(entry, &value_of(entry).minus(&value_of(resource))?);
        if is_nothing(&rest) {
            self.0.remove(at);
        } else {
            *entry = rest;
        }
        Some(())
    }
}

/// The amount of a resource.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Scalar(Amount),
    Ranges(Ranges),
    Set(BTreeSet<String>),
}

impl Value {
    fn plus(&self, other: &Value) -> Value {
        match (self, other) {
            (Value::Scalar(a), Value::Scalar(b)) => Value::Scalar(*a + *b),
            (Value::Ranges(a), Value::Ranges(b)) => Value::Ranges(a.plus(b)),
            (Value::Set(a), Value::Set(b)) => Value::Set(a | b),
            // Entries that add up have the same type.
            _ => self.clone(),
        }
    }

    fn minus(&self, other: &Value) -> Option<Value> {
        match (self, other) {
            (Value::Scalar(a), Value::Scalar(b)) if a >= b => Some(Value::Scalar(a.less(*b))),
            (Value::Ranges(a), Value::Ranges(b)) if a.contains(b) => Some(Value::Ranges(a.minus(b))),
            (Value::Set(a), Value::Set(b)) if a.is_superset(b) => Some(Value::Set(a - b)),
            _ => None,
        }
    }
}

pub(super) fn value_of(resource: &Resource) -> Value {
    if let Some(ranges) = &resource.ranges {
        Value::Ranges(Ranges::from_proto(ranges))
    } else if let Some(set) = &resource.set {
        Value::Set(set.item.iter().cloned().collect())
    } else {
        Value::Scalar(Amount::from_f64(resource.scalar.unwrap_or_default().value))
    }
}

/// The same resource with another amount.
pub(super) fn with_value(resource: &Resource, value: &Value) -> Resource {
    let mut changed = resource.clone();
    match value {
        Value::Scalar(amount) => changed.scalar = Some(value::Scalar { value: amount.as_f64() }),
        Value::Ranges(ranges) => changed.ranges = Some(ranges.to_proto()),
        Value::Set(items) => changed.set = Some(value::Set { item: items.iter().cloned().collect() }),
    }
    changed
}

fn is_nothing(resource: &Resource) -> bool {
    match value_of(resource) {
        Value::Scalar(amount) => amount.is_zero(),
        Value::Ranges(ranges) => ranges.is_empty(),
        Value::Set(items) => items.is_empty(),
    }
}

/// Whether two resources differ in nothing but their amount, and may be added.
fn adds_up(a: &Resource, b: &Resource) -> bool {
    let bare = |resource: &Resource| Resource { scalar: None, ranges: None, set: None, ..resource.clone() };
    a.name == b.name && a.volume_id().is_none() && b.volume_id().is_none() && bare(a) == bare(b)
}
