//! Facts that share an IMMUNFACT_ID, among those that pass the rules.

use super::outcome::Readings;
use crate::policy::ConsentRule;
use crate::registry::{Sharing, sharing};

/// What facts that share an IMMUNFACT_ID are to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Under the rule in force. The others play no part in it.
    pub in_force: Sharing,
    /// The rules under which one of them is included.
    pub included: Readings,
}

/// Judges facts that share an IMMUNFACT_ID, for each rule among those that pass under it. `group` is reordered:
/// those that pass under the rule in force come first, in the order they had; the second value says how many.
pub fn settle_group<T: Copy>(
    group: &mut [T],
    in_force: ConsentRule,
    readings: impl Fn(&T) -> Readings,
    same: impl Fn(&T, &T) -> bool,
) -> (Finding, usize) {
    if let [fact] = group {
        let passing = usize::from(readings(fact).contains(in_force));
        return (Finding { in_force: Sharing::Single, included: readings(fact) }, passing);
    }
    let mut included = Readings::NONE;
    for rule in ConsentRule::ALL {
        let passing: Vec<T> = group.iter().copied().filter(|fact| readings(fact).contains(rule)).collect();
        let one_is_included = !passing.is_empty() && sharing(&passing, &same) != Sharing::Conflicting;
        included = included.with(rule, one_is_included);
    }
    group.sort_by_key(|fact| !readings(fact).contains(in_force));
    let passing = group.partition_point(|fact| readings(fact).contains(in_force));
    (Finding { in_force: sharing(&group[..passing], &same), included }, passing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_works_it_out_for_itself() {
        // Each fact: what it holds, and how many of the three rules, from the widest, it passes under.
        let check = |facts: &[(char, usize)], in_force: Sharing, included: [bool; 3]| {
            let readings = |fact: &(char, usize)| {
                let holds = |rule: ConsentRule| (rule as usize) < fact.1;
                ConsentRule::ALL.into_iter().fold(Readings::NONE, |all, rule| all.with(rule, holds(rule)))
            };
            let mut group = facts.to_vec();
            let (finding, _) =
                settle_group(&mut group, ConsentRule::ActiveOnAsOf, readings, |a, b| a.0 == b.0);
            assert_eq!(finding.in_force, in_force, "{facts:?}");
            assert_eq!(ConsentRule::ALL.map(|rule| finding.included.contains(rule)), included, "{facts:?}");
        };
        check(&[('a', 3)], Sharing::Single, [true, true, true]);
        check(&[('a', 1)], Sharing::Single, [true, false, false]);
        check(&[('a', 2), ('a', 2)], Sharing::Repeated, [true, true, false]);
        check(&[('a', 3), ('b', 3)], Sharing::Conflicting, [false, false, false]);
        check(&[('a', 3), ('b', 1)], Sharing::Single, [false, true, true]);
        check(&[('b', 1), ('a', 3), ('c', 2)], Sharing::Conflicting, [false, false, true]);
        check(&[('a', 2), ('a', 2), ('b', 1)], Sharing::Repeated, [false, true, false]);
    }
}
