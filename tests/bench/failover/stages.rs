//! Where the time of a failover goes, by its journal: each stage ends with a step. All clocks are this machine's.

use mysos_model::Timestamp;
use serde_json::Value;

/// The stages, in their order: what they are called, and the step that ends each. The last ends with a client's write.
pub(super) const STAGES: [(&str, Option<&str>); 8] = [
    ("noticed, election begins", Some("electing")),
    ("revoked by all that count", Some("revoked")),
    ("counted and named", Some("elected")),
    ("confirmed, locked, drained", Some("drained")),
    ("armed and opened", Some("opened")),
    ("first row acknowledged", Some("proven")),
    ("published", Some("published")),
    ("a client's write", None),
];

/// Milliseconds of each stage; `None` if the journal does not have them all.
pub(super) fn of(journal: &[Value], killed: u64, written: u64) -> Option<Vec<f64>> {
    let at = |line: &Value| Timestamp::parse_rfc3339(line["at"].as_str()?);
    let first = |step: &str| journal.iter().find(|line| line["step"] == step).and_then(at);
    let elected = first("elected")?;
    let mut ends = Vec::new();
    for (_, step) in STAGES {
        ends.push(match step {
            // A member that leaves later than the winner is named was not waited for.
            Some("revoked") => {
                let revoked = journal.iter().filter(|line| line["step"] == "revoked").filter_map(at);
                revoked.filter(|at| *at <= elected).max()?
            }
            Some(step) => first(step)?,
            None => Timestamp(written),
        });
    }
    let begins = std::iter::once(Timestamp(killed)).chain(ends.iter().copied());
    Some(begins.zip(&ends).map(|(begin, end)| end.0 as f64 - begin.0 as f64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_end_with_their_steps_and_sum_up_to_the_whole() {
        let steps = [
            "exited",
            "electing",
            "revoked",
            "revoked",
            "elected",
            "revoked",
            "drained",
            "opened",
            "proven",
            "published",
        ];
        let line = |(place, step): (usize, &&str)| serde_json::json!({"at": Timestamp(1000 + 10 * place as u64).rfc3339(), "step": step});
        let journal: Vec<Value> = steps.iter().enumerate().map(line).collect();
        let stages = of(&journal, 995, 1100).unwrap();
        assert_eq!(stages, [15.0, 20.0, 10.0, 20.0, 10.0, 10.0, 10.0, 10.0]);
        assert_eq!(of(&journal[..5], 995, 1100), None);
    }
}
