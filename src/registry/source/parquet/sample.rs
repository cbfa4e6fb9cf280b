//! Some rows of a table of Parquet files, to look at.

use super::super::layout::clean_name;
use super::super::parts::Parts;
use super::super::sample::{FIRST_ROWS, LATER_ROWS, MOST_BYTES, PLACES, TableSample};
use super::column::Column;
use super::form::Form;
use super::guard::guarded;
use super::pages::Held;
use super::part::Part;
use super::{BATCH, leaves_of_columns};
use crate::registry::tables::Kind;
use parquet::errors::Result as ParquetResult;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Looks at the first rows, and at some of later groups of rows and of later parts. None where a file can't be read: a run
/// says why.
pub(in crate::registry::source) fn sample_parts(name: &str, parts: &Parts) -> Option<TableSample> {
    let read = Arc::new(AtomicU64::new(0));
    let mut sample =
        TableSample { name: name.to_owned(), columns: Vec::new(), rows: Vec::new(), is_whole: true };
    let mut left = MOST_BYTES;
    let later = (1..=PLACES).map(|place| parts.files.len() * place / (PLACES + 1));
    for (place, file) in parts.files.iter().enumerate() {
        // The last part is looked at too: what is rare may stand at the end.
        let is_looked_at = sample.rows.len() < FIRST_ROWS
            || later.clone().any(|later| later == place)
            || place + 1 == parts.files.len();
        if !is_looked_at {
            sample.is_whole = false;
            continue;
        }
        let part = Part::open(file, &read).ok()?;
        guarded(|| sample_part(&part, &mut sample, &mut left)).ok()?.ok()?;
    }
    Some(sample)
}

/// Adds rows of a part. A column that the first part lacks is not looked at.
fn sample_part(part: &Part, sample: &mut TableSample, left: &mut usize) -> ParquetResult<()> {
    let schema = part.footer.file_metadata().schema_descr();
    let names: Vec<String> =
        schema.root_schema().get_fields().iter().map(|column| clean_name(column.name().as_bytes())).collect();
    let leaves = leaves_of_columns(schema);
    // A column that can't be read is shown as one of blanks: a run names its type.
    let field = |name: &String| {
        let leaf = names.iter().position(|own| own == name).and_then(|place| leaves[place].ok())?;
        Some((leaf, Form::of(&schema.column(leaf))?))
    };
    if sample.columns.is_empty() {
        sample.columns.clone_from(&names);
    }
    let fields: Vec<Option<(usize, Form)>> = sample.columns.iter().map(field).collect();
    let groups = part.footer.row_groups();
    for (place, group) in groups.iter().enumerate() {
        let is_later = (1..=PLACES).any(|later| groups.len() * later / (PLACES + 1) == place);
        let wanted = match FIRST_ROWS.saturating_sub(sample.rows.len()) {
            0 if is_later || place + 1 == groups.len() => LATER_ROWS,
            wanted => wanted,
        };
        let rows = usize::try_from(group.num_rows())?;
        sample.is_whole &= rows <= wanted && *left > 0;
        let held = Held::default();
        let mut columns = Vec::new();
        if wanted > 0 && *left > 0 {
            for field in &fields {
                let column = field.map(|(leaf, _)| Column::open(part, group, leaf, rows, &held));
                columns.push(column.transpose()?);
            }
        }
        let mut unread = rows.min(wanted);
        while unread > 0 && *left > 0 {
            let batch = unread.min(BATCH);
            unread -= batch;
            columns.iter_mut().flatten().try_for_each(|column| column.read(batch))?;
            for row in 0..batch {
                let mut cells = Vec::with_capacity(columns.len());
                for (column, field) in columns.iter_mut().zip(&fields) {
                    let mut text = Vec::new();
                    if let (Some(column), Some((_, form))) = (column, field)
                        && let Some(value) = column.step_to(row)
                    {
                        form.write(column.value(value), Kind::Text, &mut text);
                    }
                    cells.push(String::from_utf8_lossy(&text).into_owned());
                }
                *left = left.saturating_sub(cells.iter().map(String::len).sum());
                sample.rows.push(cells);
            }
        }
    }
    Ok(())
}
