//! The rows of `immunizations`, of which there are more than of all others together.
//!
//! Most are plain: nothing quoted, nothing that the clean-up would change. Those are read straight from the text and handed
//! out some at a time. All others, and all that are wrong in any way, go the way of every table's rows (`rows`).

use super::quarantine::RowFault;
use super::row::{CheckResult, ExportRow, QuarantinedRow, RowIds, Value};
use super::rows::{Record, RowReader};
use crate::registry::codes::{CodeSet, DisasterFlag};
use crate::registry::source::{Block, Layout, Line, Marks, NO_FIELD, split_packed};
use crate::registry::tables::immunizations as columns;
use crate::registry::{RegistryError, Table};
use crate::value::{Day, parse_id};
use memchr::memchr;

/// The values of a fact's row. What they refer to is not looked up yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::registry) struct FactRow<'a> {
    /// The line on which it begins.
    pub(in crate::registry) line: u64,
    pub(in crate::registry) immunization_id: u64,
    pub(in crate::registry) immunfact_id: u64,
    pub(in crate::registry) client_id: u64,
    pub(in crate::registry) vaccine_id: u64,
    pub(in crate::registry) date: Day,
    /// UTF-8; blank is empty.
    pub(in crate::registry) group: &'a [u8],
    /// 1 to 999; 0 is blank.
    pub(in crate::registry) ordinal: u16,
    pub(in crate::registry) organization_id: Option<u64>,
    pub(in crate::registry) disaster_flag: Option<DisasterFlag>,
}

/// So many plain rows are handed out together: enough that looking up what they refer to need not wait for memory row by
/// row, few enough to stay in the processor's nearest cache.
const TOGETHER: usize = 128;

/// A row of more fields is read the general way.
const MOST_FIELDS: usize = 32;

/// What is done with rows of facts, some at a time, and with each that cannot be used.
pub(in crate::registry) type VisitFacts<'v> =
    dyn FnMut(Result<&[FactRow<'_>], QuarantinedRow>) -> Result<(), RegistryError> + 'v;

impl<'a> FactRow<'a> {
    pub(in crate::registry) fn of(row: &ExportRow<'a>) -> FactRow<'a> {
        FactRow {
            line: row.line,
            immunization_id: row.id(columns::IMMUNIZATION_ID),
            immunfact_id: row.id(columns::IMMUNFACT_ID),
            client_id: row.id(columns::CLIENT_ID),
            vaccine_id: row.id(columns::VACCINE_ID),
            date: row.day(columns::VACCINATION_DATE),
            group: row.text(columns::VACCINE_GROUP),
            ordinal: row.ordinal(columns::ORDINAL_POSITION),
            organization_id: row.optional_id(columns::GIVEN_BY_ORG_ID),
            disaster_flag: row.disaster_flag(columns::DISASTER_FLAG),
        }
    }

    /// Its texts and days, in the order of the columns: the values that can be used and yet be odd.
    pub(in crate::registry) fn texts_and_days(&self) -> [(usize, Value<'a>); 2] {
        [
            (columns::VACCINATION_DATE, Value::Day(self.date)),
            (columns::VACCINE_GROUP, Value::Text(self.group)),
        ]
    }

    /// The row, if it turns out that it cannot be used.
    pub(in crate::registry) fn quarantined(&self, fault: RowFault) -> QuarantinedRow {
        let ids = RowIds {
            key: Some(self.immunfact_id),
            client: Some(self.client_id),
            organization: self.organization_id,
        };
        QuarantinedRow::new(Table::Immunizations, self.line, fault, ids)
    }

    /// Reads a plain line, of which `field` gives each column's text; none if anything is wrong with it.
    #[inline]
    fn read(line: u64, field: impl Fn(usize) -> &'a [u8]) -> Option<FactRow<'a>> {
        let text = |column| field(column).trim_ascii();
        // Few have white space around them.
        let id = |column| parse_id(field(column)).or_else(|| parse_id(text(column)));
        let ordinal = match text(columns::ORDINAL_POSITION) {
            [] => 0,
            ordinal => parse_id(ordinal).filter(|ordinal| (1..=999).contains(ordinal))? as u16,
        };
        let organization_id = match text(columns::GIVEN_BY_ORG_ID) {
            [] => None,
            organization => Some(parse_id(organization)?),
        };
        let disaster_flag = match text(columns::DISASTER_FLAG) {
            [] => None,
            flag => Some(CodeSet::DisasterFlag.read(flag)?.try_as_disaster_flag()?),
        };
        Some(FactRow {
            line,
            immunization_id: id(columns::IMMUNIZATION_ID)?,
            immunfact_id: id(columns::IMMUNFACT_ID)?,
            client_id: id(columns::CLIENT_ID)?,
            vaccine_id: id(columns::VACCINE_ID)?,
            date: Day::parse_registry(text(columns::VACCINATION_DATE))?,
            group: text(columns::VACCINE_GROUP),
            ordinal,
            organization_id,
            disaster_flag,
        })
    }
}

impl RowReader<'_> {
    /// Calls `visit` with every fact of a block, which is of `immunizations`; returns how many rows there are.
    pub(super) fn for_each_fact(
        &mut self,
        block: &Block,
        visit: &mut VisitFacts<'_>,
    ) -> Result<u64, RegistryError> {
        if !may_be_plain(self.layout) {
            return self.for_each_row(block, &mut one_by_one(visit));
        }
        self.may_escape = memchr(b'\\', &block.text).is_some();
        match self.layout.delimiter {
            Some(delimiter) => self.for_each_csv_fact(block, delimiter, visit),
            None => self.for_each_packed_fact(block, visit),
        }
    }

    fn for_each_packed_fact(
        &mut self,
        block: &Block,
        visit: &mut VisitFacts<'_>,
    ) -> Result<u64, RegistryError> {
        let Layout { width, fields, .. } = *self.layout;
        let text = block.text.as_slice();
        let mut together = Together(Vec::with_capacity(TOGETHER));
        let (mut rows, mut at) = (0, 0);
        while at < text.len() {
            let (line, next) = split_packed(text, at, width, &mut self.fields);
            let is_plain = self.is_plain(text, next);
            let plain = is_plain
                .then(|| FactRow::read(line, |column: usize| self.fields[fields[column]].as_it_stands(text)));
            at = next;
            if let Some(row) = plain.flatten() {
                self.oddities.note_text(columns::VACCINE_GROUP, row.group);
                together.push(row, visit)?;
                rows += 1;
                continue;
            }
            together.hand_out(visit)?;
            let record = Record { line, text, is_plain, may_be_cut: false };
            rows += self.visit_record(record, &mut one_by_one(visit))?;
        }
        together.hand_out(visit)?;
        Ok(rows)
    }

    fn for_each_csv_fact(
        &mut self,
        block: &Block,
        delimiter: u8,
        visit: &mut VisitFacts<'_>,
    ) -> Result<u64, RegistryError> {
        let Layout { width, fields, .. } = *self.layout;
        let text = block.text.as_slice();
        let mut marks = Marks::new(text, delimiter);
        let mut ends = [0; MOST_FIELDS];
        let ends = &mut ends[..width];
        let mut together = Together(Vec::with_capacity(TOGETHER));
        let (mut rows, mut at, mut line) = (0, 0, block.first_line);
        while at < text.len() {
            let plain = marks.next_line(ends).filter(|line| *line == Line::Plain).map(|_| {
                let field = |column: usize| {
                    let place = fields[column];
                    let start = if place == 0 { at } else { ends[place - 1] + 1 };
                    &text[start..ends[place]]
                };
                FactRow::read(line, field)
            });
            if let Some(row) = plain.flatten() {
                self.oddities.note_text(columns::VACCINE_GROUP, row.group);
                together.push(row, visit)?;
                (at, line, rows) = (ends[width - 1] + 1, line + 1, rows + 1);
                continue;
            }
            together.hand_out(visit)?;
            rows += self.visit_next(text, delimiter, &mut at, &mut line, &mut one_by_one(visit))?;
            marks.begin_line(at);
        }
        together.hand_out(visit)?;
        Ok(rows)
    }
}

/// Plain rows that wait to be handed out together.
struct Together<'a>(Vec<FactRow<'a>>);

impl<'a> Together<'a> {
    fn push(&mut self, row: FactRow<'a>, visit: &mut VisitFacts<'_>) -> Result<(), RegistryError> {
        self.0.push(row);
        if self.0.len() == TOGETHER { self.hand_out(visit) } else { Ok(()) }
    }

    fn hand_out(&mut self, visit: &mut VisitFacts<'_>) -> Result<(), RegistryError> {
        visit(Ok(&self.0))?;
        self.0.clear();
        Ok(())
    }
}

/// Hands rows on, each by itself.
fn one_by_one(visit: &mut VisitFacts<'_>) -> impl FnMut(CheckResult<'_>) -> Result<(), RegistryError> {
    |row| match row {
        Ok(row) => visit(Ok(&[FactRow::of(&row)])),
        Err(bad) => visit(Err(bad)),
    }
}

/// Whether rows of a layout can be read without the general way: every column stands in a field, and no profile makes
/// something else of it.
fn may_be_plain(layout: &Layout) -> bool {
    let fields = &layout.fields[..layout.table.columns().len()];
    layout.profile.is_none() && layout.width <= MOST_FIELDS && !fields.contains(&NO_FIELD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Encoding;
    use proptest::prelude::*;

    fn layout(fields: [usize; 11], width: usize) -> Layout {
        Layout {
            table: Table::Immunizations,
            delimiter: Some(b','),
            encoding: Encoding::Utf8,
            width,
            fields,
            extra: Vec::new(),
            profile: None,
            given: Vec::new(),
        }
    }

    /// A line of facts, of values as they should be and as they should not.
    fn line() -> impl Strategy<Value = String> {
        let id = || {
            let odd = [
                "",
                " 7",
                "7 ",
                "0012",
                "12.0",
                "12.5",
                "x",
                "9223372036854775808",
                "\"5\"",
                "5\"",
                "é",
                "1\r",
            ];
            prop_oneof![4 => "[0-9]{1,19}", 1 => proptest::sample::select(odd.to_vec()).prop_map(str::to_owned)]
        };
        let one_of = |values: &[&'static str]| proptest::sample::select(values.to_vec());
        let date = one_of(&[
            "2020-01-01",
            "2023-12-31",
            "2020-02-30",
            " 2020-01-01 ",
            "2020-01-01T10:00",
            "2020-01-01T ",
            "2020-01-01 ",
            "1/2/2020",
            "",
            "1879-12-31",
            "2020-01-01\r",
            "20200101",
        ]);
        let group = one_of(&[
            "DTAP",
            "NULL",
            " A ",
            "\"A,B\"",
            "a\rb",
            "\\N",
            "a\\",
            "Río",
            "",
            "\"two\nlines\"",
            "NA",
        ]);
        let ordinal = one_of(&["", "1", "0", "999", "1000", "1.0", " 2", "first"]);
        let flag = one_of(&["", "Y", "n", "X", " N ", "\"Y\""]);
        let end = one_of(&["\n", "\r\n", "\n\n", "\r\n\r\n", ",\n", ""]);
        let values = (id(), id(), id(), id(), date, group, ordinal, id(), flag);
        (values, end).prop_map(|((dose, fact, client, vaccine, date, group, ordinal, clinic, flag), end)| {
            format!("{dose},{fact},{client},{vaccine},{date},{group},{ordinal},{clinic},{flag}{end}")
        })
    }

    proptest::proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// Whatever stands in a block, the same facts come out as by the way of every table's rows.
        #[test]
        fn facts_are_the_rows_that_they_stand_in(
            lines in proptest::collection::vec(prop_oneof![9 => line(), 1 => "[0-9,\"\r\n -]{0,30}"], 0..300),
            is_turned in any::<bool>(),
        ) {
            let fields = if is_turned { [8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0] } else { [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0] };
            let layout = layout(fields, 9);
            let block = Block { text: lines.concat().into_bytes(), first_line: 2, ..Block::default() };
            let (mut plain, mut general) = (Vec::new(), Vec::new());
            let (mut one, mut other) = (RowReader::new(&layout, None), RowReader::new(&layout, None));
            let facts = one.for_each_fact(&block, &mut |facts| {
                match facts {
                    Ok(facts) => plain.extend(facts.iter().map(|fact| format!("{fact:?}"))),
                    Err(bad) => plain.push(format!("{bad:?}")),
                }
                Ok(())
            });
            let rows = other.for_each_row(&block, &mut |row| {
                general.push(row.map_or_else(|bad| format!("{bad:?}"), |row| format!("{:?}", FactRow::of(&row))));
                Ok(())
            });
            prop_assert_eq!(facts.unwrap(), rows.unwrap());
            prop_assert_eq!(plain, general);
            prop_assert_eq!(format!("{:?}", one.oddities), format!("{:?}", other.oddities));
        }
    }
}
