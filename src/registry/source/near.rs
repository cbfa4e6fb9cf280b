//! Columns that are missing or unknown, and names that are nearly right.
//!
//! A header that is missing is a row, so a name that was found is shown only if it cannot be a value.

use crate::registry::profile::HeaderNames;
use std::fmt;

/// A column that is not part of a table's layout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExtraColumn {
    /// Its place in the header, counted from 1.
    pub place: usize,
    /// Its name; none if it has none, or one that is not made as names of columns are.
    pub name: Option<String>,
}

/// A column that a header must name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// Its name in the table's layout.
    pub(super) column: &'static str,
    /// Its name in the export.
    pub(super) name: &'a str,
}

/// The columns that a header lacks.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct MissingColumns {
    /// All that are missing, in the order of the table's layout.
    pub columns: Vec<MissingColumn>,
    /// For those of which a name is near: the column, the name, and its place in the header, counted from 1.
    pub near: Vec<(&'static str, String, usize)>,
    /// Whether nothing shows that the line is a header at all.
    pub is_no_header: bool,
}

/// A column that a header lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MissingColumn {
    /// Its name in the table's layout.
    pub name: &'static str,
    /// What a profile calls it, if that is another name.
    pub called: Option<String>,
}

impl fmt::Display for MissingColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.called.as_ref().map_or(Ok(()), |name| write!(f, " (\"{name}\" in the profile)"))
    }
}

impl MissingColumns {
    /// The wanted columns that are not among the names.
    pub(super) fn among(names: &[String], wanted: &[Wanted<'_>], header: HeaderNames<'_>) -> MissingColumns {
        let equals = |name: &String, wanted: &Wanted<'_>| header.fold(name) == header.fold(wanted.name);
        let missing: Vec<_> = wanted.iter().filter(|w| !names.iter().any(|name| equals(name, w))).collect();
        let is_header = names.iter().any(|name| wanted.iter().any(|w| letters(name) == letters(w.name)));
        let mut near = Vec::new();
        if is_header {
            let strangers = names.iter().enumerate();
            let strangers = strangers.filter(|(_, name)| !wanted.iter().any(|wanted| equals(name, wanted)));
            let strangers: Vec<_> =
                strangers.filter_map(|(place, name)| Some((header_name(name)?, place + 1))).collect();
            for Wanted { column, name: wanted } in &missing {
                let nearest = strangers.iter().filter(|(name, _)| is_near(name, wanted));
                let nearest = nearest.min_by_key(|(name, _)| distance(&letters(name), &letters(wanted)));
                near.extend(nearest.map(|(name, place)| (*column, name.clone(), *place)));
            }
        }
        let columns = missing.into_iter().map(|Wanted { column, name }| MissingColumn {
            name: column,
            called: (name != column).then(|| (*name).to_owned()),
        });
        MissingColumns { columns: columns.collect(), near, is_no_header: !is_header }
    }
}

impl fmt::Display for MissingColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(MissingColumn { called: Some(name), .. }) = self.columns.first() {
            write!(f, " (\"{name}\" in the profile)")?;
        }
        if let [_, others @ ..] = self.columns.as_slice()
            && !others.is_empty()
        {
            let others: Vec<String> = others.iter().map(MissingColumn::to_string).collect();
            write!(f, "\n  missing too: {}", others.join(", "))?;
        }
        for (column, name, place) in &self.near {
            write!(f, "\n  column {place} is called \"{name}\": is it {column}?")?;
        }
        if self.is_no_header {
            f.write_str(
                "\n  the line names none of the table's columns: the header may be missing, or the delimiter is another",
            )?;
        }
        Ok(())
    }
}

/// No column has a longer name.
const LONGEST_NAME: usize = 64;

/// A name as it may be shown: letters, digits, spaces, `_`, `-` and `.`, which begins with a letter. A space of any kind is
/// shown as a plain one.
pub(in crate::registry) fn header_name(name: &str) -> Option<String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || matches!(c, '_' | '-' | '.');
    let is_name = name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(is_of_name);
    is_name.then(|| name.replace(char::is_whitespace, " "))
}

/// Whether a name is nearly that of a column or a table.
pub(in crate::registry) fn is_near(name: &str, wanted: &str) -> bool {
    let (name, wanted) = (letters(name), letters(wanted));
    distance(&name, &wanted) <= wanted.len() / 4
}

/// Of several names the one that is nearest to what is wanted, if one is near at all. It may be a pattern.
pub(super) fn nearest_name<'n>(wanted: &str, names: impl Iterator<Item = &'n String>) -> Option<String> {
    let wanted = letters(wanted);
    let distances = names.map(|name| (distance(&letters(name), &wanted), name));
    let (distance, name) = distances.min()?;
    (distance <= wanted.len() / 2).then(|| name.clone())
}

/// The letters and digits of a name, in capitals.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// How many letters must be added, removed, changed or swapped.
fn distance(name: &str, wanted: &str) -> usize {
    strsim::osa_distance(name, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Table;

    fn missing(header: &str) -> String {
        let names: Vec<String> = header.split(',').map(str::to_owned).collect();
        let wanted: Vec<_> =
            Table::Consents.columns().iter().map(|c| Wanted { column: c.name, name: c.name }).collect();
        MissingColumns::among(&names, &wanted, HeaderNames::new(Table::Consents, None)).to_string()
    }

    #[test]
    fn names_all_that_is_missing_and_what_is_near() {
        assert_eq!(
            missing("CLIENT\u{a0}ID,ConsentType,EFFECTIV_DATE,END_DATE,NOTE"),
            "\n  missing too: CONSENT_TYPE, EFFECTIVE_DATE, END_REASON\
             \n  column 1 is called \"CLIENT ID\": is it CLIENT_ID?\
             \n  column 2 is called \"ConsentType\": is it CONSENT_TYPE?\
             \n  column 3 is called \"EFFECTIV_DATE\": is it EFFECTIVE_DATE?"
        );
        assert_eq!(missing("CLIENT_ID,CONSENT_TYPE,EFFECTIVE_DATE,END_DATE"), "");
    }

    #[test]
    fn shows_nothing_of_a_row() {
        let told = missing("7,Client I D Smith,Effective-Dade,END_DATES,Zip Cole");
        assert!(told.contains("names none") && !told.contains("Dade") && !told.contains("DATES"), "{told}");
    }

    #[test]
    fn shows_what_looks_like_a_name() {
        assert_eq!(header_name("CLIENT\u{a0}ID").as_deref(), Some("CLIENT ID"));
        for text in ["", "7", "a@b", "José", "x\"y", "1990-05-05"] {
            assert_eq!(header_name(text), None, "{text}");
        }
    }
}
