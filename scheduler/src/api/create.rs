//! The fields of a creation → a wish: each rule of a new cluster that its owner can break, in the order in which they
//! are told.

use mysos_fleet::request::{Idempotency, Request};
use mysos_model::{
    Bytes, ClusterName, ClusterSpec, ClusterUser, Durability, Flavor, InstanceSize, MilliCpus, Password,
};
use ring::hmac;
use serde_json::{Map, Value};

use super::{
    caller::Caller,
    error::{ApiError, shown},
    fields::Fields,
    reading::durability_word,
    request::hex,
};
use crate::config::{ApiConfig, Limits};

/// The fields that a creation has.
pub(super) const FIELDS: &[&str] = &[
    "cluster_user",
    "num_nodes",
    "size",
    "backup_id",
    "cluster_password",
    "durability",
    "flavor",
    "version",
];

/// Members when nobody says how many.
const DEFAULT_NODES: u32 = 3;
/// The executor's own share of an instance: smaller ones could not even start it.
const EXECUTOR_SHARE: InstanceSize =
    InstanceSize { cpus: MilliCpus(10), mem: Bytes(32 << 20), disk: Bytes(1 << 20) };
/// The longest password: MySQL's own limit is far above, forms and clients seldom are.
const LONGEST_PASSWORD: usize = 128;
/// Shorter passwords are taken with a warning.
const SHORT_PASSWORD: usize = 8;

/// A creation, checked.
#[derive(Debug)]
pub(super) struct Draft {
    /// What is wanted.
    pub(super) spec: ClusterSpec,
    /// The owner's own password.
    pub(super) password: Option<Password>,
    /// What is accepted and ill-advised.
    pub(super) warning: Option<String>,
}

impl Draft {
    /// From the fields; the first wrong one is the error.
    pub(super) fn parse(fields: &Fields, config: &ApiConfig) -> Result<Self, ApiError> {
        let cluster_user = cluster_user(fields)?;
        let num_nodes = num_nodes(fields, config.limits.max_nodes)?;
        let size = size(fields, &config.limits)?;
        let password = password(fields)?;
        let durability = durability(fields, num_nodes)?;
        let flavor = flavor(fields, config.default_flavor)?;
        no_version(fields)?;
        no_backup(fields)?;
        let short = password.as_ref().is_some_and(|password| password.expose().len() < SHORT_PASSWORD);
        let warning = short.then(|| format!("cluster_password is shorter than {SHORT_PASSWORD} characters"));
        let spec = ClusterSpec { cluster_user, num_nodes, size, durability, flavor, backup_id: None };
        Ok(Self { spec, password, warning })
    }

    /// The wish that it makes, of this caller.
    pub(super) fn wish(
        self,
        name: ClusterName,
        caller: &Caller,
        key: Option<String>,
        digests: &hmac::Key,
    ) -> Request {
        let idempotency = key.map(|key| Idempotency {
            key,
            principal: caller.principal.clone(),
            digest: self.digest(&name, digests),
        });
        Request::Create {
            name,
            spec: self.spec,
            cluster_password: self.password,
            owner: caller.principal.clone(),
            idempotency,
        }
    }

    /// Keyed digest of what is wanted, with defaults filled in and units resolved: equal wishes have equal digests
    /// however they were written. Keyed, because the password is part of it.
    fn digest(&self, name: &ClusterName, key: &hmac::Key) -> String {
        let spec = &self.spec;
        let normal = Value::from(vec![
            Value::from(name.as_str()),
            Value::from(spec.cluster_user.as_str()),
            Value::from(spec.num_nodes),
            Value::from(vec![spec.size.cpus.0, spec.size.mem.0, spec.size.disk.0]),
            Value::from(durability_word(spec.durability())),
            Value::from(spec.flavor.as_str()),
            Value::from(spec.backup_id.clone()),
            Value::from(self.password.as_ref().map(|password| password.expose().to_owned())),
        ]);
        hex(hmac::sign(key, normal.to_string().as_bytes()).as_ref())
    }
}

fn cluster_user(fields: &Fields) -> Result<ClusterUser, ApiError> {
    let missing =
        || ApiError::field("cluster_user", "cluster_user is missing: name the MySQL account to be made");
    let text = fields.text("cluster_user")?.filter(|text| !text.is_empty()).ok_or_else(missing)?;
    text.parse().map_err(|error: mysos_model::NameError| ApiError::field("cluster_user", error.to_string()))
}

fn num_nodes(fields: &Fields, most: u32) -> Result<u32, ApiError> {
    let Some(text) = fields.number_text("num_nodes")? else { return Ok(DEFAULT_NODES.min(most)) };
    let wrong = || {
        let message = format!("num_nodes is {}; it must be a whole number from 1 to {most}", shown(&text));
        ApiError::field("num_nodes", message)
    };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: Option<u32> = digits.then(|| text.parse().ok()).flatten();
    number.filter(|number| (1..=most).contains(number)).ok_or_else(wrong)
}

fn size(fields: &Fields, limits: &Limits) -> Result<InstanceSize, ApiError> {
    let Some(object) = fields.object("size")? else { return Ok(InstanceSize::default()) };
    if object.len() != 3 || !["cpus", "mem", "disk"].iter().all(|key| object.contains_key(*key)) {
        let text = r#"size must have exactly cpus, mem and disk, such as {"cpus": 1.0, "mem": "512mb", "disk": "2gb"}"#;
        return Err(ApiError::field("size", text));
    }
    let size =
        InstanceSize { cpus: cpus(&object)?, mem: amount(&object, "mem")?, disk: amount(&object, "disk")? };
    large_enough(size, limits.min_size)?;
    Ok(size)
}

fn cpus(object: &Map<String, Value>) -> Result<MilliCpus, ApiError> {
    let number = match object.get("cpus") {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let wrong = || ApiError::field("size", "size: cpus must be a number such as 1 or 0.5");
    number.and_then(MilliCpus::from_cpus).ok_or_else(wrong)
}

fn amount(object: &Map<String, Value>, key: &str) -> Result<Bytes, ApiError> {
    let Some(Value::String(text)) = object.get(key) else {
        return Err(ApiError::field(
            "size",
            format!("size: {key} must be a string with a unit, such as \"512mb\""),
        ));
    };
    text.parse().map_err(|error: mysos_model::size::BytesError| {
        ApiError::field("size", format!("size: {key}: {error}"))
    })
}

fn large_enough(size: InstanceSize, least: InstanceSize) -> Result<(), ApiError> {
    let least_cpus = least.cpus.max(EXECUTOR_SHARE.cpus);
    if size.cpus < least_cpus {
        let text =
            format!("size: cpus is {}; an instance needs at least {}", size.cpus.cpus(), least_cpus.cpus());
        return Err(ApiError::field("size", text));
    }
    for (key, found, least) in [
        ("mem", size.mem, least.mem.max(EXECUTOR_SHARE.mem)),
        ("disk", size.disk, least.disk.max(EXECUTOR_SHARE.disk)),
    ] {
        if found < least {
            return Err(ApiError::field(
                "size",
                format!("size: {key} is {found}; an instance needs at least {least}"),
            ));
        }
    }
    Ok(())
}

fn password(fields: &Fields) -> Result<Option<Password>, ApiError> {
    let Some(text) = fields.text("cluster_password")?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.len() > LONGEST_PASSWORD || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let text = format!(
            "cluster_password must be 1 to {LONGEST_PASSWORD} printable ASCII characters without space"
        );
        return Err(ApiError::field("cluster_password", text));
    }
    Ok(Some(Password::new(text)))
}

fn durability(fields: &Fields, num_nodes: u32) -> Result<Option<Durability>, ApiError> {
    let Some(text) = fields.text("durability")?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let all = [Durability::Lossless, Durability::Available, Durability::Async];
    let wrong = || {
        let message = format!("durability is {}; it must be lossless, available or async", shown(&text));
        ApiError::field("durability", message)
    };
    let found = all.into_iter().find(|one| durability_word(*one) == text).ok_or_else(wrong)?;
    if found == Durability::Lossless && num_nodes < 2 {
        let text = "durability lossless needs a replica: ask for at least 2 nodes, or for available";
        return Err(ApiError::field("durability", text));
    }
    Ok(Some(found))
}

fn flavor(fields: &Fields, default: Flavor) -> Result<Flavor, ApiError> {
    match fields.text("flavor")?.filter(|text| !text.is_empty()) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| {
            ApiError::field("flavor", format!("flavor is {}; it must be mariadb or mysql", shown(&text)))
        }),
    }
}

fn no_version(fields: &Fields) -> Result<(), ApiError> {
    match fields.text("version")?.filter(|text| !text.is_empty()) {
        None => Ok(()),
        Some(text) => {
            let message =
                format!("version {} is unknown; leave it out to run the installed server", shown(&text));
            Err(ApiError::field("version", message))
        }
    }
}

fn no_backup(fields: &Fields) -> Result<(), ApiError> {
    if fields.text("backup_id")?.is_none_or(|text| text.is_empty()) {
        return Ok(());
    }
    let text =
        "backup_id: no backup store is configured (--backup_store_args); leave it out for an empty cluster";
    Err(ApiError::field("backup_id", text))
}
