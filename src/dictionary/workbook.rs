//! The data dictionary as a workbook: a sheet of the columns, one of their codes, one of the rules.
//!
//! Every cell is written as text, never as a formula or a link, whatever a policy calls its columns. Nothing in the
//! workbook depends on the clock: the same policy gives the same bytes.

use super::{INTRODUCES_USE, RULES_OF_USE, TABLE_HEADER, TITLE, in_words::rules_in_words, table_row};
use crate::elements;
use crate::policy::Policy;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, IgnoreError, Workbook, Worksheet, XlsxError,
};
use std::borrow::Cow;

/// How wide the columns of each sheet are, in digits of the workbook's font.
const WIDTHS_OF_COLUMNS: [u16; 12] = [9, 28, 28, 20, 34, 22, 14, 34, 40, 40, 24, 70];
const WIDTHS_OF_CODES: [u16; 3] = [28, 14, 70];
const WIDTH_OF_RULES: u16 = 110;

/// The dictionary goes beyond what a workbook can hold: 32,767 characters in a cell.
#[derive(thiserror::Error, Debug)]
#[error("the dictionary can't be written as a workbook: {0}")]
pub struct WorkbookError(#[from] XlsxError);

/// The dictionary as the bytes of an `.xlsx` file.
pub fn dictionary_xlsx(policy: &Policy) -> Result<Vec<u8>, WorkbookError> {
    let mut workbook = Workbook::new();
    // The day that a zip archive's time begins with stands for no day.
    let made = ExcelDateTime::from_ymd(1980, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_title(TITLE).set_creation_datetime(&made));
    columns(workbook.add_worksheet(), policy)?;
    codes(workbook.add_worksheet(), policy)?;
    rules(workbook.add_worksheet(), policy)?;
    Ok(workbook.save_to_buffer()?)
}

/// A row for each element, as in the dictionary as CSV.
fn columns(sheet: &mut Worksheet, policy: &Policy) -> Result<(), XlsxError> {
    sheet.set_name("Columns")?;
    let rows = elements::ALL.iter().enumerate().map(|(place, element)| table_row(place, element, policy));
    table(sheet, &TABLE_HEADER, rows, &WIDTHS_OF_COLUMNS)
}

/// A row for each code of each element that has some.
fn codes(sheet: &mut Worksheet, policy: &Policy) -> Result<(), XlsxError> {
    sheet.set_name("Codes")?;
    let rows = elements::ALL.iter().flat_map(|element| {
        let row = |&(code, meaning): &(&'static str, &'static str)| {
            vec![policy.header_name(element).into(), code.into(), meaning.into()]
        };
        element.codes.iter().map(row)
    });
    table(sheet, &["NAME", "CODE", "MEANING"], rows, &WIDTHS_OF_CODES)
}

/// Which records are in, and what may be done with them.
fn rules(sheet: &mut Worksheet, policy: &Policy) -> Result<(), XlsxError> {
    sheet.set_name("Rules")?;
    sheet.set_column_width(0, WIDTH_OF_RULES)?;
    let mut lines = vec![
        (heading(), TITLE.to_owned()),
        (body(), format!("Policy: {}", policy.name)),
        (heading(), "Which records are in".to_owned()),
    ];
    lines.extend(rules_in_words(policy).into_iter().map(|rule| (body(), rule.replace("**", ""))));
    lines.push((heading(), "Rules of use".to_owned()));
    lines.push((body(), INTRODUCES_USE.to_owned()));
    lines.extend(RULES_OF_USE.map(|rule| (body(), rule.replace("\n  ", " "))));
    for (row, (format, line)) in (0..).zip(&lines) {
        sheet.write_string_with_format(row, 0, line, format)?;
    }
    sheet.set_print_fit_to_pages(1, 0);
    Ok(())
}

/// A table with a header that stays in sight.
fn table<'a>(
    sheet: &mut Worksheet,
    header: &[&str],
    rows: impl Iterator<Item = Vec<Cow<'a, str>>>,
    widths: &[u16],
) -> Result<(), XlsxError> {
    for (column, (name, width)) in (0..).zip(header.iter().zip(widths)) {
        sheet.set_column_width(column, *width)?;
        sheet.write_string_with_format(0, column, *name, &heading())?;
    }
    let mut last = 0;
    for (row, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(&cells) {
            sheet.write_string_with_format(row, column, cell.as_ref(), &body())?;
        }
        last = row;
    }
    let last_column = header.len().saturating_sub(1).try_into().unwrap_or(u16::MAX);
    // Codes and positions are text; Excel need not point that out at each of them.
    sheet.ignore_error_range(1, 0, last.max(1), last_column, IgnoreError::NumberStoredAsText)?;
    sheet.autofilter(0, 0, last, last_column)?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

fn heading() -> Format {
    body().set_bold()
}

fn body() -> Format {
    Format::new().set_text_wrap().set_align(FormatAlign::Top)
}
