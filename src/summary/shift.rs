//! Worlds by a **shift**: the same number is added to some cells and taken from others, so that every sum stays as it is.
//!
//! For each column it either goes from one label to another, or it changes the column's total as well. Where it goes to another
//! label in every column of a table, the corners of a box change, and no total does. It may go in the same way in the tables of
//! several batches.

use super::MOST_COLUMNS;
use super::space::{self, AT_TOTAL, Columns, Place, Places, is_part_of, subsets};
use super::worlds::{Change, Cost, World, Worlds, one_after_the_other, steps};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// So many worlds are tried at most for one cell and one choice of columns.
const MOST_TRIED: usize = 20_000;

/// What a cell costs that is a total along one column more: more than all cells that a shift could need else.
pub(super) const COST_OF_TOTAL: Cost = 1 << 16;

/// The margins that a shift changes, each with its edition.
type Touched = Vec<(u8, Columns)>;

impl Worlds<'_> {
    /// The shift of a world that hides least.
    pub(super) fn best_shift(
        &self,
        from: &World,
        place: Place,
        by: i64,
        may_hide: bool,
    ) -> Option<(Cost, World)> {
        let mut choices: Vec<Columns> = subsets(place.margin).collect();
        choices.sort_by_key(|columns| (std::cmp::Reverse(columns.count_ones()), *columns));
        let mut best: Option<(Cost, World)> = None;
        for moved in choices {
            let most = if may_hide { best.as_ref().map_or(Cost::MAX, |(cost, _)| *cost) } else { 1 };
            let mut search = Search { worlds: *self, from, place, by, moved, most, tried: 0 };
            for editions in self.choices_of_editions(place) {
                if let Some(found) = search.run(&editions) {
                    best = Some(found);
                }
                if search.most == 0 {
                    return best;
                }
            }
        }
        best
    }

    /// Shifts one after the other, where no single one is possible: each goes as far as it can. The cells that change on the way.
    pub(super) fn shifts(&self, place: Place, by: i64) -> Option<(Cost, BTreeSet<Place>)> {
        one_after_the_other(by, |world, left| {
            steps(left).find_map(|step| {
                let (cost, world) = self.best_shift(world, place, step, true)?;
                Some((step, cost, world))
            })
        })
    }

    /// In which editions a shift may go: alone in the cell's own, or in the same way in others, too.
    pub(super) fn choices_of_editions(&self, place: Place) -> Vec<RangeInclusive<u8>> {
        let (own, last) = (place.edition, self.cells.last());
        let mut choices = vec![own..=own];
        for more in [0..=last, own..=last, 0..=own] {
            if !choices.contains(&more) {
                choices.push(more);
            }
        }
        choices
    }
}

/// Looks for a shift.
struct Search<'a> {
    worlds: Worlds<'a>,
    /// The world that is shifted.
    from: &'a World,
    place: Place,
    by: i64,
    /// The columns along which it goes from one label to another. Along others, totals change.
    moved: Columns,
    /// What it must cost less than.
    most: Cost,
    tried: usize,
}

impl Search<'_> {
    fn run(&mut self, editions: &RangeInclusive<u8>) -> Option<(Cost, World)> {
        self.tried = 0;
        // Margins without a column along which it goes from label to label do not change.
        let touched: Touched =
            self.margins_of(editions).filter(|(_, columns)| is_part_of(self.moved, *columns)).collect();
        let all = touched.iter().fold(0, |all, (_, columns)| all | columns);
        let mut best = None;
        for base in self.bases(all & !self.place.margin, editions) {
            let others: Vec<(usize, Vec<(Cost, u16)>)> =
                space::of(self.moved).map(|column| (column, self.others(&base, column, &touched))).collect();
            let own = self.cost_of(&base, 0, &touched);
            if let Some(own) = own.filter(|own| *own < self.most) {
                self.choose(&base, base, &others, own, &touched, &mut best);
            }
        }
        best
    }

    fn margins_of(&self, editions: &RangeInclusive<u8>) -> impl Iterator<Item = (u8, Columns)> {
        let cells = self.worlds.cells;
        editions
            .clone()
            .flat_map(|edition| cells.margins(edition).all().map(move |margin| (edition, margin.columns)))
    }

    /// The labels that cells further in may have, for columns of which the cell itself has none: those with most clients.
    fn bases(&self, further: Columns, editions: &RangeInclusive<u8>) -> Vec<Places> {
        let cells = self.worlds.cells;
        let mut bases = vec![cells.places(self.place)];
        for column in space::of(further) {
            let mut next = Vec::new();
            for base in &bases {
                let known =
                    (0..MOST_COLUMNS).filter(|c| base[*c] != AT_TOTAL).map(|c| 1 << c).sum::<Columns>();
                let mut labels: Vec<(u32, u16)> = (0..cells.space.labels[column].len() as u16)
                    .filter_map(|label| {
                        let mut places = *base;
                        places[column] = label;
                        // The labels may be of columns that no one table has together.
                        let shown =
                            self.margins_of(editions).filter(|(_, c)| is_part_of(*c, known | 1 << column));
                        let shown = shown.filter_map(|(edition, c)| cells.place(edition, c, &places));
                        let least = shown.map(|cell| cells.counts(cell).clients).min()?;
                        (least > 0).then_some((least, label))
                    })
                    .collect();
                labels.sort_unstable_by(|one, other| other.cmp(one));
                next.extend(labels.into_iter().take(6).map(|(_, label)| {
                    let mut places = *base;
                    places[column] = label;
                    places
                }));
            }
            next.truncate(36);
            bases = next;
        }
        bases
    }

    /// The labels to which a shift may go along a column, with what that costs alone; the cheapest first.
    fn others(&self, base: &Places, column: usize, touched: &[(u8, Columns)]) -> Vec<(Cost, u16)> {
        let labels = self.worlds.cells.space.labels[column].len() as u16;
        let cost_of = |label: u16| {
            let mut places = *base;
            places[column] = label;
            Some((self.cost_of(&places, 1 << column, touched)?, label))
        };
        let mut others: Vec<_> =
            (0..labels).filter(|label| *label != base[column]).filter_map(cost_of).collect();
        others.sort_unstable();
        others
    }

    /// What the cells of a corner have more in the shift's world; fewer if the corner has other labels than the cell in an odd number of
    /// columns.
    fn more_at(&self, flipped: Columns) -> i64 {
        if flipped.count_ones().is_multiple_of(2) { self.by } else { -self.by }
    }

    /// What it costs to change the cells of a corner in all margins; none if they can't be, or if that alone costs too much.
    fn cost_of(&self, corner: &Places, flipped: Columns, touched: &[(u8, Columns)]) -> Option<Cost> {
        let by = self.more_at(flipped);
        let mut cost: Cost = 0;
        for (edition, columns) in touched {
            let place = self.worlds.cells.place(*edition, *columns, corner)?;
            // As far as the cell alone tells.
            // Most worlds are looked for from the truth, in which nothing has changed.
            let changed = if self.from.is_empty() { None } else { self.from.get(&place) };
            let clients = i64::from(self.worlds.cells.counts(place).clients)
                + changed.map_or(0, |change| change.clients);
            if clients <= 0 || !self.worlds.cells.may_have(place, clients + by) {
                return None;
            }
            if changed.is_none() {
                cost = cost.saturating_add(self.worlds.cost(place));
                if cost >= self.most {
                    return None;
                }
            }
        }
        Some(cost)
    }

    /// Chooses a label for each column that is left, and keeps the world if it is possible and costs less than the best.
    fn choose(
        &mut self,
        base: &Places,
        corner: Places,
        left: &[(usize, Vec<(Cost, u16)>)],
        cost: Cost,
        touched: &[(u8, Columns)],
        best: &mut Option<(Cost, World)>,
    ) {
        let Some(((column, labels), left)) = left.split_first() else {
            self.tried += 1;
            let world = self.world(base, &corner, touched);
            if self.worlds.is_possible(&world) {
                self.most = cost;
                *best = Some((cost, world));
            }
            return;
        };
        let done: Columns = (0..*column).map(|c| 1 << c).sum::<Columns>() & self.moved;
        for (alone, label) in labels {
            if cost.saturating_add(*alone) >= self.most || self.tried >= MOST_TRIED || self.most == 0 {
                return;
            }
            let mut next = corner;
            next[*column] = *label;
            // The corners that differ here, and in any of the columns before.
            let mut with = cost;
            for flipped in subsets(done).map(|subset| subset | 1 << column) {
                let more = self.cost_of(&corner_between(base, &next, flipped), flipped, touched);
                with = more.map_or(Cost::MAX, |more| with.saturating_add(more));
                if with >= self.most {
                    break;
                }
            }
            self.tried += 1;
            if with < self.most {
                self.choose(base, next, left, with, touched, best);
            }
        }
    }

    /// The world of a shift between two opposite corners.
    fn world(&self, base: &Places, opposite: &Places, touched: &[(u8, Columns)]) -> World {
        let mut world = self.from.clone();
        for flipped in subsets(self.moved) {
            let corner = corner_between(base, opposite, flipped);
            let by = self.more_at(flipped);
            let place =
                |(edition, columns): &(u8, Columns)| self.worlds.cells.place(*edition, *columns, &corner);
            let cells = touched.iter().filter_map(place);
            for cell in cells {
                let Change { facts, doses, clients } = world.entry(cell).or_default();
                (*facts, *doses, *clients) = (*facts + by, *doses + by, *clients + by);
            }
        }
        world
    }
}

/// The corner that has the opposite's labels in the flipped columns.
fn corner_between(base: &Places, opposite: &Places, flipped: Columns) -> Places {
    let mut corner = *base;
    for column in space::of(flipped) {
        corner[column] = opposite[column];
    }
    corner
}
