//! Decides which cells are hidden, and proves for each sensitive one that what is shown does not tell its number.
//!
//! A cell is sensitive if it has a few clients. It is hidden, and others with it, until for each number that is to stay possible
//! there is a **world**: other counts for hidden cells with which all that is shown is as it is. Somebody who knows the tables,
//! the rule, and that counts are whole numbers cannot tell such a world from the truth.
//!
//! What is out already, of this batch and of earlier ones, can't be hidden any more. So sensitive cells of the tables that are
//! out need worlds, too, in which what is made now is as it is. Nothing here reads or writes anything.

use super::columns;
use super::space::{self, Cells, Counts, Kept, Place, Shown};
use super::worlds::Worlds;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is hidden, and what must stay possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// Cells with fewer clients, but with some, are sensitive.
    below: u32,
    /// Each of these numbers of clients must stay possible for a sensitive cell.
    pub(super) least: u32,
    pub(super) most: u32,
}

/// A rule that promises nothing.
#[derive(thiserror::Error, Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleFault {
    #[error("cells with fewer than 2 clients would be none")]
    Below,
    #[error("the numbers to protect must lie from 1 to one less than --suppress-below, the lower one first")]
    Range,
}

impl Rule {
    /// # Errors
    /// If it promises nothing.
    pub fn new(below: u32, range: Option<(u32, u32)>) -> Result<Rule, RuleFault> {
        if below < 2 {
            return Err(RuleFault::Below);
        }
        let (least, most) = range.unwrap_or((1, below - 1));
        if least < 1 || least >= most.max(2) || most >= below {
            return Err(RuleFault::Range);
        }
        Ok(Rule { below, least, most })
    }

    fn is_sensitive(self, counts: Counts) -> bool {
        (1..self.below).contains(&counts.clients)
    }
}

/// Sensitive cells for which no proof was found, whatever else is hidden.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[error(
    "{cells} of {sensitive} small cells: no way was found to protect them; the columns of the first: {columns}"
)]
pub struct Unprotected {
    cells: usize,
    sensitive: usize,
    columns: String,
}

/// Hides what must be hidden.
///
/// # Errors
/// If some sensitive cell can't be protected. Then nothing may be shown.
pub(super) fn protect(cells: &mut Cells, rule: Rule) -> Result<(), Unprotected> {
    begin(cells, rule);
    let mut sensitive: Vec<Place> =
        cells.all().filter(|place| rule.is_sensitive(cells.counts(*place))).collect();
    // Those with labels of more columns first: what is hidden for them serves totals, too. Then those with the fewest
    // clients: they need the largest partners.
    sensitive.sort_by_key(|place| {
        (std::cmp::Reverse(place.margin.count_ones()), cells.counts(*place).clients, *place)
    });
    let mut proofs = BTreeMap::new();
    let mut open = Vec::new();
    for place in &sensitive {
        let worlds = Worlds { cells, rule };
        match worlds.prove(*place, true) {
            Some(proof) => {
                for needed in &proof {
                    cells.set_hidden(*needed, true);
                }
                proofs.insert(*place, proof);
            }
            None => open.push(*place),
        }
    }
    if !open.is_empty() {
        return Err(unprotected(cells, &open, sensitive.len()));
    }
    show_again(cells, rule, &mut proofs);
    // Once more, of what is hidden in the end.
    let is_open = |place: &&Place| {
        let is_hidden = |needed: &Place| cells.is_hidden(*needed);
        proofs.get(*place).is_none_or(|proof| !proof.contains(*place) || !proof.iter().all(is_hidden))
    };
    let open: Vec<Place> = sensitive.iter().filter(is_open).copied().collect();
    if open.is_empty() { Ok(()) } else { Err(unprotected(cells, &open, sensitive.len())) }
}

/// Hides what is sensitive, and carries on what is out of earlier batches: a hidden cell that has not changed stays hidden, and of
/// one that has a few clients more or fewer the number that is out is shown, as the difference would tell of these few.
fn begin(cells: &mut Cells, rule: Rule) {
    let last = cells.last();
    let open: Vec<Place> = cells.of_edition(last).filter(|place| !cells.is_settled(*place)).collect();
    for place in open {
        let counts = cells.counts(place);
        if rule.is_sensitive(counts) {
            cells.set_hidden(place, true);
        } else if counts.clients > 0 {
            carry_on(cells, rule, place);
        }
    }
}

fn carry_on(cells: &mut Cells, rule: Rule, place: Place) {
    let counts = cells.counts(place);
    let earlier = (0..place.edition).rev().filter_map(|edition| cells.in_edition(place, edition));
    for (steps, before) in earlier.enumerate() {
        let kept = match cells.shown(before) {
            Shown::Hidden if steps == 0 && cells.counts(before) == counts => {
                cells.set_hidden(place, true);
                cells.settle(place);
                return;
            }
            Shown::Hidden => continue,
            Shown::Kept(kept) => kept,
            Shown::Counts(counts) => {
                Kept { counts, month: cells.editions[usize::from(before.edition)].month }
            }
        };
        if (1..rule.below).contains(&counts.clients.abs_diff(kept.counts.clients)) {
            cells.keep(place, kept);
        }
        return;
    }
}

fn unprotected(cells: &Cells, unprotected: &[Place], sensitive: usize) -> Unprotected {
    let columns = unprotected.first().map_or(0, |first| first.margin);
    let names: Vec<_> = space::of(columns).map(|column| cells.space.columns[column].name()).collect();
    let columns = if names.is_empty() { columns::TOTAL.to_owned() } else { names.join(",") };
    Unprotected { cells: unprotected.len(), sensitive, columns }
}

/// A cell that more proofs need is hardly ever done without by all of them, and to ask each takes long.
const MOST_USERS: usize = 64;

/// Shows cells again that were hidden for a proof that can do without them by now.
fn show_again(cells: &mut Cells, rule: Rule, proofs: &mut BTreeMap<Place, BTreeSet<Place>>) {
    let mut used_by: HashMap<Place, BTreeSet<Place>> = HashMap::new();
    for (place, proof) in &*proofs {
        for needed in proof {
            used_by.entry(*needed).or_default().insert(*place);
        }
    }
    let is_secondary = |place: &Place| {
        cells.is_hidden(*place) && !cells.is_settled(*place) && !rule.is_sensitive(cells.counts(*place))
    };
    let mut secondary: Vec<Place> = cells.of_edition(cells.last()).filter(is_secondary).collect();
    // Totals first, then the largest.
    secondary.sort_by_key(|place| {
        (place.margin.count_ones(), std::cmp::Reverse(cells.counts(*place).facts), *place)
    });
    for place in secondary {
        cells.set_hidden(place, false);
        let users: Vec<Place> = used_by.get(&place).into_iter().flatten().copied().collect();
        if users.len() > MOST_USERS {
            cells.set_hidden(place, true);
            continue;
        }
        let worlds = Worlds { cells, rule };
        let others: Option<Vec<_>> =
            users.iter().map(|user| Some((*user, worlds.prove(*user, false)?))).collect();
        let Some(others) = others else {
            cells.set_hidden(place, true);
            continue;
        };
        for (user, proof) in others {
            for needed in proofs.insert(user, proof.clone()).unwrap_or_default() {
                used_by.entry(needed).or_default().remove(&user);
            }
            for needed in proof {
                used_by.entry(needed).or_default().insert(user);
            }
        }
    }
}
