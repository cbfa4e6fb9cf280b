//! The data dictionary: the document that explains every column to those who receive the files.
//!
//! It depends on the policy alone, so that it changes when the files change and never otherwise; the one that goes with a
//! recipient's file says besides which file that is. What it says of an element comes from the table of elements, what it says
//! of the rules from the policy.

mod in_words;
#[cfg(feature = "xlsx")]
mod workbook;

#[cfg(feature = "xlsx")]
pub use workbook::{WorkbookError, dictionary_xlsx};

use crate::batch::{Delivery, table_text};
use crate::elements::{self, Cell, Element, Longest, Origin};
use crate::policy::{LineEnding, Policy};
use in_words::rules_in_words;
use std::borrow::Cow;

/// What the dictionary is.
const TITLE: &str = "Data dictionary: the monthly public-health data sharing file";

const INTRODUCES_USE: &str = "These are the rules of the registry's training for those who receive the file:";

/// What a department may do with its file. Lines are broken as Markdown shows them in an item of a list.
const RULES_OF_USE: [&str; 3] = [
    "Analyse each file on its own. Don't link its records to those of another file, nor to any other record-level data that
  identifies people.",
    "Use it for outreach to communities and organizations, not to individuals.",
    "Release data to the public only in compliance with Health and Safety Code, Section 161.008(g): protected health
  information is safeguarded, and nothing released helps to identify any one person.",
];

impl Longest {
    /// In words, with the unit.
    fn words(self) -> String {
        match self {
            Longest::Allowed(n) => format!("{n} characters"),
            Longest::Seen(n, list) => format!("{n} in {list}; not enforced"),
            Longest::Unlimited => "no limit".to_owned(),
        }
    }

    /// For the overview.
    fn short(self) -> String {
        match self {
            Longest::Allowed(n) => n.to_string(),
            Longest::Seen(n, _) => format!("{n} seen"),
            Longest::Unlimited => "no limit".to_owned(),
        }
    }
}

impl Origin {
    fn words(self) -> String {
        match self {
            Origin::Column(table, column) => format!("`{table}.{column}` of the registry's export"),
            Origin::Computed(how) => format!("computed {how}"),
        }
    }
}

/// A text that Markdown shows as it is.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*_[]<>#|~&".contains(character) {
            shown.push('\\');
        }
        shown.push(character);
    }
    shown
}

/// A name as code. Where it holds a backtick, two enclose it.
fn in_code(name: &str) -> String {
    if name.contains('`') { format!("`` {name} ``") } else { format!("`{name}`") }
}

fn blank_in_words(element: &Element) -> String {
    element.blank.map_or_else(|| "never blank".to_owned(), |meaning| format!("may be blank: {meaning}"))
}

/// The dictionary as Markdown, of all files or of a recipient's.
pub fn dictionary_md(policy: &Policy, delivery: Option<&Delivery<'_>>) -> String {
    let name = |element: &Element| policy.header_name(element).to_owned();
    let lines = match policy.line_ending {
        LineEnding::Lf => "a line feed (`\\n`)",
        LineEnding::Crlf => "a carriage return and a line feed (`\\r\\n`)",
    };
    let of = |cell| in_code(&name(elements::holding(cell)));
    let (row_id, dose_id, group) = (of(Cell::ImmunfactId), of(Cell::ImmunizationId), of(Cell::VaccineGroup));
    let text_columns: Vec<String> =
        elements::ALL.iter().filter(|e| e.leading_zeros_count).map(|e| in_code(&name(e))).collect();
    let of_files = match delivery {
        None => "This describes the files `PHDS_<RECIPIENT>_<YYYYMM>.csv`, one for each recipient and month, made under the policy\n".to_owned(),
        Some(Delivery { recipient, as_of, file }) => format!(
            "- Recipient: {}\n- File: `{}`\n- Batch: {}\n- As-of date: {as_of}\n\nIt was made under the policy ",
            plain(recipient),
            file.path,
            as_of.month(),
        ),
    };
    let mut out = format!(
        "# {TITLE}

{of_files}\"{policy_name}\".

## What a row is

A row is one **immunization fact**: one administered dose, seen from one vaccine group. A vaccine against several
diseases gives one row for each of its groups. Vaxelis, for example, gives four rows (DTAP, POL, HIB, HEPB), which share
one {dose_id} and have an {row_id} each. So count different values of {dose_id} to count doses, and rows of one
{group} to count doses against one disease. No two rows of a file have the same {row_id}.

Rows are ordered by {client_id}, {date}, {dose_id} and {row_id}, as numbers and dates.

## Which records are in

{rules}

## How to open the file

It is UTF-8 text {mark} a byte order mark: values separated by commas, the first line holding the names of the columns,
lines ended by {lines}. A value stands between double quotes only where it holds a comma, a double quote or a line
break; a double quote inside is doubled. A blank value is nothing between two commas. Dates are `YYYY-MM-DD`.

Codes are text: {text_columns} have leading zeros, which a program that takes them for numbers
drops. Ids have up to 19 digits, more than a spreadsheet or a floating-point number can hold. So:

- **R**: `readr::read_csv(file, col_types = readr::cols(.default = \"c\"))`, then convert dates and ages.
- **Python**: `pandas.read_csv(file, dtype=str, keep_default_na=False)`, then convert dates and ages.
- **SAS**: a `DATA` step with `INFILE … DSD FIRSTOBS=2` and `$` informats; `PROC IMPORT` guesses types and loses zeros.
- **Excel**: don't double-click the file. Data → From Text/CSV, origin 65001 (UTF-8), \"Do not detect data types\". Values that
  begin with `=`, `+`, `-` or `@` are text from the registry, not formulas.
- **Power BI** and other programs with Power Query: Text/CSV, file origin 65001 (UTF-8), \"Do not detect data types\".
  Without a byte order mark they take another origin.
- **Notepad++** shows the file as it is.

Has it arrived whole? Where a `SHA256SUMS` came with it, the line with its name begins with its SHA-256. Linux: `sha256sum -c
SHA256SUMS`; macOS: `shasum -a 256 -c SHA256SUMS`; Windows: `Get-FileHash FILE` in PowerShell, or `certutil -hashfile FILE
SHA256`, whose result you compare with that line. A transfer in text mode changes the ends of the lines, and so the number:
transfer it in binary mode.

## Rules of use

{INTRODUCES_USE}

{rules_of_use}

## The {count} elements

| # | column | label | group | type and format | longest | blank | identifies a person |
|---:|---|---|---|---|---|---|---|
",
        policy_name = plain(&policy.name),
        mark = if policy.bom { "with" } else { "without" },
        client_id = of(Cell::ClientId),
        date = of(Cell::VaccinationDate),
        rules = rules_in_words(policy).iter().map(|rule| format!("- {rule}")).collect::<Vec<_>>().join("\n"),
        text_columns = text_columns.join(", "),
        rules_of_use = RULES_OF_USE.map(|rule| format!("- {rule}")).join("\n"),
        count = elements::ALL.len(),
    );
    for (place, element) in elements::ALL.iter().enumerate() {
        out += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            place + 1,
            in_code(&name(element)).replace('|', "\\|"),
            element.label(),
            element.group.name(),
            element.format,
            element.longest.short(),
            if element.blank.is_some() { "may be" } else { "never" },
            element.identifies.words(),
        );
    }
    out += "\n\"Longest\" counts characters. \"Seen\" is the longest in the code set named below; it is not enforced.\n";
    for (place, element) in elements::ALL.iter().enumerate() {
        out += &section(place, element, &name(element));
    }
    out
}

fn section(place: usize, element: &Element, name: &str) -> String {
    let mut out = format!(
        "\n### {}. {} ({})\n\n{}\n\n- Group: {}\n- Type and format: {}\n- Longest value: {}\n- Blank: {}\n- Comes from: {}\n- Identifies a person: {}\n",
        place + 1,
        element.label(),
        in_code(name),
        element.description,
        element.group.name(),
        element.format,
        element.longest.words(),
        blank_in_words(element),
        element.origin.words(),
        element.identifies.words(),
    );
    if !element.codes.is_empty() {
        out += "- Codes:\n";
        for (code, meaning) in element.codes {
            out += &format!("  - `{code}`: {meaning}\n");
        }
    }
    out
}

/// The names of the columns of the dictionary as a table.
const TABLE_HEADER: [&str; 12] = [
    "POSITION",
    "NAME",
    "LABEL",
    "GROUP",
    "FORMAT",
    "LONGEST",
    "MAY_BE_BLANK",
    "BLANK_MEANS",
    "CODES",
    "COMES_FROM",
    "IDENTIFIES_A_PERSON",
    "DESCRIPTION",
];

/// The names of those that only the dictionary of a recipient's file has.
const TABLE_HEADER_OF_DELIVERY: [&str; 3] = ["RECIPIENT", "BATCH", "AS_OF"];

/// An element's row of the dictionary as a table.
fn table_row<'a>(place: usize, element: &'static Element, policy: &'a Policy) -> Vec<Cow<'a, str>> {
    let codes: Vec<String> =
        element.codes.iter().map(|(code, meaning)| format!("{code} = {meaning}")).collect();
    vec![
        (place + 1).to_string().into(),
        policy.header_name(element).into(),
        element.label().into(),
        element.group.name().into(),
        element.format.into(),
        element.longest.words().into(),
        if element.blank.is_some() { "yes" } else { "no" }.into(),
        element.blank.unwrap_or_default().into(),
        codes.join("; ").into(),
        element.origin.words().replace('`', "").into(),
        element.identifies.words().into(),
        element.description.into(),
    ]
}

/// The dictionary as CSV, of all files or of a recipient's: a row for each element.
pub fn dictionary_csv(policy: &Policy, delivery: Option<&Delivery<'_>>) -> String {
    let row = |(place, element)| {
        let mut row = table_row(place, element, policy);
        if let Some(Delivery { recipient, as_of, .. }) = delivery {
            row.extend([(*recipient).into(), as_of.month().to_string().into(), as_of.to_string().into()]);
        }
        row
    };
    let mut header = TABLE_HEADER.to_vec();
    if delivery.is_some() {
        header.extend(TABLE_HEADER_OF_DELIVERY);
    }
    table_text(&header, elements::ALL.iter().enumerate().map(row))
}
