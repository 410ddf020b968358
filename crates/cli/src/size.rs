//! What an instance may use, as arguments: `--size cpus=1,mem=512mb,disk=2gb`, or one flag for each.

use clap::Args;
use mysos_model::{Bytes, InstanceSize, MilliCpus};
use serde_json::{Value, json};

/// The size of each instance.
#[derive(Debug, Args)]
#[command(next_help_heading = "Size of each instance")]
pub(crate) struct SizeArguments {
    /// All of it at once: cpus=1,mem=512mb,disk=2gb; what is left out keeps its default.
    #[arg(long, value_parser = parse, conflicts_with_all = ["cpus", "mem", "disk"])]
    size: Option<InstanceSize>,
    /// Cpus [default: 1]
    #[arg(long, value_parser = cpus, value_name = "N")]
    cpus: Option<MilliCpus>,
    /// Memory, server and executor together [default: 512mb]
    #[arg(long, value_name = "SIZE")]
    mem: Option<Bytes>,
    /// Disk for data and logs [default: 2gb]
    #[arg(long, value_name = "SIZE")]
    disk: Option<Bytes>,
}

impl SizeArguments {
    /// The field of a creation; `None` leaves it to the scheduler.
    pub(crate) fn field(&self) -> Option<Value> {
        let usual = InstanceSize::default();
        let size = match self.size {
            Some(size) => size,
            None if self.cpus.is_none() && self.mem.is_none() && self.disk.is_none() => return None,
            None => InstanceSize {
                cpus: self.cpus.unwrap_or(usual.cpus),
                mem: self.mem.unwrap_or(usual.mem),
                disk: self.disk.unwrap_or(usual.disk),
            },
        };
        Some(json!({
            "cpus": size.cpus.cpus(),
            "mem": text(size.mem),
            "disk": text(size.disk),
        }))
    }
}

/// Odd numbers of bytes are written without a unit: that is how the interface takes them.
fn text(bytes: Bytes) -> String {
    let shown = bytes.to_string();
    let plain = shown.strip_suffix('b').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    plain.map_or(shown.clone(), str::to_owned)
}

fn cpus(text: &str) -> Result<MilliCpus, String> {
    let number: Option<f64> = text.parse().ok();
    number
        .and_then(MilliCpus::from_cpus)
        .ok_or_else(|| format!("{text:?} is not a number of cpus; write 1 or 0.5"))
}

fn parse(text: &str) -> Result<InstanceSize, String> {
    let mut size = InstanceSize::default();
    for part in text.split(',') {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let amount = || value.parse::<Bytes>().map_err(|error| error.to_string());
        match key.trim() {
            "cpus" => size.cpus = cpus(value.trim())?,
            "mem" => size.mem = amount()?,
            "disk" => size.disk = amount()?,
            other => {
                return Err(format!("{other:?} is none of cpus, mem, disk; write cpus=1,mem=512mb,disk=2gb"));
            }
        }
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_may_leave_things_out() {
        let size = parse("mem=1gb, cpus=0.5").unwrap();
        assert_eq!((size.cpus.0, size.mem.0, size.disk.0), (500, 1 << 30, 2 << 30));
        for bad in ["", "mem", "mem=1xb", "cpus=x", "ram=1gb", "cpus=-1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_field_is_what_the_scheduler_reads() {
        let arguments = SizeArguments { size: None, cpus: None, mem: Some(Bytes(768 << 20)), disk: None };
        assert_eq!(arguments.field().unwrap(), json!({"cpus": 1.0, "mem": "768mb", "disk": "2gb"}));
        let arguments = SizeArguments { size: None, cpus: None, mem: Some(Bytes(1_000_000_001)), disk: None };
        assert_eq!(arguments.field().unwrap()["mem"], "1000000001");
        assert_eq!(SizeArguments { size: None, cpus: None, mem: None, disk: None }.field(), None);
    }
}
