//! From a block of text to checked rows: clean-up, and the checks that need nothing but the row itself.
//!
//! A row comes out either with all its values read, or with the one fault it is quarantined for.

use super::oddities::Oddities;
use super::quarantine::{Code, RowFault};
use super::row::{CheckResult, ExportRow, QuarantinedRow, RowFile, RowIds, Value, Values};
use super::shape::{Shape, shape_of_record};
use crate::registry::codes::EndReason;
use crate::registry::profile::{Cell, DateRead, EffectCounts, GivenConsent, Profile, Treatment};
use crate::registry::source::{
    Block, Field, Layout, Line, Marks, NO_FIELD, blank_lines, count_lines, may_have_swallowed_rows,
    split_packed, split_record,
};
use crate::registry::tables::{self, Kind, MOST_COLUMNS};
use crate::registry::{RegistryError, Table};
use crate::spill::{Sorter, Spill};
use crate::value::{Day, name, parse_id, text, without_decimal_tail};
use memchr::memchr;
use std::borrow::Cow;
use std::ops::Range;
use twox_hash::XxHash3_128;

/// Reads the rows of one table; what it holds is reused from row to row.
#[derive(Debug)]
pub(super) struct RowReader<'l> {
    pub(super) layout: &'l Layout,
    pub(super) fields: Vec<Field>,
    /// Texts that the clean-up changed.
    changed: Vec<u8>,
    /// A hash of each record, for tables in which records that stand there twice matter.
    pub(super) fingerprints: Option<Sorter<u128>>,
    /// What is odd about the texts of the rows that can be used.
    pub(super) oddities: Oddities,
    /// Whether there is a backslash in the block that is read.
    pub(super) may_escape: bool,
    /// What a profile makes of the values, if there is one.
    pub(super) profiled: Option<Profiled<'l>>,
}

/// What a profile makes of the values of a table, and of the consents that its rows give.
#[derive(Debug)]
pub(super) struct Profiled<'l> {
    own: Treatment<'l>,
    given: Vec<GivenRows<'l>>,
}

/// A consent that each row gives.
#[derive(Debug)]
struct GivenRows<'l> {
    consent: &'l GivenConsent,
    treatment: Treatment<'l>,
    /// For each column of `consents`, the field that holds it.
    fields: &'l [usize; MOST_COLUMNS],
}

impl<'l> Profiled<'l> {
    fn new(profile: &'l Profile, layout: &'l Layout) -> Profiled<'l> {
        let given = profile.given.iter().zip(&layout.given).map(|(consent, fields)| GivenRows {
            consent,
            treatment: Treatment::of_given(profile, consent),
            fields,
        });
        Profiled { own: Treatment::new(profile, layout.table), given: given.collect() }
    }

    /// What was changed, of the table that the rows are of.
    pub(super) fn counts(&self) -> EffectCounts {
        if self.given.is_empty() {
            return self.own.counts.clone();
        }
        let mut all = EffectCounts::default();
        self.given.iter().for_each(|given| all.absorb(&given.treatment.counts));
        all
    }
}

/// Where a column's cleaned text lies.
#[derive(Clone)]
enum CleanText {
    InBlock(Range<usize>),
    Changed(Range<usize>),
    NotInEncoding,
}

/// Whether a byte is one of plain text: no control character, no quote or backslash, nothing beyond ASCII.
fn is_plain_byte(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) & (byte != b'"') & (byte != b'\\')
}

/// The values of a row, by the columns' places.
type Cells<'a> = [Cell<'a>; MOST_COLUMNS];

/// What is done with a row.
pub(super) type Visit<'v> = dyn FnMut(CheckResult<'_>) -> Result<(), RegistryError> + 'v;

/// Where a record lies in a block.
#[derive(Clone, Copy)]
pub(super) struct Record<'b> {
    pub(super) line: u64,
    /// The block.
    pub(super) text: &'b [u8],
    /// Whether it is plain, so that the clean-up has nothing to do but to trim.
    pub(super) is_plain: bool,
    /// Whether it may be cut at its end.
    pub(super) may_be_cut: bool,
}

impl RowReader<'_> {
    /// `spill`: where the fingerprints of records go, if they are wanted.
    pub(super) fn new<'l>(layout: &'l Layout, spill: Option<&Spill>) -> RowReader<'l> {
        let holds_consents = layout.table == Table::Consents || !layout.given.is_empty();
        let wanted = spill.filter(|_| holds_consents);
        RowReader {
            layout,
            fields: Vec::new(),
            changed: Vec::new(),
            fingerprints: wanted.map(Sorter::new),
            profiled: layout.profile.as_deref().map(|profile| Profiled::new(profile, layout)),
            oddities: Oddities::of_table(layout.table),
            may_escape: false,
        }
    }

    /// Calls `visit` with every row of a block; returns how many there are.
    pub(super) fn for_each_row(
        &mut self,
        block: &Block,
        visit: &mut Visit<'_>,
    ) -> Result<u64, RegistryError> {
        if let Some(delimiter) = self.layout.delimiter {
            return self.for_each_csv_row(block, delimiter, visit);
        }
        self.may_escape = memchr(b'\\', &block.text).is_some();
        let mut prints = block.fingerprints.iter();
        let (mut rows, mut at) = (0, 0);
        let text = block.text.as_slice();
        while at < text.len() {
            let (line, next) = split_packed(text, at, self.layout.width, &mut self.fields);
            let is_plain = self.is_plain(text, next);
            let found = self.visit_record(Record { line, text, is_plain, may_be_cut: false }, visit)?;
            if let (Some(fingerprints), Some(print)) = (&mut self.fingerprints, prints.next())
                && found > 0
            {
                fingerprints.push(*print).map_err(RegistryError::Spill)?;
            }
            rows += found;
            at = next;
        }
        Ok(rows)
    }

    /// Whether the fields of a packed record, which lie one behind the other up to `end`, are plain text.
    pub(super) fn is_plain(&self, text: &[u8], end: usize) -> bool {
        let start = self.fields.first().map_or(end, Field::start);
        // Without a way out in between, so that many bytes can be looked at together.
        text[start..end].iter().fold(true, |plain, byte| plain & is_plain_byte(*byte))
    }

    fn for_each_csv_row(
        &mut self,
        block: &Block,
        delimiter: u8,
        visit: &mut Visit<'_>,
    ) -> Result<u64, RegistryError> {
        let text = block.text.as_slice();
        self.may_escape = memchr(b'\\', text).is_some();
        let mut marks = Marks::new(text, delimiter);
        let mut ends = vec![0; self.layout.width];
        let (mut rows, mut at, mut line) = (0, 0, block.first_line);
        while at < text.len() {
            let Some(kind) = marks.next_line(&mut ends) else {
                rows += self.visit_next(text, delimiter, &mut at, &mut line, visit)?;
                marks.begin_line(at);
                continue;
            };
            let mut next = at;
            self.fields.clear();
            for end in &ends {
                let field = &text[next..*end];
                // Only a line end has one.
                let length = field.strip_suffix(b"\r").unwrap_or(field).len();
                self.fields.push(Field::plain(next..next + length));
                next = end + 1;
            }
            let record = Record { line, text, is_plain: kind == Line::Plain, may_be_cut: false };
            rows += self.visit_whole(record, &text[at..next], visit)?;
            (at, line) = (next, line + 1);
        }
        Ok(rows)
    }

    /// Calls `visit` with the rows of the record that begins at `at`, on `line`, whatever it is like, and goes on behind it; or
    /// skips blank lines there. Returns how many rows there are.
    pub(super) fn visit_next(
        &mut self,
        text: &[u8],
        delimiter: u8,
        at: &mut usize,
        line: &mut u64,
        visit: &mut Visit<'_>,
    ) -> Result<u64, RegistryError> {
        let Layout { table, width, .. } = *self.layout;
        let blank = blank_lines(&text[*at..]);
        if blank > 0 {
            *line += count_lines(&text[*at..*at + blank]);
            *at += blank;
            return Ok(0);
        }
        let next = split_record(text, *at, delimiter, &mut self.fields);
        let bytes = &text[*at..next];
        // Blocks hold whole records, so that only a file's last one can lack its line end. In `consents` that may be
        // the trace of a lost withdrawal.
        let may_be_cut = table == Table::Consents && bytes.last() != Some(&b'\n');
        let found = if self.fields.len() != width
            || may_have_swallowed_rows(bytes, text, &self.fields, table, delimiter, width)
        {
            visit(Err(self.malformed(*line, bytes, text)))?;
            self.note_bytes(bytes)?;
            1
        } else {
            self.visit_whole(Record { line: *line, text, is_plain: false, may_be_cut }, bytes, visit)?
        };
        *line += count_lines(bytes);
        *at = next;
        Ok(found)
    }

    /// Hands out the rows of a record that has as many fields as it must; returns how many there are. `bytes` are the record's.
    fn visit_whole(
        &mut self,
        record: Record<'_>,
        bytes: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<u64, RegistryError> {
        let found = self.visit_record(record, visit)?;
        if found > 0 {
            self.note_bytes(bytes)?;
        }
        Ok(found)
    }

    /// Takes the fingerprint of a record, if such are wanted.
    fn note_bytes(&mut self, record: &[u8]) -> Result<(), RegistryError> {
        let Some(fingerprints) = &mut self.fingerprints else { return Ok(()) };
        let line_end = record.strip_suffix(b"\n").map(|row| row.strip_suffix(b"\r").unwrap_or(row));
        fingerprints.push(XxHash3_128::oneshot(line_end.unwrap_or(record))).map_err(RegistryError::Spill)
    }

    /// The table of which rows come out, and the file in which they stand.
    fn rows_are_of(&self) -> (Table, RowFile) {
        if self.layout.given.is_empty() {
            (self.layout.table, RowFile::Own)
        } else {
            (Table::Consents, RowFile::Clients)
        }
    }

    /// Hands out the rows of the record that `fields` were split from; returns how many there are.
    pub(super) fn visit_record(
        &mut self,
        record: Record<'_>,
        visit: &mut Visit<'_>,
    ) -> Result<u64, RegistryError> {
        if !self.layout.given.is_empty() {
            return self.visit_given(record, visit);
        }
        if self.profiled.is_some() {
            self.visit_profiled_row(record, visit)?;
        } else if record.is_plain {
            self.visit_plain_row(record, visit)?;
        } else {
            self.visit_row(record, visit)?;
        }
        Ok(1)
    }

    /// A record that is no row. Its fields lie in `text`.
    fn malformed(&self, line: u64, record: &[u8], text: &[u8]) -> QuarantinedRow {
        let shape = shape_of_record(record, self.fields.len(), self.layout.width);
        let (table, file) = self.rows_are_of();
        // Up to the fault, which may lie behind the id, fields are in their places.
        let id = |column: usize| {
            let (field, mut changed) = (self.fields.get(self.layout.fields[column])?, Vec::new());
            match clean_text(text, field, self.layout, &mut changed).cell(text, &changed) {
                Cell::Text(text) => parse_id(match &self.profiled {
                    Some(profiled) => profiled.own.of_uncounted(column, text),
                    None => text,
                }),
                Cell::NotInEncoding | Cell::Date { .. } => None,
            }
        };
        // The fields are those of the file's table. A consent that it gives has no key, and its client is the row's.
        let of = self.layout.table;
        let key = of.key_column().filter(|_| of == table).and_then(id);
        let perhaps = RowIds { key, client: of.client_column().and_then(id), organization: None };
        QuarantinedRow::malformed(table, line, file, lines_of(record), shape, perhaps)
    }

    /// Reads a plain row: all that is left of the clean-up is to trim spaces.
    fn visit_plain_row(&mut self, record: Record<'_>, visit: &mut Visit<'_>) -> Result<(), RegistryError> {
        let field_of = |column: usize| &self.fields[self.layout.fields[column]];
        let cell_of = |column| Cell::Text(field_of(column).as_it_stands(record.text).trim_ascii());
        let mut values = [Value::Blank; MOST_COLUMNS];
        let row = read_row(self.layout, record, cell_of, &mut values);
        if let Ok(row) = &row {
            self.oddities.note(row, self.may_escape);
        }
        visit(row)
    }

    fn visit_row(&mut self, record: Record<'_>, visit: &mut Visit<'_>) -> Result<(), RegistryError> {
        self.changed.clear();
        let fields = &self.layout.fields[..self.layout.table.columns().len()];
        let texts = clean_texts(record, &self.fields, fields, self.layout, &mut self.changed);
        let cell_of = |column: usize| texts[column].cell(record.text, &self.changed);
        let mut values = [Value::Blank; MOST_COLUMNS];
        let row = read_row(self.layout, record, cell_of, &mut values);
        if let Ok(row) = &row {
            self.oddities.note(row, self.may_escape);
        }
        visit(row.map_err(|bad| with_shape_of_bytes(bad, record, self.layout, &self.fields)))
    }

    /// Reads a row as a profile has it.
    fn visit_profiled_row(&mut self, record: Record<'_>, visit: &mut Visit<'_>) -> Result<(), RegistryError> {
        self.changed.clear();
        let Some(profiled) = &mut self.profiled else { return Ok(()) };
        let cells = profiled_cells(
            record,
            self.layout.table,
            &self.fields,
            &self.layout.fields,
            self.layout,
            &mut self.changed,
            &mut profiled.own,
        );
        let mut values = [Value::Blank; MOST_COLUMNS];
        let row = read_row(self.layout, record, |column| cells[column], &mut values);
        if let Ok(row) = &row {
            self.oddities.note(row, self.may_escape);
        }
        visit(row.map_err(|bad| with_shape_of_bytes(bad, record, self.layout, &self.fields)))
    }

    /// Hands out the consents that a row of `clients` gives; returns how many there are.
    ///
    /// Whatever is wrong with the row itself is wrong with its consents: one of them may be a withdrawal.
    fn visit_given(&mut self, record: Record<'_>, visit: &mut Visit<'_>) -> Result<u64, RegistryError> {
        use tables::consents::{CLIENT_ID, EFFECTIVE_DATE, END_DATE, END_REASON};
        let Some(Profiled { own, given }) = &mut self.profiled else { return Ok(0) };
        let (layout, fields) = (self.layout, &self.fields);
        let mut own_changed = Vec::new();
        let own_cells =
            profiled_cells(record, Table::Clients, fields, &layout.fields, layout, &mut own_changed, own);
        let mut own_values = [Value::Blank; MOST_COLUMNS];
        let mut own_row = None;
        let mut found = 0;
        for GivenRows { consent, treatment, fields: given_fields } in given {
            self.changed.clear();
            let table = Table::Consents;
            let mut cells =
                profiled_cells(record, table, fields, given_fields, layout, &mut self.changed, treatment);
            if cells[EFFECTIVE_DATE].is_blank() && cells[END_DATE].is_blank() {
                continue;
            }
            found += 1;
            cells[CLIENT_ID] = own_cells[tables::clients::CLIENT_ID];
            if let Some(reason) = &consent.end_reason_if_ended
                && cells[END_REASON].is_blank()
                && !cells[END_DATE].is_blank()
            {
                cells[END_REASON] = Cell::Text(reason.as_bytes());
            }
            let own_row = own_row.get_or_insert_with(|| {
                check_row(
                    Table::Clients,
                    record.line,
                    RowFile::Own,
                    |column| own_cells[column],
                    &mut own_values,
                )
                .map(|_| ())
            });
            if let Err(bad) = own_row {
                let is_of_id = bad.fault.column == u8::try_from(tables::clients::CLIENT_ID).ok();
                let column = is_of_id.then_some(CLIENT_ID as u8);
                let fault = RowFault { code: bad.fault.code, column };
                let ids = RowIds { client: bad.ids.client, ..RowIds::default() };
                visit(Err(QuarantinedRow { table, file: RowFile::Clients, fault, ids, ..*bad }))?;
                continue;
            }
            let mut values = [Value::Blank; MOST_COLUMNS];
            visit(check_row(table, record.line, RowFile::Clients, |column| cells[column], &mut values))?;
        }
        Ok(found)
    }
}

/// Adds what bytes are that are not the export's encoding.
fn with_shape_of_bytes(
    mut bad: QuarantinedRow,
    record: Record<'_>,
    layout: &Layout,
    fields: &[Field],
) -> QuarantinedRow {
    if let (Code::InvalidUtf8, Some(column)) = (bad.fault.code, bad.fault.column) {
        let field = &fields[layout.fields[usize::from(column)]];
        bad.shape = Some(Shape::of_undecoded(&field.unquoted(record.text)));
    }
    bad
}

fn read_row<'v, 'a: 'v>(
    layout: &Layout,
    record: Record<'_>,
    cell_of: impl Fn(usize) -> Cell<'a>,
    values: &'v mut Values<'a>,
) -> CheckResult<'v> {
    let row = check_row(layout.table, record.line, RowFile::Own, cell_of, values);
    if record.may_be_cut { Err(cut_row(row, layout)) } else { row }
}

/// The texts of the columns that stand in `places`, cleaned.
fn clean_texts(
    record: Record<'_>,
    fields: &[Field],
    places: &[usize],
    layout: &Layout,
    changed: &mut Vec<u8>,
) -> [CleanText; MOST_COLUMNS] {
    let mut texts = [const { CleanText::InBlock(0..0) }; MOST_COLUMNS];
    for (clean, place) in texts.iter_mut().zip(places).filter(|(_, place)| **place != NO_FIELD) {
        let field = &fields[*place];
        *clean = if record.is_plain {
            CleanText::InBlock(range_within(record.text, field.as_it_stands(record.text).trim_ascii()))
        } else {
            clean_text(record.text, field, layout, changed)
        };
    }
    texts
}

/// The values of a table's columns, which stand in `places`, as a profile makes them.
fn profiled_cells<'a, 'l: 'a>(
    record: Record<'a>,
    table: Table,
    fields: &[Field],
    places: &[usize; MOST_COLUMNS],
    layout: &Layout,
    changed: &'a mut Vec<u8>,
    treatment: &mut Treatment<'l>,
) -> Cells<'a> {
    let columns = table.columns().len();
    let texts = clean_texts(record, fields, &places[..columns], layout, changed);
    let changed: &'a [u8] = changed;
    let mut cells = [Cell::Text(b""); MOST_COLUMNS];
    for (column, cell) in cells[..columns].iter_mut().enumerate() {
        *cell = match (treatment.constant(column), texts[column].cell(record.text, changed)) {
            (Some(constant), _) => constant,
            _ if places[column] == NO_FIELD => Cell::Text(b""),
            (None, Cell::Text(text)) => {
                let is_end_date = table == Table::Consents && column == tables::consents::END_DATE;
                let field = &fields[places[column]];
                if field.is_day() {
                    treatment.of_day(column, text, is_end_date)
                } else {
                    treatment.of_value(column, text, field.is_quoted(), is_end_date)
                }
            }
            (None, other) => other,
        };
    }
    cells
}

impl CleanText {
    fn cell<'a>(&self, text: &'a [u8], changed: &'a [u8]) -> Cell<'a> {
        match self {
            CleanText::InBlock(range) => Cell::Text(&text[range.clone()]),
            CleanText::Changed(range) => Cell::Text(&changed[range.clone()]),
            CleanText::NotInEncoding => Cell::NotInEncoding,
        }
    }
}

/// How many lines a record takes up. The last may have no line end.
fn lines_of(record: &[u8]) -> u64 {
    count_lines(record.strip_suffix(b"\n").unwrap_or(record)) + 1
}

/// What a row that may be cut comes to. It has no other fault, or keeps that; where its CLIENT_ID is what the file ends
/// with, the id may be another's.
fn cut_row(row: CheckResult<'_>, layout: &Layout) -> QuarantinedRow {
    let mut bad = row.map_or_else(|bad| bad, |row| row.quarantined(RowFault::of_row(Code::CutShort)));
    if layout.fields[tables::consents::CLIENT_ID] + 1 == layout.width {
        bad.ids = RowIds::default();
    }
    bad
}

fn clean_text(text: &[u8], field: &Field, layout: &Layout, changed: &mut Vec<u8>) -> CleanText {
    let Some(decoded) = layout.encoding.decode(field.unquoted(text)) else {
        return CleanText::NotInEncoding;
    };
    if let Cow::Borrowed(decoded) = decoded
        && let Cow::Borrowed(clean) = text::clean(decoded)
    {
        return CleanText::InBlock(range_within(text, clean));
    }
    let start = changed.len();
    changed.extend_from_slice(&text::clean(&decoded));
    CleanText::Changed(start..changed.len())
}

/// Where `part`, a part of `whole`, lies in it.
fn range_within(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

/// Reads every value into `values`; of several faults the first by code, then by column, is the row's.
fn check_row<'v, 'a: 'v>(
    table: Table,
    line: u64,
    file: RowFile,
    cell_of: impl Fn(usize) -> Cell<'a>,
    values: &'v mut Values<'a>,
) -> CheckResult<'v> {
    let mut worst: Option<RowFault> = None;
    for (place, column) in table.columns().iter().enumerate() {
        let read = match cell_of(place) {
            Cell::NotInEncoding => Err(Code::InvalidUtf8),
            Cell::Text([]) if column.required => Err(match column.kind {
                Kind::Id => Code::InvalidId,
                Kind::Date => Code::InvalidDate,
                _ => Code::InvalidValue,
            }),
            Cell::Text([]) => Ok(Value::Blank),
            Cell::Text(text) => read_value(column.kind, text),
            Cell::Date { read: DateRead::Day(day), .. } => Ok(Value::Day(day)),
            Cell::Date { .. } => Err(Code::InvalidDate),
        };
        match read {
            Ok(value) => values[place] = value,
            Err(code) => note(&mut worst, RowFault::in_column(code, place)),
        }
    }
    let row = ExportRow { table, line, file, values };
    if table == Table::Consents && end_makes_no_sense(&row) {
        note(&mut worst, RowFault::in_column(Code::InvalidValue, tables::consents::END_DATE));
    }
    let Some(fault) = worst else { return Ok(row) };
    let text_of = |place| match cell_of(place) {
        Cell::NotInEncoding => None,
        Cell::Text(text) | Cell::Date { text, .. } => Some(text),
    };
    let shape = match fault.column.map(|place| cell_of(usize::from(place))) {
        Some(Cell::Date { read: DateRead::NoSuchDay, .. }) => Some(Shape::NoSuchDayOfForm),
        Some(Cell::Date { read: DateRead::Unknown, .. }) => Some(Shape::UnknownDay),
        _ => shape_at(table, fault, text_of),
    };
    Err(QuarantinedRow { shape, ..row.quarantined(fault) })
}

/// What stands in the column that a row is quarantined for.
fn shape_at<'a>(table: Table, fault: RowFault, text_of: impl Fn(usize) -> Option<&'a [u8]>) -> Option<Shape> {
    if (0..table.columns().len()).all(|place| text_of(place).is_some_and(<[u8]>::is_empty)) {
        return Some(Shape::OnlyDelimiters);
    }
    let place = usize::from(fault.column?);
    let text = text_of(place)?;
    // Of an END_DATE it is not the form that is outside the set.
    if table == Table::Consents && (fault.code, place) == (Code::InvalidValue, tables::consents::END_DATE) {
        return Some(if text.is_empty() { Shape::WithdrawnWithoutEnd } else { Shape::EndBeforeStart });
    }
    Some(Shape::of(&table.columns()[place], text))
}

fn note(worst: &mut Option<RowFault>, fault: RowFault) {
    *worst = Some(worst.map_or(fault, |worst| worst.min(fault)));
}

fn read_value(kind: Kind, text: &[u8]) -> Result<Value<'_>, Code> {
    match kind {
        Kind::Text => Ok(Value::Text(text)),
        Kind::Name => match std::str::from_utf8(text) {
            Ok(name) if !name::is_for_nothing(name) => Ok(Value::Text(text)),
            _ => Err(Code::InvalidValue),
        },
        Kind::Cvx => Ok(Value::Text(without_decimal_tail(text))),
        Kind::Id => parse_id(text).map(Value::Id).ok_or(Code::InvalidId),
        Kind::Date => Day::parse_registry(text).map(Value::Day).ok_or(Code::InvalidDate),
        Kind::Code(set) => set.read(text).map(Value::Code).ok_or(Code::InvalidValue),
        Kind::Ordinal => match parse_id(text) {
            Some(ordinal @ 1..=999) => Ok(Value::Ordinal(ordinal as u16)),
            _ => Err(Code::InvalidValue),
        },
        // A count is not among the columns whose decimal tail is dropped.
        Kind::Count if text.iter().all(u8::is_ascii_digit) => {
            parse_id(text).map(Value::Count).ok_or(Code::InvalidValue)
        }
        Kind::Count => Err(Code::InvalidValue),
    }
}

/// A consent may not end before it begins, and a withdrawal has a date. Where a date could not be read, that is
/// the row's fault already.
fn end_makes_no_sense(row: &ExportRow<'_>) -> bool {
    use tables::consents::{EFFECTIVE_DATE, END_DATE, END_REASON};
    match (row.optional_day(EFFECTIVE_DATE), row.optional_day(END_DATE)) {
        (Some(effective), Some(end)) => end < effective,
        (_, None) => row.end_reason(END_REASON) == Some(EndReason::Withdrawn),
        (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::ExtraColumn;

    proptest::proptest! {
        /// A plain line comes out the same by the general way.
        #[test]
        fn the_plain_way_is_the_general_way(text in "([0-9a ,.TXé\"\r]|2020-01-01|,|\n|\r\n){0,60}") {
            let layout = Layout {
                table: Table::Vaccines,
                delimiter: Some(b','),
                encoding: crate::registry::Encoding::Utf8,
                width: 4,
                fields: [2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0],
                extra: vec![ExtraColumn { place: 2, name: None, near: None }],
                profile: None,
                given: Vec::new(),
            };
            let (mut either, mut general) = (Vec::new(), Vec::new());
            let (table, mut reader) = (Table::Vaccines, RowReader::new(&layout, None));
            let block = Block { text: text.clone().into_bytes(), first_line: 2, ..Block::default() };
            reader.for_each_row(&block, &mut |row| {
                either.push(format!("{row:?}"));
                Ok(())
            }).unwrap();
            let (text, mut at, mut line) = (text.as_bytes(), 0, 2);
            while at < text.len() {
                let blank = blank_lines(&text[at..]);
                line += count_lines(&text[at..at + blank]);
                at += blank;
                if at < text.len() {
                    let next = split_record(text, at, b',', &mut reader.fields);
                    let record = &text[at..next];
                    let mut visit = |row: CheckResult<'_>| {
                        general.push(format!("{row:?}"));
                        Ok(())
                    };
                    if reader.fields.len() != layout.width
                        || may_have_swallowed_rows(record, text, &reader.fields, table, b',', layout.width)
                    {
                        visit(Err(reader.malformed(line, record, text)))
                    } else {
                        let record = Record { line, text, is_plain: false, may_be_cut: false };
                        reader.visit_row(record, &mut visit)
                    }.unwrap();
                    line += count_lines(&text[at..next]);
                    at = next;
                }
            }
            proptest::prop_assert_eq!(either, general);
        }
    }

    fn cells(table: Table, line: &str) -> Result<String, RowFault> {
        let mut texts: [Option<&[u8]>; MOST_COLUMNS] = [Some(b""); MOST_COLUMNS];
        for (place, text) in line.split('|').enumerate() {
            texts[place] = Some(text.as_bytes()).filter(|t| *t != b"BAD");
        }
        let mut values = [Value::Blank; MOST_COLUMNS];
        let cell_of = |column: usize| texts[column].map_or(Cell::NotInEncoding, Cell::Text);
        match check_row(table, 2, RowFile::Own, cell_of, &mut values) {
            Ok(row) => Ok(format!("{:?}", row.values())),
            Err(bad) => Err(bad.fault),
        }
    }

    /// `expect`: `ok`, or the code and the column.
    fn check(table: Table, line: &str, expect: &str) {
        let got = match cells(table, line) {
            Ok(_) => "ok".to_owned(),
            Err(f) => format!("{} {}", f.code, f.column.map_or("", |c| table.column_name(c.into()))),
        };
        assert_eq!(got, expect, "{table}: {line}");
    }

    #[test]
    fn clients_rows() {
        check(Table::Clients, "1|IC|Ana|Ruiz||2019-01-02", "ok");
        check(Table::Clients, "1|||||2019-01-02", "ok");
        check(Table::Clients, "|IC|Ana|Ruiz||2019-01-02", "INVALID_ID CLIENT_ID");
        check(Table::Clients, "x1|IC|Ana|Ruiz||2019-01-02", "INVALID_ID CLIENT_ID");
        check(Table::Clients, "1|IC|Ana|Ruiz||", "INVALID_DATE BIRTH_DATE");
        check(Table::Clients, "1|IC|Ana|Ruiz||2019-02-29", "INVALID_DATE BIRTH_DATE");
        check(Table::Clients, "1|IC|BAD|BAD||2019-01-02", "INVALID_UTF8 FIRST_NAME");
        check(Table::Clients, "x|IC|Ana|BAD||2019-01-99", "INVALID_UTF8 LAST_NAME");
    }

    #[test]
    fn consents_rows() {
        check(Table::Consents, "1|STANDARD|2019-01-02||", "ok");
        check(Table::Consents, "1|disaster|2019-01-02|2019-01-02|expired", "ok");
        check(Table::Consents, "1|STANDARD|2019-01-02|2020-01-02|", "ok");
        check(Table::Consents, "1|STANDARD|2019-01-02||EXPIRED", "ok");
        check(Table::Consents, "1||2019-01-02||", "INVALID_VALUE CONSENT_TYPE");
        check(Table::Consents, "1|BOTH|2019-01-02||", "INVALID_VALUE CONSENT_TYPE");
        check(Table::Consents, "1|STANDARD|||", "INVALID_DATE EFFECTIVE_DATE");
        check(Table::Consents, "1|STANDARD|2019-01-02|soon|", "INVALID_DATE END_DATE");
        check(Table::Consents, "1|STANDARD|2019-01-02|2019-01-01|", "INVALID_VALUE END_DATE");
        check(Table::Consents, "1|STANDARD|2019-01-02||WITHDRAWN", "INVALID_VALUE END_DATE");
        check(Table::Consents, "1|STANDARD|2019-01-02|2020-01-01|LOST", "INVALID_VALUE END_REASON");
        check(Table::Consents, "1|BOTH|2019-01-02|2019-01-01|LOST", "INVALID_VALUE CONSENT_TYPE");
        check(Table::Consents, "1|BOTH|never|2019-01-01|LOST", "INVALID_DATE EFFECTIVE_DATE");
        check(Table::Consents, "|BOTH|never|2019-01-01|LOST", "INVALID_ID CLIENT_ID");
    }

    #[test]
    fn immunizations_rows() {
        check(Table::Immunizations, "1|2|3|4|2020-01-01|DTAP|1|5|N", "ok");
        check(Table::Immunizations, "1.0|2|003|4|2020-01-01T10:00||001.0||y", "ok");
        check(Table::Immunizations, "1|2|3|4|2020-01-01|DTAP|0|5|N", "INVALID_VALUE ORDINAL_POSITION");
        check(Table::Immunizations, "1|2|3|4|2020-01-01|DTAP|1000|5|N", "INVALID_VALUE ORDINAL_POSITION");
        check(Table::Immunizations, "1|2|3|4|2020-01-01|DTAP|first|5|N", "INVALID_VALUE ORDINAL_POSITION");
        check(Table::Immunizations, "1|2|3|4|2020-01-01|DTAP|1|5|X", "INVALID_VALUE DISASTER_FLAG");
        check(Table::Immunizations, "1|2|3|4|2020-01-01|DTAP|1|clinic|X", "INVALID_ID GIVEN_BY_ORG_ID");
        check(Table::Immunizations, "1|2|3|4||DTAP|1|clinic|X", "INVALID_ID GIVEN_BY_ORG_ID");
        check(Table::Immunizations, "1||3|4||DTAP|1|clinic|X", "INVALID_ID IMMUNFACT_ID");
        check(Table::Immunizations, "1|2|3|4|2020|DTAP|1||X", "INVALID_DATE VACCINATION_DATE");
    }

    #[test]
    fn other_rows() {
        check(Table::Vaccines, "1||", "ok");
        check(Table::Vaccines, "1|03|vaccine", "ok");
        check(Table::Vaccines, "1|03|DRUG", "INVALID_VALUE PRODUCT_CLASS");
        check(Table::Organizations, "1", "ok");
        check(Table::Organizations, "-1", "INVALID_ID ORG_ID");
        check(Table::Recipients, "A|B", "ok");
        check(Table::Recipients, "|B", "INVALID_VALUE RECIPIENT");
        check(Table::Recipients, "A|", "INVALID_VALUE RESPONSIBLE_ENTITY");
        check(Table::Control, "clients|12", "ok");
        check(Table::Control, "clients|", "INVALID_VALUE ROW_COUNT");
        check(Table::Control, "clients|-1", "INVALID_VALUE ROW_COUNT");
        check(Table::Control, "clients|12.0", "INVALID_VALUE ROW_COUNT");
    }

    #[test]
    fn values_are_read_in_their_short_form() {
        let check = |table, line: &str, expect: &str| assert_eq!(cells(table, line).unwrap(), expect);
        check(Table::Vaccines, "0140.0|03.0|", "[Id(140), Text([48, 51]), Blank]");
        check(Table::Control, "clients|007", "[Text([99, 108, 105, 101, 110, 116, 115]), Count(7)]");
    }
}
