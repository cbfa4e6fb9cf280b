//! Other counts for hidden cells, with which all that is shown is as it is.
//!
//! Worlds are made in four ways: by a shift (`shift`), by a chain (`chains`), by a linear program (`programs`), or here, by **other
//! clients**: facts and doses stay, and a cell has more or fewer clients. Where that makes a total smaller than a part, or larger than
//! its parts together, cells around it are changed, too. Each world is held against every rule that somebody could reason with
//! (`Worlds::is_possible`) before it counts.

use super::chains::TRIED;
use super::columns::Relation;
use super::protect::Rule;
use super::shift::COST_OF_TOTAL;
use super::space::{Cells, Counts, LineSums, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// What another world adds to a cell's counts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Change {
    pub(super) facts: i64,
    pub(super) doses: i64,
    pub(super) clients: i64,
}

/// Another world: what changes in it.
pub(super) type World = BTreeMap<Place, Change>;

/// How much hiding a cell costs that is shown still; the most there is if it can't be hidden.
pub(super) type Cost = u64;

/// The cells as they are, and the worlds that could be.
#[derive(Clone, Copy)]
pub(super) struct Worlds<'a> {
    pub(super) cells: &'a Cells,
    pub(super) rule: Rule,
    /// A hidden cell that is taken as shown: whether it is needed is to be found out.
    pub(super) shown: Option<Place>,
    /// How many changes are tried for each chain.
    pub(super) tries: usize,
    /// Whether linear programs may be solved, which take longest.
    pub(super) may_solve: bool,
}

/// Which cells a world may change.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// In these editions the same is done to a cell.
    pub(super) editions: RangeInclusive<u8>,
    /// Whether cells may change that are shown still, and can be hidden.
    pub(super) may_hide: bool,
}

/// So many steps a world of other clients may take. A total of one client has no part with more, and there may be many.
const MOST_STEPS: usize = 300;

impl<'a> Worlds<'a> {
    /// The cells that must be hidden so that every number of the rule's is possible for a sensitive cell; none if there is no
    /// proof. `may_hide`: whether cells may be among them that are shown.
    pub(super) fn prove(&self, place: Place, may_hide: bool) -> Option<BTreeSet<Place>> {
        if !self.cells.is_hidden(place) {
            // It is out.
            return None;
        }
        let clients = i64::from(self.cells.counts(place).clients);
        let mut needed = BTreeSet::from([place]);
        for (least, most) in self.rule.ranges(self.cells, place) {
            // What is possible goes from the cell's own number through all up to there.
            if clients < most {
                needed.extend(self.towards(place, most - clients, may_hide)?);
            }
            if clients > least {
                needed.extend(self.towards(place, least - clients, may_hide)?);
            }
        }
        Some(needed)
    }

    /// The cells that change in worlds in which the cell has up to `by` more clients, or fewer; in each step of one.
    fn towards(&self, place: Place, by: i64, may_hide: bool) -> Option<BTreeSet<Place>> {
        let shift = self
            .best_shift(&World::new(), place, by, may_hide)
            .map(|(cost, world)| (cost, world.into_keys().collect()));
        if let Some((0, changed)) = shift {
            return Some(changed);
        }
        // What is hidden already may do.
        let by_clients = self.all_by_clients(place, by, false);
        let of_hidden = by_clients.or_else(|| self.chains(place, by, false));
        if of_hidden.is_some() || !may_hide {
            return of_hidden.map(|(_, changed)| changed);
        }
        // Other clients are better than to hide a total.
        let hides_a_total = shift.as_ref().is_none_or(|(cost, _)| *cost >= COST_OF_TOTAL);
        let by_clients = hides_a_total.then(|| self.all_by_clients(place, by, true)).flatten();
        let cheapest = shift.into_iter().chain(by_clients).min_by_key(|(cost, _)| *cost);
        let cheapest = cheapest.or_else(|| self.shifts(place, by));
        // Better a long search than to refuse.
        let patient = Worlds { tries: *TRIED.end(), ..*self };
        let cheapest = cheapest.or_else(|| patient.chains(place, by, true));
        let cheapest = cheapest.or_else(|| self.may_solve.then(|| self.by_programs(place, by)).flatten());
        cheapest.filter(|(cost, _)| *cost < Cost::MAX).map(|(_, changed)| changed)
    }

    pub(super) fn is_hidden(&self, place: Place) -> bool {
        self.cells.is_hidden(place) && self.shown != Some(place)
    }

    /// What it costs to hide a cell.
    pub(super) fn cost(&self, place: Place) -> Cost {
        if self.is_hidden(place) {
            return 0;
        }
        if self.cells.is_settled(place) {
            return Cost::MAX;
        }
        let missing = self.cells.margins(place.edition).get(place.margin).map_or(0, |margin| margin.missing);
        // A cell more weighs more than what is in it.
        COST_OF_TOTAL.pow(missing.min(3)) * (64 + u64::from(self.cells.counts(place).facts.ilog2()))
    }

    // --- Other clients ------------------------------------------------------------------------------------------

    /// For each number on the way, a world in which the cell has so many clients; together the cells that change.
    fn all_by_clients(&self, place: Place, by: i64, may_hide: bool) -> Option<(Cost, BTreeSet<Place>)> {
        let mut scopes = self.scopes(place, false);
        if may_hide {
            scopes.extend(self.scopes(place, true));
        }
        let mut changed = BTreeSet::new();
        for step in 1..=by.abs() {
            let world = scopes.iter().find_map(|scope| self.by_clients(place, step * by.signum(), scope))?;
            changed.extend(world.into_keys());
        }
        let cost = self.cost_of_all(&changed);
        Some((cost, changed))
    }

    /// What a world of a cell may change, one choice of editions after the other.
    pub(super) fn scopes(&self, place: Place, may_hide: bool) -> Vec<Scope> {
        let choices = self.choices_of_editions(place).into_iter();
        choices.map(|editions| Scope { editions, may_hide }).collect()
    }

    /// What it costs to hide those that are shown.
    pub(super) fn cost_of_all(&self, places: &BTreeSet<Place>) -> Cost {
        places.iter().fold(0, |cost: Cost, place| cost.saturating_add(self.cost(*place)))
    }

    /// A world in which facts and doses are as they are, and the cell has so many more clients. What that makes impossible
    /// is mended cell by cell.
    fn by_clients(&self, place: Place, by: i64, scope: &Scope) -> Option<World> {
        if !self.may_change(place, scope) {
            return None;
        }
        let mut world = World::new();
        self.add_clients(&mut world, place, by, scope);
        for _ in 0..MOST_STEPS {
            if let Some(broken) = self.lines_of(&world).into_iter().find(|line| !self.holds(&world, *line)) {
                self.mend(&mut world, broken, place, scope)?;
            } else if let Some((one, other)) = self.differing(&world) {
                self.mend_pair(&mut world, one, other, place, scope)?;
            } else {
                return self.is_possible(&world).then_some(world);
            }
        }
        None
    }

    /// Changes a cell of a line so that the line holds, or less is missing.
    fn mend(&self, world: &mut World, line: Line, target: Place, scope: &Scope) -> Option<()> {
        let total = line.total;
        let may_change = |place: Place| !self.is_alike(place, target, scope) && self.may_change(place, scope);
        let is_raised = |place: Place| world.get(&place).is_some_and(|change| change.clients > 0);
        let is_lowered = |place: Place| world.get(&place).is_some_and(|change| change.clients < 0);
        let of_total = self.clients(world, total);
        let parts = self.clients_of_parts(world, line);
        let (largest, of_largest) = parts.iter().copied().max_by_key(|(_, clients)| *clients)?;
        if of_largest > of_total {
            // The part becomes smaller if it was not made larger before, else the total larger.
            let room = i64::from(self.cells.counts(total).doses);
            if may_change(largest) && !is_raised(largest) {
                self.add_clients(world, largest, of_total - of_largest, scope);
            } else if may_change(total) && of_largest <= room {
                self.add_clients(world, total, of_largest - of_total, scope);
            } else {
                return None;
            }
            return Some(());
        }
        let missing = of_total - parts.iter().map(|(_, clients)| clients).sum::<i64>();
        if missing <= 0 {
            return None;
        }
        // Parts that may become larger, those that are hidden first; each with by how many clients as far as the cell alone tells.
        let mut larger: Vec<(bool, i64, Place)> = parts
            .iter()
            .map(|(part, clients)| {
                let doses = i64::from(self.cells.counts(*part).doses);
                (self.is_hidden(*part), (doses.min(of_total) - clients).min(missing), *part)
            })
            .filter(|(_, more, part)| *more > 0 && may_change(*part) && !is_lowered(*part))
            .collect();
        larger.sort_unstable_by(|one, other| other.cmp(one));
        let mut best: Option<(bool, i64, Place)> = None;
        for (is_hidden, more, part) in &larger {
            if best.is_some_and(|best| best >= (*is_hidden, *more, *part)) {
                break;
            }
            // As far as its own parts tell.
            let more = (self.most_of_parts(world, *part) - self.clients(world, *part)).min(*more);
            best = best.max((more > 0).then_some((*is_hidden, more, *part)));
        }
        if let Some((_, more, part)) = best {
            self.add_clients(world, part, more, scope);
        } else if may_change(total) && !is_raised(total) && of_total - missing >= 1 {
            self.add_clients(world, total, -missing, scope);
        } else if let Some((_, more, part)) = larger.first() {
            // Its parts become larger, too.
            self.add_clients(world, *part, *more, scope);
        } else {
            return None;
        }
        Some(())
    }

    /// The most clients that a cell can have if its parts have no more.
    fn most_of_parts(&self, world: &World, place: Place) -> i64 {
        let margins = self.cells.margins(place.edition);
        let is_split = |column: &usize| {
            place.margin & 1 << column == 0 && margins.get(place.margin | 1 << column).is_some()
        };
        let lines =
            (0..margins.space.columns.len()).filter(is_split).map(|column| Line { total: place, column });
        let sums =
            lines.map(|line| self.clients_of_parts(world, line).iter().map(|(_, clients)| clients).sum());
        sums.min().unwrap_or(i64::MAX)
    }

    /// A line's parts, each with its clients.
    fn clients_of_parts(&self, world: &World, line: Line) -> Vec<(Place, i64)> {
        self.parts(world, line).map(|(part, [.., clients])| (part, clients)).collect()
    }

    /// Gives a cell so many clients more, or fewer; in the other editions as far as it has doses, and one client is left.
    fn add_clients(&self, world: &mut World, place: Place, more: i64, scope: &Scope) {
        for alike in self.alike(place, scope) {
            let [_, doses, clients] = self.changed(alike, world.get(&alike));
            let more =
                if alike == place { more } else { more.clamp(1.min(clients) - clients, doses - clients) };
            world.entry(alike).or_default().clients += more;
        }
    }

    pub(super) fn may_change(&self, place: Place, scope: &Scope) -> bool {
        let may_alone = |place: Place| {
            self.cells.counts(place).clients > 0
                && (self.is_hidden(place) || scope.may_hide && !self.cells.is_settled(place))
        };
        self.alike(place, scope).all(may_alone)
    }

    /// A cell in all editions in which the same is done to it.
    pub(super) fn alike(self, place: Place, scope: &Scope) -> impl Iterator<Item = Place> + use<'a> {
        let own = place.edition..=place.edition;
        let editions = if scope.editions.contains(&place.edition) { scope.editions.clone() } else { own };
        editions.filter_map(move |edition| {
            if edition == place.edition { Some(place) } else { self.cells.in_edition(place, edition) }
        })
    }

    fn is_alike(&self, place: Place, other: Place, scope: &Scope) -> bool {
        self.alike(other, scope).any(|other| other == place)
    }

    /// Changes a cell as the same one in another batch is changed, of the two the one that is not.
    fn mend_pair(
        &self,
        world: &mut World,
        one: Place,
        other: Place,
        target: Place,
        scope: &Scope,
    ) -> Option<()> {
        let is_free = |place: Place| !self.is_alike(place, target, scope) && !world.contains_key(&place);
        let (from, to) = if is_free(other) { (one, other) } else { (other, one) };
        if !is_free(to) || !self.may_change(to, scope) {
            return None;
        }
        let change = *world.get(&from)?;
        world.extend(self.alike(to, scope).map(|place| (place, change)));
        Some(())
    }

    // --- What somebody can reason with --------------------------------------------------------------------------

    /// A cell's facts, doses and clients with a change.
    pub(super) fn changed(&self, place: Place, change: Option<&Change>) -> [i64; 3] {
        let Counts { facts, doses, clients } = self.cells.counts(place);
        let change = change.copied().unwrap_or_default();
        [
            i64::from(facts) + change.facts,
            i64::from(doses) + change.doses,
            i64::from(clients) + change.clients,
        ]
    }

    pub(super) fn clients(&self, world: &World, place: Place) -> i64 {
        let [.., clients] = self.changed(place, world.get(&place));
        clients
    }

    /// The sums and bounds in which a changed cell stands.
    fn lines_of(&self, world: &World) -> BTreeSet<Line> {
        world.keys().flat_map(|place| self.lines_at(*place)).collect()
    }

    /// The sums and bounds in which a cell stands, as a total or as a part.
    pub(super) fn lines_at(self, place: Place) -> impl Iterator<Item = Line> + use<'a> {
        let margins = self.cells.margins(place.edition);
        let places = self.cells.places(place);
        (0..margins.space.columns.len()).filter_map(move |column| {
            let bit = 1 << column;
            margins.get(place.margin | bit)?;
            let total = self.cells.place(place.edition, place.margin & !bit, &places)?;
            Some(Line { total, column })
        })
    }

    /// A line's first part, how far apart its parts lie, and how many there are.
    fn extent(&self, line: Line) -> (Place, u32, u32) {
        let margins = self.cells.margins(line.total.edition);
        let mut places = self.cells.places(line.total);
        places[line.column] = 0;
        let columns = line.total.margin | 1 << line.column;
        let margin = margins.get(columns).unwrap_or_else(|| unreachable!("a line's parts are in a table"));
        let stride = margin.strides.iter().find(|(column, _)| *column == line.column);
        let stride = stride.map_or(1, |(_, stride)| *stride);
        let first = Place { margin: columns, cell: margin.cell(&places), ..line.total };
        // The number of labels fits a place.
        (first, stride, self.cells.space.labels[line.column].len() as u32)
    }

    /// A line's parts.
    pub(super) fn places_of(&self, line: Line) -> impl Iterator<Item = Place> + use<> {
        let (first, stride, labels) = self.extent(line);
        (0..labels).map(move |label| Place { cell: first.cell + label * stride, ..first })
    }

    /// The parts of a line that a world changes.
    fn changed_parts<'w>(
        &self,
        world: &'w World,
        line: Line,
    ) -> impl Iterator<Item = (Place, &'w Change)> + use<'w> {
        let (first, stride, labels) = self.extent(line);
        let last = Place { cell: first.cell + labels.saturating_sub(1) * stride, ..first };
        // Those between belong to other lines.
        let is_part = move |place: &Place| (place.cell - first.cell).is_multiple_of(stride);
        world
            .range(first..=last)
            .map(|(place, change)| (*place, change))
            .filter(move |(place, _)| is_part(place))
    }

    /// A line's parts, each with its facts, doses and clients in a world.
    fn parts(&self, world: &World, line: Line) -> impl Iterator<Item = (Place, [i64; 3])> {
        // Most cells are as they are: they are not looked for in the world one by one.
        let changed: Vec<(Place, &Change)> = self.changed_parts(world, line).collect();
        self.places_of(line).map(move |part| {
            let change = changed.iter().find(|(place, _)| *place == part).map(|(_, change)| *change);
            (part, self.changed(part, change))
        })
    }

    /// Whether a total and its parts fit each other in a world.
    fn holds(&self, world: &World, line: Line) -> bool {
        let relations = self.cells.space.columns[line.column].relations();
        let total = self.changed(line.total, world.get(&line.total));
        let LineSums { mut sums, mut largest } = self.cells.line_sums(line.total, line.column);
        for (part, change) in self.changed_parts(world, line) {
            let now = self.changed(part, Some(change));
            for (measure, more) in [change.facts, change.doses, change.clients].into_iter().enumerate() {
                sums[measure] += more;
                largest[measure] = largest[measure].max(now[measure]);
            }
        }
        let fits_sum = |measure: usize| match relations[measure] {
            Relation::Sum => total[measure] == sums[measure],
            Relation::Within => total[measure] <= sums[measure],
        };
        let fits_largest = |largest: [i64; 3], measure: usize| {
            relations[measure] == Relation::Sum || largest[measure] <= total[measure]
        };
        if !(0..3).all(fits_sum) {
            return false;
        }
        if (0..3).all(|measure| fits_largest(largest, measure)) {
            return true;
        }
        // The largest part may have become smaller.
        let mut largest = [0; 3];
        for (_, counts) in self.parts(world, line) {
            largest = std::array::from_fn(|measure| counts[measure].max(largest[measure]));
        }
        (0..3).all(|measure| fits_largest(largest, measure))
    }

    /// The same cells in other editions, each older one with the newer one.
    pub(super) fn pairs_of(&self, place: Place) -> impl Iterator<Item = (Place, Place)> + '_ {
        let others = (0..=self.cells.last()).filter(move |edition| *edition != place.edition);
        let others = others.filter_map(move |edition| self.cells.in_edition(place, edition));
        others.map(move |other| (place.min(other), place.max(other)))
    }

    /// A changed cell and the same one in another batch that differ in the world as somebody may think that they do not: one that
    /// has not changed has changed, or the newer one has become smaller.
    pub(super) fn differing(&self, world: &World) -> Option<(Place, Place)> {
        let differs = |(older, newer): &(Place, Place)| {
            let truth = [*older, *newer].map(|place| self.changed(place, None));
            let told = [*older, *newer].map(|place| self.changed(place, world.get(&place)));
            truth[0] == truth[1] && told[0] != told[1]
                || (0..3).any(|measure| {
                    truth[0][measure] <= truth[1][measure] && told[0][measure] > told[1][measure]
                })
        };
        world.keys().flat_map(|place| self.pairs_of(*place)).find(differs)
    }

    /// Whether nothing that is known of all cells tells a world from the truth, if the cells that change in it are hidden.
    pub(super) fn is_possible(&self, world: &World) -> bool {
        let is_possible_alone = |(place, change): (&Place, &Change)| {
            let [facts, doses, clients] = self.changed(*place, Some(change));
            self.cells.counts(*place).clients > 0
                && self.cells.may_have(*place, clients)
                && clients <= doses
                && doses <= facts
        };
        world.iter().all(is_possible_alone)
            && self.lines_of(world).into_iter().all(|line| self.holds(world, line))
            && self.differing(world).is_none()
    }
}

/// The numbers of clients by which a world may go towards `left` more: all, half as many, and so on down to one.
pub(super) fn steps(left: i64) -> impl Iterator<Item = i64> {
    std::iter::successors(Some(left), |step| Some(step / 2).filter(|step| *step != 0))
}

/// Worlds one after the other, each made of the one before, until a cell has `by` more clients, or fewer. `next` makes one of them: how
/// far it goes, what it costs, and the world. What they cost together, and all cells that change on the way.
pub(super) fn one_after_the_other(
    by: i64,
    next: impl Fn(&World, i64) -> Option<(i64, Cost, World)>,
) -> Option<(Cost, BTreeSet<Place>)> {
    let (mut world, mut changed, mut cost) = (World::new(), BTreeSet::new(), 0);
    let mut left = by;
    while left != 0 {
        let (step, more, to) = next(&world, left)?;
        left -= step;
        cost = more.saturating_add(cost);
        changed.extend(to.keys().copied());
        world = to;
    }
    Some((cost, changed))
}

/// A total and its parts along a column.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Line {
    pub(super) total: Place,
    /// The column's place in the space.
    pub(super) column: usize,
}
