//! The shortest schedule that still fails: faults are dropped one by one, then made shorter.

use crate::{Plan, run};

/// Runs at most this often for one finding.
const TRIES: usize = 400;

/// A plan with no fault that could be left out, and the same invariant broken.
pub fn shrink(plan: &Plan) -> Plan {
    let Some(broken) = run(plan).violation else { return plan.clone() };
    let mut best = plan.clone();
    let mut tries = 0;
    let mut fails = |candidate: &Plan| {
        tries += 1;
        tries <= TRIES && run(candidate).violation.is_some_and(|it| it.invariant == broken.invariant)
    };
    while let Some(shorter) = smaller(&best).into_iter().find(|candidate| fails(candidate)) {
        best = shorter;
    }
    best
}

/// Every plan that is one fault, or half a time, smaller.
fn smaller(plan: &Plan) -> Vec<Plan> {
    let dropped = (0..plan.faults.len()).map(|at| {
        let mut plan = plan.clone();
        plan.faults.remove(at);
        plan
    });
    let halved = (0..plan.faults.len()).filter(|at| plan.faults[*at].lasts > 100).map(|at| {
        let mut plan = plan.clone();
        plan.faults[at].lasts /= 2;
        plan
    });
    dropped.chain(halved).collect()
}
