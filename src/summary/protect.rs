//! Decides which cells are hidden, and proves for each sensitive one that what is shown does not tell its number.
//!
//! A cell is sensitive if it has a few clients. It is hidden, and others with it, until for each number that is to stay possible
//! there is a **world**: other counts for hidden cells with which all that is shown is as it is. Somebody who knows the tables,
//! the rule, and that counts are whole numbers cannot tell such a world from the truth. Worlds are made in two ways:
//!
//! - by a **shift**: the same number is added to some cells and taken from others, so that every sum stays as it is. For each column
//!   it either goes from one label to another, or it changes the column's total as well. Where it goes to another label in
//!   every column of a table, the corners of a box change, and no total does.
//! - by **other clients**: facts and doses stay, and a cell has more or fewer clients. Where that makes a total smaller than a
//!   part, or larger than its parts together, cells around it are changed, too.
//!
//! Each world is held against every rule that somebody could reason with (`Worlds::is_possible`) before it counts. Nothing here
//! reads or writes anything.

use super::columns::Relation;
use super::space::{self, AT_TOTAL, Cells, Columns, Counts, Place, Places, is_part_of, subsets};
use super::{MOST_COLUMNS, columns};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is hidden, and what must stay possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Cells with fewer clients, but with some, are sensitive.
    below: u32,
    /// Each of these numbers of clients must stay possible for a sensitive cell.
    least: u32,
    most: u32,
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
    let mut sensitive: Vec<Place> =
        cells.all().filter(|place| rule.is_sensitive(cells.counts(*place))).collect();
    for place in &sensitive {
        cells.set_hidden(*place, true);
    }
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
        let proof = proofs.get(*place);
        proof.is_none_or(|proof| proof.is_empty() || proof.iter().any(|needed| !cells.is_hidden(*needed)))
    };
    let open: Vec<Place> = sensitive.iter().filter(is_open).copied().collect();
    if open.is_empty() { Ok(()) } else { Err(unprotected(cells, &open, sensitive.len())) }
}

fn unprotected(cells: &Cells, unprotected: &[Place], sensitive: usize) -> Unprotected {
    let columns = unprotected.first().map_or(0, |first| first.margin);
    let names: Vec<_> = space::of(columns).map(|column| cells.margins.space.columns[column].name()).collect();
    let columns = if names.is_empty() { columns::TOTAL.to_owned() } else { names.join(",") };
    Unprotected { cells: unprotected.len(), sensitive, columns }
}

/// Shows cells again that were hidden for a proof that can do without them by now.
fn show_again(cells: &mut Cells, rule: Rule, proofs: &mut BTreeMap<Place, Vec<Place>>) {
    let mut used_by: HashMap<Place, BTreeSet<Place>> = HashMap::new();
    for (place, proof) in &*proofs {
        for needed in proof {
            used_by.entry(*needed).or_default().insert(*place);
        }
    }
    let mut secondary: Vec<Place> = cells
        .all()
        .filter(|place| cells.is_hidden(*place) && !rule.is_sensitive(cells.counts(*place)))
        .collect();
    // Totals first, then the largest.
    secondary.sort_by_key(|place| {
        (place.margin.count_ones(), std::cmp::Reverse(cells.counts(*place).facts), *place)
    });
    for place in secondary {
        cells.set_hidden(place, false);
        let users: Vec<Place> = used_by.get(&place).into_iter().flatten().copied().collect();
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

/// What another world adds to a cell's counts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Change {
    facts: i64,
    doses: i64,
    clients: i64,
}

/// Another world: what changes in it.
type World = BTreeMap<Place, Change>;

/// How much hiding a cell costs that is shown still.
type Cost = u64;

/// The cells as they are, and the worlds that could be.
#[derive(Clone, Copy)]
struct Worlds<'a> {
    cells: &'a Cells,
    rule: Rule,
}

/// So many worlds are tried at most for one cell and one choice of columns.
const MOST_TRIED: usize = 20_000;

/// So many steps a world of other clients may take.
const MOST_STEPS: usize = 60;

impl Worlds<'_> {
    /// The cells that must be hidden so that every number of the rule's is possible for a sensitive cell; none if there is no
    /// proof. `may_hide`: whether cells may be among them that are shown.
    fn prove(&self, place: Place, may_hide: bool) -> Option<Vec<Place>> {
        let clients = i64::from(self.cells.counts(place).clients);
        let (least, most) = (i64::from(self.rule.least), i64::from(self.rule.most));
        let mut needed = BTreeSet::from([place]);
        if clients < most {
            needed.extend(self.towards(place, most - clients, may_hide)?);
        }
        if clients > least {
            needed.extend(self.towards(place, least - clients, may_hide)?);
        }
        Some(needed.into_iter().collect())
    }

    /// The cells that change in worlds in which the cell has up to `by` more clients, or fewer; in each step of one.
    fn towards(&self, place: Place, by: i64, may_hide: bool) -> Option<BTreeSet<Place>> {
        let shift =
            self.best_shift(place, by, may_hide).map(|(cost, world)| (cost, world.into_keys().collect()));
        // Other clients are better than to hide a total.
        let hides_a_total = shift.as_ref().is_none_or(|(cost, _)| *cost >= COST_OF_TOTAL);
        let by_clients = hides_a_total.then(|| self.all_by_clients(place, by, may_hide)).flatten();
        let cheapest = shift.into_iter().chain(by_clients).min_by_key(|(cost, _)| *cost);
        cheapest.map(|(_, changed)| changed)
    }

    /// What it costs to hide a cell.
    fn cost(&self, place: Place) -> Cost {
        if self.cells.is_hidden(place) {
            return 0;
        }
        let tables = &self.cells.margins.tables;
        let of_tables = tables.iter().filter(|table| is_part_of(place.margin, **table));
        let missing = of_tables.map(|table| (table & !place.margin).count_ones()).max().unwrap_or(0);
        // A cell more weighs more than what is in it.
        COST_OF_TOTAL.pow(missing.min(3)) * (64 + u64::from(self.cells.counts(place).facts.ilog2()))
    }

    // --- Shifts -------------------------------------------------------------------------------------------------

    /// The shift that hides least.
    fn best_shift(&self, place: Place, by: i64, may_hide: bool) -> Option<(Cost, World)> {
        let mut choices: Vec<Columns> = subsets(place.margin).collect();
        choices.sort_by_key(|columns| (std::cmp::Reverse(columns.count_ones()), *columns));
        let mut best: Option<(Cost, World)> = None;
        for moved in choices {
            let most = if may_hide { best.as_ref().map_or(Cost::MAX, |(cost, _)| *cost) } else { 1 };
            if most == 0 {
                break;
            }
            if let Some(found) = (Search { worlds: *self, place, by, moved, most, tried: 0 }).run() {
                best = Some(found);
            }
        }
        best
    }

    /// Whether a hidden cell could have so many more clients, doses and facts, as far as the cell alone tells.
    fn can_change(&self, place: Place, by: i64) -> bool {
        let clients = i64::from(self.cells.counts(place).clients);
        clients > 0 && clients + by > 0
    }

    // --- Other clients ------------------------------------------------------------------------------------------

    /// For each number on the way, a world in which the cell has so many clients; together the cells that change.
    fn all_by_clients(&self, place: Place, by: i64, may_hide: bool) -> Option<(Cost, BTreeSet<Place>)> {
        let mut changed = BTreeSet::new();
        for step in 1..=by.abs() {
            let world = self.by_clients(place, step * by.signum(), false);
            let world = world
                .or_else(|| may_hide.then(|| self.by_clients(place, step * by.signum(), true)).flatten())?;
            changed.extend(world.into_keys());
        }
        Some((changed.iter().map(|place| self.cost(*place)).sum(), changed))
    }

    /// A world in which facts and doses are as they are, and the cell has so many more clients. What that makes impossible
    /// is mended cell by cell.
    fn by_clients(&self, place: Place, by: i64, may_hide: bool) -> Option<World> {
        let mut world = World::from([(place, Change { clients: by, ..Change::default() })]);
        for _ in 0..MOST_STEPS {
            let Some(broken) = self.lines_of(&world).into_iter().find(|line| !self.holds(&world, *line))
            else {
                return self.is_possible(&world).then_some(world);
            };
            self.mend(&mut world, broken, place, may_hide)?;
        }
        None
    }

    /// Changes a cell of a line so that the line holds, or less is missing.
    fn mend(&self, world: &mut World, line: Line, target: Place, may_hide: bool) -> Option<()> {
        let total = line.total;
        let may_change = |place: Place| {
            place != target
                && self.cells.counts(place).clients > 0
                && (may_hide || self.cells.is_hidden(place))
        };
        let of_total = self.clients(world, total);
        let parts: Vec<Place> = self.parts(line).collect();
        let largest = parts.iter().copied().max_by_key(|part| self.clients(world, *part))?;
        let of_largest = self.clients(world, largest);
        if of_largest > of_total {
            // The part becomes smaller if it was not made larger before, else the total larger.
            let is_raised = world.get(&largest).is_some_and(|change| change.clients > 0);
            let room = i64::from(self.cells.counts(total).doses);
            if may_change(largest) && !is_raised {
                world.entry(largest).or_default().clients += of_total - of_largest;
            } else if may_change(total) && of_largest <= room {
                world.entry(total).or_default().clients += of_largest - of_total;
            } else {
                return None;
            }
            return Some(());
        }
        let missing = of_total - parts.iter().map(|part| self.clients(world, *part)).sum::<i64>();
        if missing <= 0 {
            return None;
        }
        let room = |part: Place| {
            let doses = i64::from(self.cells.counts(part).doses);
            doses.min(of_total) - self.clients(world, part)
        };
        let is_lowered = |place: Place| world.get(&place).is_some_and(|change| change.clients < 0);
        let candidates =
            parts.iter().copied().filter(|part| may_change(*part) && !is_lowered(*part) && room(*part) > 0);
        let hidden_first = |part: &Place| (self.cells.is_hidden(*part), room(*part).min(missing), *part);
        if let Some(part) = candidates.max_by_key(hidden_first) {
            let more = room(part).min(missing);
            world.entry(part).or_default().clients += more;
        } else if may_change(total) && of_total - missing >= 1 {
            world.entry(total).or_default().clients -= missing;
        } else {
            return None;
        }
        Some(())
    }

    // --- What somebody can reason with --------------------------------------------------------------------------

    /// A cell's facts, doses and clients with a change.
    fn changed(&self, place: Place, change: Option<&Change>) -> [i64; 3] {
        let Counts { facts, doses, clients } = self.cells.counts(place);
        let change = change.copied().unwrap_or_default();
        [
            i64::from(facts) + change.facts,
            i64::from(doses) + change.doses,
            i64::from(clients) + change.clients,
        ]
    }

    fn clients(&self, world: &World, place: Place) -> i64 {
        let [.., clients] = self.changed(place, world.get(&place));
        clients
    }

    /// The sums and bounds in which a changed cell stands, as a total or as a part.
    fn lines_of(&self, world: &World) -> BTreeSet<Line> {
        let margins = &self.cells.margins;
        let mut lines = BTreeSet::new();
        for place in world.keys() {
            let places = margins.places(*place);
            for column in 0..margins.space.columns.len() {
                let bit = 1 << column;
                let of_total = place.margin & !bit;
                if margins.get(place.margin | bit).is_some()
                    && let Some(total) = margins.place(of_total, &places)
                {
                    lines.insert(Line { total, column });
                }
            }
        }
        lines
    }

    /// The first part of a line, and how far the others lie apart.
    fn first_part(&self, line: Line) -> (Place, u32) {
        let margins = &self.cells.margins;
        let mut places = margins.places(line.total);
        places[line.column] = 0;
        let columns = line.total.margin | 1 << line.column;
        let margin = margins.get(columns).unwrap_or_else(|| unreachable!("a line's parts are in a table"));
        let stride = margin.strides.iter().find(|(column, _)| *column == line.column);
        (Place { margin: columns, cell: margin.cell(&places) }, stride.map_or(1, |(_, stride)| *stride))
    }

    fn parts(&self, line: Line) -> impl Iterator<Item = Place> + '_ {
        let (first, stride) = self.first_part(line);
        // The number of labels fits a place.
        let labels = self.cells.margins.space.labels[line.column].len() as u32;
        (0..labels).map(move |label| Place { margin: first.margin, cell: first.cell + label * stride })
    }

    /// Whether a total and its parts fit each other in a world.
    fn holds(&self, world: &World, line: Line) -> bool {
        let relations = self.cells.margins.space.columns[line.column].relations();
        // Most cells are as they are: they are not looked for in the world one by one.
        let (first, stride) = self.first_part(line);
        let labels = self.cells.margins.space.labels[line.column].len() as u32;
        let last = Place { cell: first.cell + labels.saturating_sub(1) * stride, ..first };
        let changed: Vec<(Place, &Change)> =
            world.range(first..=last).map(|(place, change)| (*place, change)).collect();
        let (mut sums, mut largest) = ([0; 3], [0; 3]);
        for part in self.parts(line) {
            let change = changed.iter().find(|(place, _)| *place == part).map(|(_, change)| *change);
            for (measure, number) in self.changed(part, change).into_iter().enumerate() {
                sums[measure] += number;
                largest[measure] = number.max(largest[measure]);
            }
        }
        let total = self.changed(line.total, world.get(&line.total));
        (0..3).all(|measure| match relations[measure] {
            Relation::Sum => total[measure] == sums[measure],
            Relation::Within => (largest[measure]..=sums[measure]).contains(&total[measure]),
        })
    }

    /// Whether nothing that is known of all cells tells a world from the truth, if the cells that change in it are hidden.
    fn is_possible(&self, world: &World) -> bool {
        let is_possible_alone = |(place, change): (&Place, &Change)| {
            let [facts, doses, clients] = self.changed(*place, Some(change));
            self.cells.counts(*place).clients > 0 && 1 <= clients && clients <= doses && doses <= facts
        };
        world.iter().all(is_possible_alone)
            && self.lines_of(world).into_iter().all(|line| self.holds(world, line))
    }
}

/// A total and its parts along a column.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Line {
    total: Place,
    /// The column's place in the space.
    column: usize,
}

/// What a cell costs that is a total along one column more: more than all cells that a shift could need else.
const COST_OF_TOTAL: Cost = 1 << 16;

/// Looks for a shift.
struct Search<'a> {
    worlds: Worlds<'a>,
    place: Place,
    by: i64,
    /// The columns along which it goes from one label to another. Along others, totals change.
    moved: Columns,
    /// What it must cost less than.
    most: Cost,
    tried: usize,
}

impl Search<'_> {
    fn run(mut self) -> Option<(Cost, World)> {
        let margins = &self.worlds.cells.margins;
        // Margins without a column along which it goes from label to label do not change.
        let touched: Vec<Columns> = margins
            .all()
            .map(|margin| margin.columns)
            .filter(|columns| is_part_of(self.moved, *columns))
            .collect();
        let all = touched.iter().fold(0, |all, columns| all | columns);
        let mut best = None;
        for base in self.bases(all & !self.place.margin) {
            let others: Vec<(usize, Vec<(Cost, u16)>)> =
                space::of(self.moved).map(|column| (column, self.others(&base, column, &touched))).collect();
            let own = self.cost_of(&base, 0, &touched);
            if let Some(own) = own.filter(|own| *own < self.most) {
                self.choose(&base, base, &others, own, &touched, &mut best);
            }
        }
        best
    }

    /// The labels that cells further in may have, for columns of which the cell itself has none: those with most clients.
    fn bases(&self, further: Columns) -> Vec<Places> {
        let margins = &self.worlds.cells.margins;
        let mut bases = vec![margins.places(self.place)];
        for column in space::of(further) {
            let mut next = Vec::new();
            for base in &bases {
                let known =
                    (0..MOST_COLUMNS).filter(|c| base[*c] != AT_TOTAL).map(|c| 1 << c).sum::<Columns>();
                let mut labels: Vec<(u32, u16)> = (0..margins.space.labels[column].len() as u16)
                    .filter_map(|label| {
                        let mut places = *base;
                        places[column] = label;
                        // The labels may be of columns that no one table has together.
                        let shown =
                            margins.all().map(|m| m.columns).filter(|c| is_part_of(*c, known | 1 << column));
                        let cells = shown.filter_map(|c| margins.place(c, &places));
                        let least = cells.map(|cell| self.worlds.cells.counts(cell).clients).min()?;
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
    fn others(&self, base: &Places, column: usize, touched: &[Columns]) -> Vec<(Cost, u16)> {
        let labels = self.worlds.cells.margins.space.labels[column].len() as u16;
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

    /// What it costs to change the cells of a corner in all margins; none if they can't be.
    fn cost_of(&self, corner: &Places, flipped: Columns, touched: &[Columns]) -> Option<Cost> {
        let by = self.more_at(flipped);
        let mut cost: Cost = 0;
        for columns in touched {
            let place = self.worlds.cells.margins.place(*columns, corner)?;
            if !self.worlds.can_change(place, by) {
                return None;
            }
            cost = cost.saturating_add(self.worlds.cost(place));
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
        touched: &[Columns],
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
    fn world(&self, base: &Places, opposite: &Places, touched: &[Columns]) -> World {
        let mut world = World::new();
        for flipped in subsets(self.moved) {
            let corner = corner_between(base, opposite, flipped);
            let by = self.more_at(flipped);
            let cells =
                touched.iter().filter_map(|columns| self.worlds.cells.margins.place(*columns, &corner));
            world.extend(cells.map(|place| (place, Change { facts: by, doses: by, clients: by })));
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
