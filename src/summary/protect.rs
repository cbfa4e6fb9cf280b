//! Decides which cells are hidden, and proves for each sensitive one that what is shown does not tell its number.
//!
//! A cell is sensitive if it has a few clients. It is hidden, and others with it, until for each number that is to stay possible
//! there is a **world**: other counts for hidden cells with which all that is shown is as it is. Somebody who knows the tables,
//! the rule, and that counts are whole numbers cannot tell such a world from the truth.
//!
//! What is out already, of this batch and of earlier ones, can't be hidden any more. So sensitive cells of the tables that are
//! out need worlds, too, in which what is made now is as it is. Nothing here reads or writes anything.

use super::chains::tries_of;
use super::columns;
use super::space::{self, Cells, Counts, Kept, Place, Shown};
use super::worlds::Worlds;
use crate::parallel::for_each;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::num::NonZeroUsize;

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

    /// Whether so many clients are few, but some.
    pub(super) fn is_few(self, counts: Counts) -> bool {
        (1..self.below).contains(&counts.clients)
    }

    /// Whether a cell with so many clients must be hidden where so many people live: few of them are clients, few are not, or
    /// there are few people altogether.
    fn is_sensitive_of(self, clients: u32, people: &[u64]) -> bool {
        let is_sensitive = |people: &u64| {
            *people < space::LEAST_POPULATION || *people < u64::from(clients) + u64::from(self.below)
        };
        clients > 0 && (clients < self.below || people.iter().any(is_sensitive))
    }

    fn is_sensitive(self, cells: &Cells, place: Place) -> bool {
        self.is_sensitive_of(cells.counts(place).clients, cells.populations(place))
    }

    /// Which numbers of clients must stay possible for a sensitive cell, from the least to the most: few clients; and where few
    /// people are no clients, so many that these are few. Of clients that are more than the people nothing is promised: such a
    /// population does not fit them.
    pub(super) fn ranges(self, cells: &Cells, place: Place) -> BTreeSet<(i64, i64)> {
        let (least, most) = (i64::from(self.least), i64::from(self.most));
        let clients = cells.counts(place).clients;
        let of_population = |people: &u64| {
            if *people < space::LEAST_POPULATION {
                return Some((least, most));
            }
            let others = people.checked_sub(u64::from(clients))?;
            let people = i64::try_from(*people).ok()?;
            (others < u64::from(self.below)).then_some((people - most, people - least))
        };
        let few = (1..self.below).contains(&clients).then_some((least, most));
        let of_populations = cells.populations(place).iter().filter_map(of_population);
        few.into_iter().chain(of_populations.filter(|_| clients > 0)).collect()
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

/// So many cells are looked at at once, on however many threads, so that the same is hidden on all machines.
const AT_ONCE: usize = 64;

/// Once so many cells have no way, it is refused whatever else is found, and no more time is spent on hard ones.
const HOPELESS: usize = 16;

/// The cells that must be hidden for each sensitive cell, itself among them.
type Proofs = BTreeMap<Place, BTreeSet<Place>>;

/// Hides what must be hidden.
///
/// # Errors
/// If some sensitive cell can't be protected. Then nothing may be shown.
pub(super) fn protect(cells: &mut Cells, rule: Rule, threads: NonZeroUsize) -> Result<(), Unprotected> {
    begin(cells, rule);
    let mut sensitive: Vec<Place> = cells.all().filter(|place| rule.is_sensitive(cells, *place)).collect();
    // Those with labels of more columns first: what is hidden for them serves totals, too. Then those with the fewest
    // clients: they need the largest partners.
    sensitive.sort_by_key(|place| {
        (std::cmp::Reverse(place.margin.count_ones()), cells.counts(*place).clients, *place)
    });
    let tries = tries_of(sensitive.len());
    let mut proofs = Proofs::new();
    let mut open = Vec::new();
    for some in sensitive.chunks(AT_ONCE) {
        let may_solve = open.len() < HOPELESS;
        let worlds = Worlds { cells, rule, shown: None, tries, may_solve };
        let found = each_of(some, threads, |place| worlds.prove(*place, true));
        let mut has_hidden = false;
        for (place, proof) in some.iter().zip(found) {
            let is_shown = |proof: &BTreeSet<Place>| proof.iter().any(|needed| !cells.is_hidden(*needed));
            // What was hidden meanwhile may serve this one, too.
            let proof = if has_hidden && proof.as_ref().is_none_or(is_shown) {
                Worlds { cells, rule, shown: None, tries, may_solve }.prove(*place, true)
            } else {
                proof
            };
            let Some(proof) = proof else {
                open.push(*place);
                continue;
            };
            for needed in &proof {
                has_hidden |= !cells.is_hidden(*needed);
                cells.set_hidden(*needed, true);
            }
            proofs.insert(*place, proof);
        }
    }
    if !open.is_empty() {
        return Err(unprotected(cells, &open, sensitive.len()));
    }
    show_again(cells, rule, threads, &mut proofs);
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
        if rule.is_sensitive(cells, place) {
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
            // Beside the people of today the earlier number may tell of few.
            if rule.is_sensitive_of(kept.counts.clients, cells.populations(place)) {
                cells.set_hidden(place, true);
                cells.settle(place);
            } else {
                cells.keep(place, kept);
            }
        }
        return;
    }
}

fn unprotected(cells: &Cells, unprotected: &[Place], sensitive: usize) -> Unprotected {
    let columns = unprotected.first().map_or(0, |first| first.margin);
    let columns = match columns {
        0 => columns::TOTAL.to_owned(),
        _ => columns::names_of(space::of(columns).map(|column| cells.space.columns[column])),
    };
    Unprotected { cells: unprotected.len(), sensitive, columns }
}

/// A cell that more proofs need is hardly ever done without by all of them, and to ask each takes long.
const MOST_USERS: usize = 64;

/// Shows cells again that were hidden for a proof that can do without them by now.
fn show_again(cells: &mut Cells, rule: Rule, threads: NonZeroUsize, proofs: &mut Proofs) {
    let tries = tries_of(proofs.len());
    let mut used_by: HashMap<Place, BTreeSet<Place>> = HashMap::new();
    for (place, proof) in &*proofs {
        for needed in proof {
            used_by.entry(*needed).or_default().insert(*place);
        }
    }
    let is_secondary = |place: &Place| {
        cells.is_hidden(*place) && !cells.is_settled(*place) && !rule.is_sensitive(cells, *place)
    };
    let mut secondary: Vec<Place> = cells.of_edition(cells.last()).filter(is_secondary).collect();
    // Totals first, then the largest.
    secondary.sort_by_key(|place| {
        (place.margin.count_ones(), std::cmp::Reverse(cells.counts(*place).facts), *place)
    });
    for some in secondary.chunks(AT_ONCE) {
        let without = |place: &Place| {
            without(Worlds { cells, rule, shown: Some(*place), tries, may_solve: false }, used_by.get(place))
        };
        let found = each_of(some, threads, without);
        for (place, others) in some.iter().zip(found) {
            let Some(mut others) = others else { continue };
            // Others were shown meanwhile: do the same proofs still need this one, and can they do without both?
            let users = used_by.get(place);
            let is_as_before = users.map_or(0, BTreeSet::len) == others.len()
                && others.iter().all(|(user, proof)| {
                    users.is_some_and(|users| users.contains(user))
                        && proof.iter().all(|needed| cells.is_hidden(*needed))
                });
            if !is_as_before {
                let worlds = Worlds { cells, rule, shown: Some(*place), tries, may_solve: false };
                let Some(found) = self::without(worlds, users) else { continue };
                others = found;
            }
            cells.set_hidden(*place, false);
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
}

/// Proofs in which a cell is shown, for those that need it hidden; none if one can't do without.
fn without(worlds: Worlds<'_>, users: Option<&BTreeSet<Place>>) -> Option<Proofs> {
    let users = users.into_iter().flatten();
    if users.clone().count() > MOST_USERS {
        return None;
    }
    users.map(|user| Some((*user, worlds.prove(*user, false)?))).collect()
}

/// What comes of each place, in their order.
fn each_of<T: Send>(places: &[Place], threads: NonZeroUsize, work: impl Fn(&Place) -> T + Sync) -> Vec<T> {
    let Ok(found) = for_each(places, threads, |place| Ok::<T, Infallible>(work(place)));
    found
}
