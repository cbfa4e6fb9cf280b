//! Rows that cannot be used: why, how many, where.
//!
//! Holds codes and places, never a value. The list of places may be long, so it lies in sorted runs on disk once
//! it outgrows a little memory.

use super::row::{QuarantinedRow, RowFile};
use super::shape::Shape;
use crate::registry::Table;
use crate::registry::tables::Kind;
use crate::spill::{Merge, Sorter, Spill, storable_as, storable_fields};
use crate::value::{Percentage, all_of};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use strum::{Display, EnumString, FromRepr, IntoStaticStr, VariantArray};

/// Why a row is left out. In the order in which the checks are made: a row gets the first that applies.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Display,
    EnumString,
    FromRepr,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[repr(u8)]
pub enum Code {
    /// Another number of fields than the header, or a line break and then text behind a quote.
    MalformedRow,
    /// Bytes that are not the export's encoding.
    InvalidUtf8,
    /// A blank or unreadable required id, or an unreadable optional one.
    InvalidId,
    /// A blank required date, or an unreadable one.
    InvalidDate,
    /// A value outside its set, a blank required column, or a consent whose end makes no sense.
    InvalidValue,
    /// The last row of a `consents` file that may be cut inside it.
    CutShort,
    /// Shares its key with a row that differs from it.
    DuplicateKey,
    /// Equals another row with its key.
    DuplicateRow,
    /// Names a client who is not there.
    UnknownClient,
    /// Names a vaccine that is not there.
    UnknownVaccine,
    /// Names an organization that is not there.
    UnknownOrganization,
    /// Dated before its client's birth.
    VaccinatedBeforeBirth,
}

impl Code {
    /// Every code, in order.
    pub const ALL: [Code; Code::VARIANTS.len()] = all_of(Code::VARIANTS);

    /// The code as it is written everywhere.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The code with this name.
    pub fn named(name: &str) -> Option<Code> {
        name.parse().ok()
    }

    /// The code in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Code::MalformedRow => {
                "the row has another number of fields than the header, or holds line breaks in which rows may be lost"
            }
            Code::InvalidUtf8 => "the row holds bytes that are not the export's encoding",
            Code::InvalidId => "the id is blank or unreadable",
            Code::InvalidDate => "the date is blank or unreadable",
            Code::InvalidValue => "the value is blank or outside its set",
            Code::CutShort => "the file does not end with a line end, so that its last row may be cut",
            Code::DuplicateKey => "the row shares its key with a row that differs from it",
            Code::DuplicateRow => "the row equals another",
            Code::UnknownClient => "the client does not exist or is quarantined",
            Code::UnknownVaccine => "the vaccine does not exist or is quarantined",
            Code::UnknownOrganization => "the organization does not exist or is quarantined",
            Code::VaccinatedBeforeBirth => "the vaccination is dated before the client's birth",
        }
    }
}

/// What is wrong with a row, and in which column.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RowFault {
    pub code: Code,
    /// The column's place in its table; none where the code is about the whole row.
    pub column: Option<u8>,
}

impl RowFault {
    pub fn in_column(code: Code, column: usize) -> RowFault {
        RowFault { code, column: u8::try_from(column).ok() }
    }

    /// A fault of the whole row.
    pub fn of_row(code: Code) -> RowFault {
        RowFault { code, column: None }
    }

    /// The column's name; none where the code is about the whole row.
    pub fn column_name(self, table: Table) -> Option<&'static str> {
        self.column.map(|column| table.column_name(usize::from(column)))
    }
}

/// A quarantined row's place. Ordered as the quarantine list is: by table, then line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Entry {
    pub table: Table,
    /// The line on which the record begins.
    pub line: u64,
    pub file: RowFile,
    pub fault: RowFault,
}

impl Entry {
    /// The column's name; empty where the code is about the whole row.
    pub fn column_name(&self) -> &'static str {
        self.fault.column_name(self.table).unwrap_or_default()
    }
}

storable_fields!(Entry { table, line, file, fault });
storable_fields!(RowFault { code, column });
storable_as!(RowFile, u8, |file| file as u8, RowFile::from_repr);
storable_as!(Table, u8, |table| table as u8, Table::from_repr);
storable_as!(Code, u8, |code| code as u8, Code::from_repr);

/// A kind of quarantined row: where it has which fault, and what stands there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FaultKind {
    pub table: Table,
    pub fault: RowFault,
    /// None where the fault is not in the form of a value.
    pub shape: Option<Shape>,
}

impl FaultKind {
    /// What should stand there, in words, where it is the form of the value that is wrong. `dates`: how dates must be
    /// written, where a profile says it.
    pub fn expected(&self, dates: Option<&str>) -> Option<String> {
        let column = &self.table.columns()[usize::from(self.fault.column?)];
        let is_no_value = matches!(
            self.shape?,
            Shape::EndBeforeStart
                | Shape::WithdrawnWithoutEnd
                | Shape::OnlyDelimiters
                | Shape::HeaderAgain
                | Shape::UnknownDay
        );
        let is_of_form = self.fault.code != Code::InvalidUtf8 && !is_no_value;
        let dates = dates.filter(|_| column.kind == Kind::Date);
        is_of_form.then(|| dates.map_or_else(|| column.kind.expected(), str::to_owned))
    }
}

/// How many rows are of a kind, and the lines of the first.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Places {
    pub count: u64,
    /// In ascending order.
    pub first_lines: Vec<u64>,
}

/// So many lines of a kind are kept.
const FIRST_LINES: usize = 3;

impl Places {
    pub(crate) fn add(&mut self, count: u64, lines: &[u64]) {
        self.count += count;
        for line in lines {
            if self.first_lines.len() < FIRST_LINES || self.first_lines.last() > Some(line) {
                let place = self.first_lines.partition_point(|other| other < line);
                self.first_lines.insert(place, *line);
                self.first_lines.truncate(FIRST_LINES);
            }
        }
    }
}

/// So many kinds are told of a table with too many quarantined rows.
const MOST_KINDS: usize = 3;

/// The quarantined rows of an export: counts by table and code, and the list of places.
#[derive(Debug)]
pub struct Quarantine {
    counts: [[u64; Code::ALL.len()]; Table::ALL.len()],
    /// How many rows take up more than one line.
    over_lines: [u64; Table::ALL.len()],
    /// How many lines those take up behind their first.
    more_lines: [u64; Table::ALL.len()],
    kinds: BTreeMap<FaultKind, Places>,
    /// How many facts of an organization have which code; of none where it is not known.
    by_organization: BTreeMap<(Option<u64>, Code), u64>,
    entries: Sorter<Entry>,
}

impl Quarantine {
    pub fn new(spill: &Spill) -> Quarantine {
        Quarantine {
            counts: Default::default(),
            over_lines: Default::default(),
            more_lines: Default::default(),
            kinds: BTreeMap::new(),
            by_organization: BTreeMap::new(),
            entries: Sorter::new(spill),
        }
    }

    pub fn add(&mut self, row: &QuarantinedRow) -> io::Result<()> {
        let QuarantinedRow { table, line, file, fault, shape, ids, lines, .. } = *row;
        self.counts[table as usize][fault.code as usize] += 1;
        self.over_lines[table as usize] += u64::from(lines > 1);
        // A damaged source may claim any number.
        let more = &mut self.more_lines[table as usize];
        *more = more.saturating_add(lines.saturating_sub(1));
        self.kinds.entry(FaultKind { table, fault, shape }).or_default().add(1, &[line]);
        if table == Table::Immunizations {
            *self.by_organization.entry((ids.organization, fault.code)).or_default() += 1;
        }
        self.entries.push(Entry { table, line, file, fault })
    }

    /// Takes over the rows of another quarantine.
    pub fn absorb(&mut self, other: Quarantine) {
        for (mine, theirs) in self.counts.iter_mut().flatten().zip(other.counts.iter().flatten()) {
            *mine += theirs;
        }
        let mine = self.over_lines.iter_mut().chain(&mut self.more_lines);
        for (mine, theirs) in mine.zip(other.over_lines.iter().chain(&other.more_lines)) {
            *mine += theirs;
        }
        for (kind, places) in other.kinds {
            self.kinds.entry(kind).or_default().add(places.count, &places.first_lines);
        }
        for (place, facts) in other.by_organization {
            *self.by_organization.entry(place).or_default() += facts;
        }
        self.entries.absorb(other.entries);
    }

    /// Every kind of quarantined row, by table, code, column and shape.
    pub fn kinds(&self) -> impl Iterator<Item = (&FaultKind, &Places)> {
        self.kinds.iter()
    }

    /// The first line on which a table's header stands again, and how many there are.
    pub(super) fn header_again(&self, table: Table) -> Option<(u64, u64)> {
        let is_header = |kind: &FaultKind| kind.table == table && kind.shape == Some(Shape::HeaderAgain);
        let again = || self.kinds.iter().filter(|(kind, _)| is_header(kind)).map(|(_, places)| places);
        let line = again().flat_map(|places| places.first_lines.first()).min()?;
        Some((*line, again().map(|places| places.count).sum()))
    }

    /// The shapes that tell what went wrong at the source, with the first line and how many rows there are.
    pub(super) fn telling_shapes(&self) -> impl Iterator<Item = (Table, Shape, u64, u64)> {
        let mut found: BTreeMap<(Table, Shape), Places> = BTreeMap::new();
        for (FaultKind { table, shape, .. }, places) in &self.kinds {
            if let Some(shape @ (Shape::Scientific | Shape::OnlyDelimiters | Shape::Backslash)) = *shape {
                found.entry((*table, shape)).or_default().add(places.count, &places.first_lines);
            }
        }
        let first = |places: &Places| places.first_lines.first().copied().unwrap_or(0);
        found.into_iter().map(move |((table, shape), places)| (table, shape, first(&places), places.count))
    }

    /// The kinds of a table's rows, with how many there are; the most frequent first.
    pub(super) fn most_frequent_kinds(&self, table: Table) -> Vec<(FaultKind, u64)> {
        let of_table = self.kinds.iter().filter(|(kind, _)| kind.table == table);
        let mut kinds: Vec<_> = of_table.map(|(kind, places)| (*kind, places.count)).collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        kinds.truncate(MOST_KINDS);
        kinds
    }

    /// How many facts of an organization have which code, in order; of none where it is not known.
    pub fn facts_of(&self, organization: Option<u64>) -> impl Iterator<Item = (Code, u64)> {
        let first = Code::ALL[0];
        let places = self.by_organization.range((organization, first)..);
        places.take_while(move |((of, _), _)| *of == organization).map(|((_, code), facts)| (*code, *facts))
    }

    /// How many rows of a table have a code.
    pub fn count(&self, table: Table, code: Code) -> u64 {
        self.counts[table as usize][code as usize]
    }

    /// How many rows of a table take up more than one line and are malformed.
    pub fn over_lines(&self, table: Table) -> u64 {
        self.over_lines[table as usize]
    }

    /// Whether more of a table's rows are quarantined than the limit allows. A row over several lines counts as each of
    /// its lines, because each may have been a row. One that was cut at the end of its file does not count: what it is
    /// there for is to close its client.
    pub fn excess(&self, limit: Limit, table: Table, rows: u64) -> Option<Excess> {
        let more = self.more_lines[table as usize];
        let counted = self.total(table) - self.count(table, Code::CutShort);
        limit.excess(counted.saturating_add(more), rows.saturating_add(more))
    }

    /// How many rows of a table are quarantined.
    pub fn total(&self, table: Table) -> u64 {
        self.counts[table as usize].iter().sum()
    }

    /// The codes that occurred in a table, with how often, in order.
    pub fn by_code(&self, table: Table) -> impl Iterator<Item = (Code, u64)> {
        let counts = self.counts[table as usize];
        Code::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0)
    }

    pub fn is_empty(&self) -> bool {
        self.counts.iter().flatten().all(|count| *count == 0)
    }

    /// Every row's place, by table and line.
    ///
    /// # Errors
    /// If what lies on disk can't be read back.
    pub fn list(&mut self) -> io::Result<Merge<'_, Entry>> {
        self.entries.merge()
    }
}

/// The largest share of a table's rows that may be quarantined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit(Percentage);

/// A limit that is no percentage.
#[derive(thiserror::Error, Debug)]
#[error("not a percentage from 0% to 100% with at most six decimals, such as 1% or 0.25%")]
pub struct NotAPercentage;

impl std::str::FromStr for Limit {
    type Err = NotAPercentage;

    fn from_str(text: &str) -> Result<Limit, NotAPercentage> {
        let share = Percentage::parse(text).filter(|share| *share <= Percentage::WHOLE);
        share.map(Limit).ok_or(NotAPercentage)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Limit {
    /// Whether so many of so many rows are too many, and by how much.
    pub fn excess(self, quarantined: u64, rows: u64) -> Option<Excess> {
        self.0.is_exceeded_by(quarantined, rows).then_some(Excess { quarantined, rows, limit: self })
    }
}

/// More quarantined rows than the limit allows.
#[derive(thiserror::Error, Clone, Copy, Debug)]
#[error("{quarantined} of {rows} rows can't be used, more than the limit of {limit}")]
pub struct Excess {
    quarantined: u64,
    rows: u64,
    limit: Limit,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::Storable;

    #[test]
    fn reads_limits() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(text.parse::<Limit>().ok().map(|l| l.to_string()).as_deref(), expect, "{text:?}");
        };
        check("1%", Some("1%"));
        check("1", Some("1%"));
        check("0.25%", Some("0.25%"));
        check("0", Some("0%"));
        check("100%", Some("100%"));
        check("100.000001%", None);
        check("101%", None);
        check("-1%", None);
        check("", None);
        check("%", None);
        check("1.%", None);
        check("1e1", None);
        check("0.0000001%", None);
        check("NaN", None);
    }

    #[test]
    fn a_limit_is_kept_to_the_row() {
        let check = |limit: &str, quarantined, rows, over: bool| {
            let limit: Limit = limit.parse().unwrap();
            assert_eq!(limit.excess(quarantined, rows).is_some(), over, "{quarantined} of {rows}, {limit}");
        };
        check("1%", 1, 100, false);
        check("1%", 2, 199, true);
        check("1%", 0, 0, false);
        check("0%", 1, 1_000_000_000, true);
        check("0%", 0, 5, false);
        check("0.1%", 1, 1000, false);
        check("0.1%", 1, 999, true);
        check("100%", 5, 5, false);
        check("1%", u64::MAX, u64::MAX, true);
    }

    #[test]
    fn entries_survive_storing() {
        for column in [None, Some(0), Some(10)] {
            for code in Code::ALL {
                let entry = Entry {
                    table: Table::Immunizations,
                    line: u64::MAX - 1,
                    file: RowFile::Clients,
                    fault: RowFault { code, column },
                };
                let mut bytes = Vec::new();
                entry.store(&mut bytes).unwrap();
                assert_eq!(Entry::load(&mut bytes.as_slice()).unwrap(), entry);
            }
        }
    }
}
