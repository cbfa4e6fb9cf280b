//! Columns and tables that are missing or unknown, and names that are nearly right.
//!
//! A header that is missing is a row, so a name that was found is shown only if it cannot be a value.

use crate::registry::Table;
use crate::registry::profile::HeaderNames;
use std::fmt;

/// A column that is not part of a table's layout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExtraColumn {
    /// Its place in the header, counted from 1.
    pub place: usize,
    /// Its name; none if it has none, or one that is not made as names of columns are.
    pub name: Option<String>,
    /// The column of the layout that has nearly this name.
    pub near: Option<&'static str>,
}

impl ExtraColumn {
    /// The column with this name at this place, counted from 0. `wanted`: the columns of the table.
    pub(super) fn new(wanted: &[Wanted<'_>], name: &str, place: usize, may_show: bool) -> ExtraColumn {
        let name = header_name(name).filter(|_| may_show);
        let nearest = |name: &String| {
            let near = wanted.iter().filter(|wanted| is_near(name, wanted.name));
            let nearest = near.min_by_key(|wanted| distance(&letters(name), &letters(wanted.name)));
            nearest.map(|wanted| wanted.column)
        };
        ExtraColumn { place: place + 1, near: name.as_ref().and_then(nearest), name }
    }
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
    /// The columns that are there instead, as far as they have a name.
    pub found: Vec<ExtraColumn>,
    /// Whether nothing shows that the line is a header at all.
    pub is_no_header: bool,
    /// What the names are separated by, if that is no delimiter of an export.
    pub separator: Option<char>,
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

/// What people separate values by, beside the delimiters of an export.
const OTHER_SEPARATORS: [char; 6] = [';', ':', '^', '~', '#', '!'];

impl MissingColumns {
    /// The wanted columns that are not among the names. `may_show`: whether a name can be shown, if it is made as names are.
    pub(super) fn among(
        names: &[String],
        wanted: &[Wanted<'_>],
        header: HeaderNames<'_>,
        may_show: bool,
    ) -> MissingColumns {
        let equals = |name: &String, wanted: &Wanted<'_>| header.fold(name) == header.fold(wanted.name);
        let is_column = |name: &str| wanted.iter().any(|wanted| letters(name) == letters(wanted.name));
        let missing = wanted.iter().filter(|wanted| !names.iter().any(|name| equals(name, wanted)));
        let columns = missing.map(|Wanted { column, name }| MissingColumn {
            name: column,
            called: (name != column).then(|| (*name).to_owned()),
        });
        let is_header = names.iter().any(|name| is_column(name));
        let separates = |separator: &char| {
            let parts = names.iter().flat_map(|name| name.split(*separator));
            parts.filter(|part| is_column(part)).count() > 1
        };
        let separator = OTHER_SEPARATORS.into_iter().find(separates).filter(|_| !is_header);
        let strangers = names.iter().enumerate();
        let strangers =
            strangers.filter(|(_, name)| is_header && !wanted.iter().any(|wanted| equals(name, wanted)));
        let found = strangers.map(|(place, name)| ExtraColumn::new(wanted, name, place, may_show));
        let found = found.filter(|column| column.name.is_some()).collect();
        MissingColumns { columns: columns.collect(), found, is_no_header: !is_header, separator }
    }
}

/// More places than this are counted, not listed.
const MOST_PLACES: usize = 20;

impl MissingColumns {
    /// The columns that may be one that is missing, and which.
    fn near(&self) -> impl Iterator<Item = (&'static str, &ExtraColumn)> {
        let near = self.found.iter().filter_map(|column| Some((column.near?, column)));
        near.filter(|(wanted, _)| self.columns.iter().any(|column| column.name == *wanted))
    }

    /// Where the other columns stand. Not what they are called: a name that is like none of the table's might be a value.
    pub fn others(&self) -> String {
        let near: Vec<usize> = self.near().map(|(_, column)| column.place).collect();
        let others = self.found.iter().map(|column| column.place).filter(|place| !near.contains(place));
        let places: Vec<String> = others.map(|place| place.to_string()).collect();
        let more = places.len().saturating_sub(MOST_PLACES);
        let listed = places[..places.len() - more].join(", ");
        match (places.len(), more) {
            (0, _) => String::new(),
            (1, _) => format!("\n  column {listed} is none of the table's"),
            (_, 0) => format!("\n  columns {listed} are none of the table's"),
            _ => format!("\n  columns {listed} and {more} more are none of the table's"),
        }
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
        for (column, ExtraColumn { place, name, .. }) in self.near() {
            let name = name.as_deref().unwrap_or_default();
            write!(f, "\n  column {place} is called \"{name}\": is it {column}?")?;
        }
        f.write_str(&self.others())?;
        if let Some(separator) = self.separator {
            write!(
                f,
                "\n  the names are separated by {separator} but must be by a comma, | or a tab, or by the delimiter of a profile"
            )?;
        } else if self.is_no_header {
            f.write_str(
                "\n  the line names none of the table's columns: the header may be missing, or the delimiter is another",
            )?;
        }
        Ok(())
    }
}

/// The tables that an export lacks.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct MissingTables {
    /// At least one, in the order of tables.
    pub tables: Vec<Table>,
    /// What is there and has nearly the name of one that is missing.
    pub near: Vec<(String, Table)>,
}

/// More names than this would not be a message any more.
const MOST_NEAR: usize = 10;

impl MissingTables {
    /// The tables that are missing, if any that must be there are not. `found`: what is there and is no table.
    pub(super) fn among(
        is_there: impl Fn(Table) -> bool,
        found: impl Iterator<Item = String>,
    ) -> Option<Box<MissingTables>> {
        let missing = Table::ALL.into_iter().filter(|table| !table.may_be_absent() && !is_there(*table));
        let tables: Vec<Table> = missing.collect();
        let near = found.filter_map(|name| {
            let near = near_table(&name, |table| tables.contains(&table))?;
            Some((name, near))
        });
        let near = near.take(MOST_NEAR).collect();
        (!tables.is_empty()).then(|| Box::new(MissingTables { tables, near }))
    }
}

impl fmt::Display for MissingTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.tables.iter().map(|table| table.name()).collect();
        write!(f, "the table {} is missing", names.first().unwrap_or(&""))?;
        if let [_, others @ ..] = names.as_slice()
            && !others.is_empty()
        {
            write!(f, "\n  missing too: {}", others.join(", "))?;
        }
        for (name, table) in &self.near {
            write!(f, "\n  {} is there: is it {table}?", crate::value::shown(name))?;
        }
        Ok(())
    }
}

/// A file of a folder, or a table of a database, that is no table of an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownFile {
    pub name: String,
    /// The table that has nearly this name, and is not there.
    pub near: Option<Table>,
}

impl UnknownFile {
    pub(super) fn new(name: String, is_there: impl Fn(Table) -> bool) -> UnknownFile {
        UnknownFile { near: near_table(&name, |table| !is_there(table)), name }
    }
}

/// The table whose name a file or a table has nearly: as a whole up to its first point, or as one of its words, such as
/// `IMMUNIZATIONS_20240708.TXT`. Only tables that `may_be` it are asked about.
fn near_table(name: &str, may_be: impl Fn(Table) -> bool) -> Option<Table> {
    let stem = name.split('.').next().unwrap_or_default();
    let words = || name.split(|c: char| !c.is_alphabetic()).chain([stem]);
    let is_meant = |table: &Table| words().any(|word| is_near(word, table.name()));
    Table::ALL.into_iter().filter(|table| may_be(*table)).find(is_meant)
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

/// Whether no name of a header, or of a table's columns, may be a value: an id or a date among them is no name, and then the
/// others may be none, either.
pub(super) fn are_names(names: &[String]) -> bool {
    names.iter().all(|name| name.is_empty() || header_name(name).is_some())
}

/// Whether a name is nearly that of a column or a table: a few letters are others, or it is a part of it, word by word, as
/// `RESP_ENTITY` is of `RESPONSIBLE_ENTITY`.
fn is_near(name: &str, wanted: &str) -> bool {
    let (letters_of_name, letters_of_wanted) = (letters(name), letters(wanted));
    let words = |name: &str| -> Vec<String> {
        name.split(|c: char| !c.is_ascii_alphanumeric())
            .map(letters)
            .filter(|word| !word.is_empty())
            .collect()
    };
    let is_shortened = || {
        let (short, long) = (words(name), words(wanted));
        let begins = |(short, long): (&String, &String)| short.len() > 1 && long.starts_with(short.as_str());
        long.len() > 1 && short.len() == long.len() && short.iter().zip(&long).all(begins)
    };
    distance(&letters_of_name, &letters_of_wanted) <= letters_of_wanted.len() / 4 || is_shortened()
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

    fn missing(header: &str) -> String {
        missing_if(header, true)
    }

    fn missing_if(header: &str, may_show: bool) -> String {
        let names: Vec<String> = header.split(',').map(str::to_owned).collect();
        let wanted: Vec<_> =
            Table::Consents.columns().iter().map(|c| Wanted { column: c.name, name: c.name }).collect();
        MissingColumns::among(&names, &wanted, HeaderNames::new(Table::Consents, None), may_show).to_string()
    }

    #[test]
    fn names_all_that_is_missing_and_what_is_found_instead() {
        assert_eq!(
            missing("CLIENT\u{a0}ID,ConsentType,EFFECTIV_DATE,END_DATE,NOTE"),
            "\n  missing too: CONSENT_TYPE, EFFECTIVE_DATE, END_REASON\
             \n  column 1 is called \"CLIENT ID\": is it CLIENT_ID?\
             \n  column 2 is called \"ConsentType\": is it CONSENT_TYPE?\
             \n  column 3 is called \"EFFECTIV_DATE\": is it EFFECTIVE_DATE?\
             \n  column 5 is none of the table's"
        );
        assert_eq!(missing("CLIENT_ID,CONSENT_TYPE,EFFECTIVE_DATE,END_DATE"), "");
    }

    #[test]
    fn tells_another_separator() {
        let told = missing("CLIENT_ID;CONSENT_TYPE;EFFECTIVE_DATE;END_DATE;END_REASON");
        assert!(
            told.ends_with(
                "separated by ; but must be by a comma, | or a tab, or by the delimiter of a profile"
            ),
            "{told}"
        );
        assert!(missing("7;STANDARD;2015-01-01;;").ends_with("the delimiter is another"));
    }

    #[test]
    fn shows_nothing_of_a_row() {
        let told = missing("7,Client I D Smith,Effective-Dade,END_DATES,Zip Cole");
        assert!(told.contains("names none") && !told.contains("Dade") && !told.contains("DATES"), "{told}");
        assert!(!missing_if("CLIENT_ID,Smith", false).contains("Smith"));
    }

    #[test]
    fn shows_what_looks_like_a_name() {
        assert_eq!(header_name("CLIENT\u{a0}ID").as_deref(), Some("CLIENT ID"));
        for text in ["", "7", "a@b", "José", "x\"y", "1990-05-05"] {
            assert_eq!(header_name(text), None, "{text}");
        }
    }

    #[test]
    fn tells_which_names_are_near() {
        let check = |name: &str, wanted: &str, near: bool| assert_eq!(is_near(name, wanted), near, "{name}");
        check("CLIENT ID", "CLIENT_ID", true);
        check("RESP_ENTITY", "RESPONSIBLE_ENTITY", true);
        check("VACC_DATE", "VACCINATION_DATE", true);
        check("END_DATES", "END_DATE", true);
        check("ENTITY", "RESPONSIBLE_ENTITY", false);
        check("C_ID", "CLIENT_ID", false);
        check("NOTES", "END_REASON", false);
        check("", "CLIENT_ID", false);
    }

    #[test]
    fn tells_which_table_is_meant() {
        let check =
            |name: &str, expect: Option<Table>| assert_eq!(near_table(name, |_| true), expect, "{name}");
        check("Clients.CSV", Some(Table::Clients));
        check("clients.txt", Some(Table::Clients));
        check("IMMUNIZATIONS_20240708.TXT", Some(Table::Immunizations));
        check("dbo.Consents", Some(Table::Consents));
        check("Organisations.csv", Some(Table::Organizations));
        check("vaccine", Some(Table::Vaccines));
        check("README.md", None);
        assert_eq!(near_table("clients_old.csv", |table| table != Table::Clients), None);
        let has = |table: Table| table != Table::Clients && table != Table::Vaccines;
        let found = ["notes.txt", "Clients.CSV"].map(str::to_owned).into_iter();
        assert_eq!(
            MissingTables::among(has, found).unwrap().to_string(),
            "the table clients is missing\n  missing too: vaccines\n  Clients.CSV is there: is it clients?"
        );
        assert_eq!(MissingTables::among(|_| true, std::iter::empty()), None);
    }
}
