//! Worlds by a **chain** of changes to cells that are hidden already, or, where nothing else does, may be hidden.
//!
//! The same number is added to cells or taken from them, as in a shift, but they need not be the corners of a box. Each sum that no
//! longer holds is mended by another of its hidden cells, of which the sums are mended in turn, until all hold. Where that leads
//! nowhere, other cells are tried, in longer and longer chains.

use super::columns::Relation;
use super::space::Place;
use super::worlds::{Cost, Line, Scope, World, Worlds, one_after_the_other, steps};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// So many cells a chain may have, in one attempt after the other.
const LENGTHS: [usize; 5] = [6, 9, 14, 20, 30];

/// So many changes are tried in each attempt, for all sensitive cells together; for one of them within these limits. So small tables
/// are searched through, and large ones take no longer.
const TRIED_FOR_ALL: usize = 400_000;
pub(super) const TRIED: RangeInclusive<usize> = 40..=1_000;

/// How many changes are tried in each attempt for one of so many sensitive cells.
pub(super) fn tries_of(sensitive: usize) -> usize {
    (TRIED_FOR_ALL / sensitive.max(1)).clamp(*TRIED.start(), *TRIED.end())
}

impl Worlds<'_> {
    /// The cells that change in worlds in which a cell has up to `by` more clients, or fewer, and what it costs to hide them: by shifts
    /// and chains one after the other. One shift alone was tried before, and did not do.
    pub(super) fn chains(&self, place: Place, by: i64, may_hide: bool) -> Option<(Cost, BTreeSet<Place>)> {
        let scopes = self.scopes(place, may_hide);
        let next = |world: &World, left: i64| {
            // A shift needs less time. So each chain is looked for only where no shift is possible.
            let shift = |step| Some((step, 0, self.best_shift(world, place, step, may_hide)?.1));
            let chain = |step| {
                let world = scopes.iter().find_map(|scope| self.chain(world, place, step, scope))?;
                Some((step, 0, world))
            };
            let known = usize::from(world.is_empty());
            steps(left).skip(known).find_map(shift).or_else(|| steps(left).find_map(chain))
        };
        let (_, changed) = one_after_the_other(by, next)?;
        Some((self.cost_of_all(&changed), changed))
    }

    /// A world that a chain makes of another one.
    fn chain(&self, from: &World, place: Place, by: i64, scope: &Scope) -> Option<World> {
        LENGTHS.iter().find_map(|length| {
            let mut chain = Chain {
                worlds: *self,
                scope,
                by,
                world: from.clone(),
                changed: BTreeMap::new(),
                broken: BTreeMap::new(),
                left_to_try: self.tries,
            };
            if !chain.may_change(place, 1) {
                return None;
            }
            chain.change(place, 1);
            chain.close(*length).then_some(chain.world)
        })
    }
}

/// A chain that is made.
struct Chain<'a> {
    worlds: Worlds<'a>,
    scope: &'a Scope,
    by: i64,
    world: World,
    /// How often `by` was added to each of its cells: 1 or -1. Of cells to which the same is done only one is here.
    changed: BTreeMap<Place, i64>,
    /// The sums that do not hold: how often the parts have `by` more than the total.
    broken: BTreeMap<Line, i64>,
    left_to_try: usize,
}

impl<'a> Chain<'a> {
    /// Adds `by` to a cell's numbers so often, which may be -1 times.
    fn change(&mut self, place: Place, times: i64) {
        let all = self.changed.entry(self.first_of(place)).or_default();
        *all += times;
        if *all == 0 {
            self.changed.remove(&self.first_of(place));
        }
        for place in self.worlds.alike(place, self.scope) {
            self.change_alone(place, times);
        }
    }

    /// Of the cells to which the same is done, the first.
    fn first_of(&self, place: Place) -> Place {
        self.worlds.alike(place, self.scope).next().unwrap_or(place)
    }

    fn change_alone(&mut self, place: Place, times: i64) {
        let change = self.world.entry(place).or_default();
        change.facts += times * self.by;
        change.doses += times * self.by;
        change.clients += times * self.by;
        if change.clients == 0 {
            self.world.remove(&place);
        }
        for line in self.sums_of(place) {
            let broken = self.broken.entry(line).or_default();
            *broken += more_in(line, place, times);
            if *broken == 0 {
                self.broken.remove(&line);
            }
        }
    }

    /// The sums of facts in which a cell stands, as a total or as a part.
    fn sums_of(&self, place: Place) -> impl Iterator<Item = Line> + use<'a> {
        let columns = &self.worlds.cells.space.columns;
        self.worlds.lines_at(place).filter(move |line| columns[line.column].relations()[0] == Relation::Sum)
    }

    /// Changes more cells until all holds.
    fn close(&mut self, longest: usize) -> bool {
        if self.left_to_try == 0 {
            return false;
        }
        self.left_to_try -= 1;
        if self.broken.is_empty() {
            return self.close_pair(longest);
        }
        // A cell mends one sum of each column and edition at most.
        let editions = self.scope.editions.clone().count();
        let sums = editions * self.worlds.cells.space.columns.len();
        let most = sums * longest.saturating_sub(self.changed.len());
        if self.broken.values().map(|times| times.unsigned_abs() as usize).sum::<usize>() > most {
            return false;
        }
        for (place, times) in self.mending() {
            self.change(place, times);
            if self.close(longest) {
                return true;
            }
            self.change(place, -times);
        }
        false
    }

    /// All sums hold. What has not changed between two batches must change in the same way in both.
    fn close_pair(&mut self, longest: usize) -> bool {
        let Some((one, other)) = self.worlds.differing(&self.world) else {
            return self.worlds.is_possible(&self.world);
        };
        let times = |place| self.changed.get(&self.first_of(place));
        let (times, place) = match (times(one), times(other)) {
            (Some(times), None) => (*times, other),
            (None, Some(times)) => (*times, one),
            _ => return false,
        };
        if self.changed.len() >= longest || !self.may_change(place, times) {
            return false;
        }
        self.change(place, times);
        if self.close(longest) {
            return true;
        }
        self.change(place, -times);
        false
    }

    /// How cells may be changed to mend the sum that the fewest cells can mend; first those that mend others, too.
    fn mending(&self) -> Vec<(Place, i64)> {
        let mut fewest: Option<Vec<(Place, i64)>> = None;
        for (line, times) in &self.broken {
            let most = fewest.as_ref().map_or(usize::MAX, Vec::len);
            let parts = self.worlds.places_of(*line).map(|part| (part, -times.signum()));
            let all = [(line.total, times.signum())].into_iter().chain(parts);
            let found: Vec<(Place, i64)> =
                all.filter(|(place, times)| self.may_change(*place, *times)).take(most).collect();
            if found.len() < most {
                fewest = Some(found);
            }
            if fewest.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
        }
        let mut fewest = fewest.unwrap_or_default();
        fewest.sort_by_cached_key(|(place, times)| {
            let mended = self.sums_of(*place).map(|line| {
                let broken = self.broken.get(&line).copied().unwrap_or_default();
                (broken + more_in(line, *place, *times)).abs() - broken.abs()
            });
            (!self.worlds.is_hidden(*place), mended.sum::<i64>(), *place)
        });
        fewest
    }

    fn may_change(&self, place: Place, times: i64) -> bool {
        let may_have = |place| {
            let clients = self.worlds.clients(&self.world, place) + times * self.by;
            self.worlds.cells.may_have(place, clients)
        };
        self.worlds.may_change(place, self.scope)
            && !self.changed.contains_key(&self.first_of(place))
            && self.worlds.alike(place, self.scope).all(may_have)
    }
}

/// How often a sum's parts have more than the total if a cell of it is changed so often.
fn more_in(line: Line, place: Place, times: i64) -> i64 {
    if line.total == place { -times } else { times }
}
