//! Scripts that read a file without changing a value: each is a template, in which the columns are filled in.

use crate::batch::names;
use crate::elements::{self, Cell, Element, ValueKind};
use crate::policy::{LineEnding, Policy};
use std::fmt::Write;

/// How wide the lists of names may get.
const WIDTH: usize = 110;

/// A script for Python, with pandas or polars.
pub fn python_script(policy: &Policy) -> String {
    filled(include_str!("read_phds.py"), policy)
}

/// A script for R, with readr or without.
pub fn r_script(policy: &Policy) -> String {
    // By their numbers R knows letters beyond ASCII whatever its locale is.
    let mut script = String::new();
    for character in filled(include_str!("read_phds.R"), policy).chars() {
        if character.is_ascii() {
            script.push(character);
        } else {
            let _ = write!(script, "\\U{{{:x}}}", u32::from(character));
        }
    }
    script
}

/// Fills the names of columns into a script. What JSON writes is a text in Python and in R, too.
fn filled(template: &str, policy: &Policy) -> String {
    let name = |element: &Element| as_json(policy.header_name(element));
    let named = |kind: fn(ValueKind) -> bool| {
        let of_kind = elements::ALL.iter().filter(|element| kind(element.cell.kind()));
        of_kind.map(name).collect::<Vec<_>>().join(", ")
    };
    let columns: Vec<String> = elements::ALL.iter().map(name).collect();
    template
        .replace("@COLUMNS@", &in_lines(&columns))
        .replace("@DATES@", &named(|kind| kind == ValueKind::Date))
        .replace("@WHOLE_NUMBERS@", &named(|kind| matches!(kind, ValueKind::WholeNumber { .. })))
        .replace("@CLIENT_ID@", &name(elements::holding(Cell::ClientId)))
        .replace("@DOSE_ID@", &name(elements::holding(Cell::ImmunizationId)))
}

fn as_json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A list over several lines, with commas between its items.
fn in_lines(items: &[String]) -> String {
    let mut out = String::new();
    let mut width = 0;
    for (place, item) in items.iter().enumerate() {
        let item = if place + 1 < items.len() { format!("{item},") } else { item.clone() };
        if width == 0 || width + 1 + item.chars().count() > WIDTH {
            out.push_str(if width == 0 { "   " } else { "\n   " });
            width = 3;
        }
        out.push(' ');
        out.push_str(&item);
        width += 1 + item.chars().count();
    }
    out
}

/// A script for SAS: a DATA step.
pub fn sas_script(policy: &Policy) -> String {
    let (mut lengths, mut labels, mut input) = (String::new(), String::new(), String::new());
    let mut dates = Vec::new();
    for element in &elements::ALL {
        let variable = sas_variable(element, policy);
        let length = match element.cell.kind() {
            ValueKind::Date | ValueKind::WholeNumber { .. } => "8".to_owned(),
            ValueKind::Id | ValueKind::Text => format!("${}", policy.longest(element)),
        };
        if element.cell.kind() == ValueKind::Date {
            dates.push(variable.clone());
        }
        let _ = writeln!(lengths, "    {variable} {length}");
        let _ = writeln!(labels, "    {variable}={}", sas_text(&element.label()));
        // $CHAR, because $ takes a lone period for a blank.
        let informat =
            length.strip_prefix('$').map_or_else(String::new, |length| format!(" :$char{length}."));
        let _ = writeln!(input, "    {variable}{informat}");
    }
    let line_end = match policy.line_ending {
        LineEnding::Lf => "LF",
        LineEnding::Crlf => "CRLF",
    };
    include_str!("read_phds.sas")
        .replace("@FILE@", names::ANY_RECIPIENT_FILE)
        .replace("@TERMSTR@", &format!("{line_end:<10}"))
        .replace("@DATES@", &dates.join(" "))
        .replace("@LENGTHS@", lengths.trim_end())
        .replace("@LABELS@", labels.trim_end())
        .replace("@INPUT@", input.trim_end())
}

/// A column's name, where SAS can have it as a variable's: up to 32 letters, digits and underscores. The header's names play
/// no part in reading, so that another will do.
fn sas_variable(element: &Element, policy: &Policy) -> String {
    let name = policy.header_name(element);
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // Names such as _N_ and _ALL_ mean something in SAS.
    let is_taken = name.starts_with('_') && name.ends_with('_');
    let may_be =
        is_word && !is_taken && name.len() <= 32 && !name.starts_with(|first: char| first.is_ascii_digit());
    // Nor must two columns come to one name.
    let others = elements::ALL.iter().filter(|other| other.cell != element.cell);
    let is_own = may_be && others.into_iter().all(|other| !other.name.eq_ignore_ascii_case(name));
    if is_own { name.to_owned() } else { element.name.to_owned() }
}

fn sas_text(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A query in Power Query's language M, for Excel and Power BI, that takes every column for text.
pub fn power_query(policy: &Policy) -> String {
    // What begins with #( is a character by its number or name.
    let escaped = |name: &str| name.replace("#(", "#(#)(").replace('"', "\"\"");
    let name = |element: &Element| format!("\"{}\"", escaped(policy.header_name(element)));
    let typed = |element: &Element| format!("        {{{}, type text}}", name(element));
    let columns: Vec<String> = elements::ALL.iter().map(typed).collect();
    format!(
        "// Reads a monthly public-health data sharing file into Excel or Power BI and changes no value: every column is text.
// Data -> Get Data -> From Other Sources -> Blank Query -> Advanced Editor. Write the path of the file into the second line.
let
    File = \"C:\\PHDS\\{file}\",
    Source = Csv.Document(File.Contents(File), [Delimiter = \",\", Columns = {count}, Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),
    Named = Table.PromoteHeaders(Source, [PromoteAllScalars = true]),
    Typed = Table.TransformColumnTypes(Named, {{
{columns}
    }})
in
    Typed
",
        file = names::ANY_RECIPIENT_FILE,
        count = elements::ALL.len(),
        columns = columns.join(",\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn policy(text: &str) -> Policy {
        Policy::from_text(Path::new("p.toml"), text.as_bytes()).unwrap()
    }

    #[test]
    fn scripts_have_the_names_of_the_header() {
        let policy = policy(
            "[header]\nSTATE_CODE = 'STATE, \"code\"'\nIMMUNFACT_ID = 'IMMUN_FACT_ID'\nZIP_CODE = 'Ñ#(lf)'\n",
        );
        for script in [python_script(&policy), r_script(&policy)] {
            assert!(
                script.contains(r#""STATE, \"code\"""#) && script.contains("\"IMMUN_FACT_ID\""),
                "{script}"
            );
            assert!(!script.contains('@') && !script.contains("\"STATE_CODE\""), "{script}");
        }
        let query = power_query(&policy);
        assert!(query.contains("{\"STATE, \"\"code\"\"\", type text}"), "{query}");
        assert!(query.contains("{\"Ñ#(#)(lf)\", type text}"), "{query}");
        assert!(r_script(&policy).contains("\"\\U{d1}#(lf)\"") && r_script(&policy).is_ascii());
    }

    #[test]
    fn names_that_sas_cannot_have_are_those_of_the_elements() {
        let check = |header: &str, expect: &str| {
            let script = sas_script(&policy(&format!("[header]\n{header}\n")));
            assert!(
                script.contains(&format!("\n    {expect} :$char")) && !script.contains('@'),
                "{header}: {script}"
            );
        };
        check("STATE_CODE = 'STATECODE'", "STATECODE");
        check("STATE_CODE = 'STATE CODE'", "STATE_CODE");
        check("STATE_CODE = '1st'", "STATE_CODE");
        check("STATE_CODE = '_ALL_'", "STATE_CODE");
        check("STATE_CODE = 'an_name_that_is_longer_than_32_chr'", "STATE_CODE");
        check("ZIP_CODE = 'CVX_CODE'\nCVX_CODE = 'ZIP_CODE'", "ZIP_CODE");
    }
}
