//! Worlds by a **linear program**, where no other way is found: the cells around a small one may change by any numbers that keep every
//! rule, and as little as can be is to change.
//!
//! A solver finds the numbers, and is not trusted: they count only if they are whole, and the world that they make is held against
//! every rule, as all worlds are. On such tables they nearly always are whole.

use super::MOST_COLUMNS;
use super::columns::Relation;
use super::space::{self, AT_TOTAL, Margin, Place, Places};
use super::worlds::{Change, Cost, Line, World, Worlds};
use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem, Solution, Variable};
use std::collections::{BTreeMap, BTreeSet};

/// So many labels of each column the cells around have besides the totals, in one attempt after the other.
const LABELS: [usize; 3] = [6, 12, 24];

/// A program with more cells takes too long; and so many are looked at at most to find those that may change.
const MOST_CELLS: usize = 5_000;
const MOST_LOOKED_AT: usize = 50_000;

/// What it costs to change a cell's number by one, if the cell is shown still; 1 if it is hidden already.
const COST_OF_SHOWN: f64 = 20.0;
/// So many times that for each column along which it is a total.
const TIMES_FOR_TOTAL: f64 = 30.0;

const MEASURES: usize = 3;

impl Worlds<'_> {
    /// The cells that change in worlds in which a cell has up to `by` more clients, or fewer, and what it costs to hide them.
    pub(super) fn by_programs(&self, place: Place, by: i64) -> Option<(Cost, BTreeSet<Place>)> {
        let changed = LABELS.iter().find_map(|labels| {
            let program = Program::of(*self, &self.near(place, *labels)?);
            let furthest = program.world(place, by)?;
            let steps = |of: i64| of % by == 0;
            if furthest.values().all(|c| steps(c.facts) && steps(c.doses) && steps(c.clients)) {
                // The worlds in between are of whole numbers, too.
                return Some(furthest.into_keys().collect());
            }
            let mut changed: BTreeSet<Place> = furthest.into_keys().collect();
            for step in 1..by.abs() {
                changed.extend(program.world(place, step * by.signum())?.into_keys());
            }
            Some(changed)
        })?;
        Some((self.cost_of_all(&changed), changed))
    }

    /// The cells around one that may change: of each column those with its own label, with some others, and the totals. None if they
    /// are too many.
    fn near(&self, place: Place, labels: usize) -> Option<BTreeSet<Place>> {
        let columns = 0..self.cells.space.columns.len();
        let chosen: Vec<Vec<u16>> = columns.map(|column| self.labels_near(place, column, labels)).collect();
        let size = |margin: &Margin| {
            let sizes = space::of(margin.columns).map(|column| chosen[column].len());
            sizes.fold(1, usize::saturating_mul)
        };
        let all = (0..=self.cells.last()).flat_map(|edition| self.cells.margins(edition).all());
        if all.map(size).fold(0, usize::saturating_add) > MOST_LOOKED_AT {
            return None;
        }
        let mut near = BTreeSet::new();
        for edition in 0..=self.cells.last() {
            for margin in self.cells.margins(edition).all() {
                let mut all: Vec<Places> = vec![[AT_TOTAL; MOST_COLUMNS]];
                for column in space::of(margin.columns) {
                    let with = |places: &Places, label: &u16| {
                        let mut places = *places;
                        places[column] = *label;
                        places
                    };
                    all = all
                        .iter()
                        .flat_map(|places| chosen[column].iter().map(move |label| with(places, label)))
                        .collect();
                }
                let cells = all.iter().map(|places| Place {
                    edition,
                    margin: margin.columns,
                    cell: margin.cell(places),
                });
                near.extend(cells.filter(|cell| {
                    let may_be_hidden = self.is_hidden(*cell) || !self.cells.is_settled(*cell);
                    may_be_hidden && self.cells.counts(*cell).clients > 0
                }));
            }
        }
        Some(near).filter(|near| near.len() <= MOST_CELLS)
    }

    /// A cell's own label of a column, and so many others: first those of cells beside it that are hidden, with most clients.
    fn labels_near(&self, place: Place, column: usize, labels: usize) -> Vec<u16> {
        let own = self.cells.places(place);
        let beside = |label: u16| {
            let mut places = own;
            places[column] = label;
            let beside = self.cells.place(place.edition, place.margin | 1 << column, &places);
            let is_shown = beside.is_none_or(|beside| !self.is_hidden(beside));
            let clients = beside.map_or(0, |beside| self.cells.counts(beside).clients);
            (is_shown, std::cmp::Reverse(clients), label)
        };
        let mut others: Vec<_> = (0..self.cells.space.labels[column].len() as u16)
            .filter(|label| *label != own[column])
            .map(beside)
            .collect();
        others.sort_unstable();
        let others = others.into_iter().take(labels).map(|(.., label)| label);
        Some(own[column]).filter(|own| *own != AT_TOTAL).into_iter().chain(others).collect()
    }
}

const CLIENTS: usize = 2;

/// How much more a cell's numbers are in the world that is looked for, and how much less.
type Changes = [(Variable, Variable); MEASURES];

/// A program in the making.
struct Program<'a> {
    worlds: Worlds<'a>,
    problem: Problem,
    changes: BTreeMap<Place, Changes>,
}

impl<'a> Program<'a> {
    /// What is known of these cells, the only ones that may change.
    fn of(worlds: Worlds<'a>, near: &BTreeSet<Place>) -> Program<'a> {
        let problem = Problem::new(OptimizationDirection::Minimize);
        let mut program = Program { worlds, problem, changes: BTreeMap::new() };
        near.iter().for_each(|cell| program.add_cell(*cell));
        let lines: BTreeSet<Line> = near.iter().flat_map(|cell| worlds.lines_at(*cell)).collect();
        lines.into_iter().for_each(|line| program.add_line(line));
        near.iter().for_each(|cell| program.add_pairs(*cell));
        program
    }

    /// A cell that may change. Each of its numbers is at least 1; there are as many facts as doses at least, and as many doses as clients.
    fn add_cell(&mut self, place: Place) {
        let Worlds { cells, .. } = self.worlds;
        let missing = cells.space.columns.len() as u32 - place.margin.count_ones();
        let cost = match self.worlds.is_hidden(place) {
            true => 1.0,
            false => COST_OF_SHOWN * TIMES_FOR_TOTAL.powi(missing as i32),
        };
        let numbers = self.worlds.changed(place, None);
        let changes = numbers.map(|number| {
            let more = self.problem.add_var(cost, (0.0, f64::INFINITY));
            (more, self.problem.add_var(cost, (0.0, (number - 1) as f64)))
        });
        self.changes.insert(place, changes);
        for measure in 1..MEASURES {
            let larger = [(place, measure - 1, 1.0), (place, measure, -1.0)];
            self.require(&larger, ComparisonOp::Ge, numbers[measure] - numbers[measure - 1]);
        }
    }

    /// What changes of numbers must come to; a cell that may not change counts as it is.
    fn require(&mut self, terms: &[(Place, usize, f64)], op: ComparisonOp, bound: i64) {
        let mut expression = LinearExpr::empty();
        let mut is_empty = true;
        for (place, measure, factor) in terms {
            if let Some(changes) = self.changes.get(place) {
                let (more, less) = changes[*measure];
                expression.add(more, *factor);
                expression.add(less, -factor);
                is_empty = false;
            }
        }
        // The truth keeps every rule: what no change reaches holds.
        if !is_empty {
            self.problem.add_constraint(expression, op, bound as f64);
        }
    }

    /// A total and its parts fit each other.
    fn add_line(&mut self, line: Line) {
        let Worlds { cells, .. } = self.worlds;
        let relations = cells.space.columns[line.column].relations();
        let sums = cells.line_sums(line.total, line.column).sums;
        let total = self.worlds.changed(line.total, None);
        let parts: Vec<Place> = self.worlds.places_of(line).collect();
        for (measure, relation) in relations.into_iter().enumerate() {
            let all = parts.iter().map(|part| (*part, measure, 1.0));
            let less_total: Vec<_> = all.chain([(line.total, measure, -1.0)]).collect();
            match relation {
                Relation::Sum => self.require(&less_total, ComparisonOp::Eq, 0),
                Relation::Within => {
                    self.require(&less_total, ComparisonOp::Ge, total[measure] - sums[measure]);
                    for part in &parts {
                        let larger = [(line.total, measure, 1.0), (*part, measure, -1.0)];
                        self.require(
                            &larger,
                            ComparisonOp::Ge,
                            self.worlds.changed(*part, None)[measure] - total[measure],
                        );
                    }
                }
            }
        }
    }

    /// What somebody may think of the same cell in other batches: that it has not changed, or has not become smaller, where that is true.
    fn add_pairs(&mut self, place: Place) {
        let worlds = self.worlds;
        // Where both may change, once.
        let is_told_here = |(older, _): &(Place, Place)| *older == place || !self.changes.contains_key(older);
        let pairs: Vec<_> = worlds.pairs_of(place).filter(is_told_here).collect();
        for (older, newer) in pairs {
            let (before, after) = (worlds.changed(older, None), worlds.changed(newer, None));
            for measure in 0..MEASURES {
                let difference = [(newer, measure, 1.0), (older, measure, -1.0)];
                if before == after {
                    self.require(&difference, ComparisonOp::Eq, 0);
                } else if before[measure] <= after[measure] {
                    self.require(&difference, ComparisonOp::Ge, before[measure] - after[measure]);
                }
            }
        }
    }

    /// A world in which a cell has `by` more clients, or fewer.
    fn world(&self, place: Place, by: i64) -> Option<World> {
        let (more, less) = self.changes.get(&place)?[CLIENTS];
        let mut problem = self.problem.clone();
        problem.add_constraint([(more, 1.0), (less, -1.0)], ComparisonOp::Eq, by as f64);
        let world = self.whole(&problem.solve().ok()?.into_solution().ok()?)?;
        let worlds = self.worlds;
        let may_be_hidden = |place: &Place| worlds.cost(*place) < Cost::MAX;
        let is_right = world.get(&place).is_some_and(|change| change.clients == by);
        (is_right && world.keys().all(may_be_hidden) && worlds.is_possible(&world)).then_some(world)
    }

    /// A solution as a world; none if a number is not whole.
    fn whole(&self, solution: &Solution) -> Option<World> {
        let mut world = World::new();
        for (place, changes) in &self.changes {
            let mut whole = [0; MEASURES];
            for ((more, less), whole) in changes.iter().zip(&mut whole) {
                let change = solution.var_value(*more) - solution.var_value(*less);
                *whole = change.round() as i64;
                if (change - change.round()).abs() > 1e-6 {
                    return None;
                }
            }
            let [facts, doses, clients] = whole;
            if whole != [0; MEASURES] {
                world.insert(*place, Change { facts, doses, clients });
            }
        }
        Some(world)
    }
}
