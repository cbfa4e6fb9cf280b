//! Which words stand for nothing in an export.

use super::tables::{Candidate, Fit};
use super::words::{is_surely_nothing, is_word_for_nothing};
use crate::registry::Table;
use crate::registry::tables::{Kind, clients};
use std::collections::BTreeMap;

/// A word that may stand for nothing, and where it stands without quotes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct FoundWord {
    /// In columns where it can be no value: of ids, dates, codes and numbers.
    pub(super) where_no_value: usize,
    /// In columns where it may be one, each with the number of rows.
    pub(super) where_maybe: BTreeMap<String, usize>,
    /// The same word in quotes, which a profile leaves as it is.
    pub(super) in_quotes: usize,
}

impl FoundWord {
    /// Whether it is to be taken for nothing.
    pub(super) fn is_nothing(&self, word: &str) -> bool {
        let stands_in_names_only = self.where_maybe.keys().all(|column| column.contains("_NAME"));
        self.where_no_value > 0
            || is_surely_nothing(word) && !self.where_maybe.is_empty() && !stands_in_names_only
    }
}

/// Finds the words that may stand for nothing in the columns that are read.
pub(super) fn find_nothing(
    candidates: &[Candidate],
    fits: &[Option<Fit>; Table::ALL.len()],
) -> BTreeMap<String, FoundWord> {
    let mut found: BTreeMap<String, FoundWord> = BTreeMap::new();
    for table in Table::ALL {
        let Some(fit) = &fits[table as usize] else { continue };
        for (place, column) in table.columns().iter().enumerate() {
            let Some(choice) = fit.columns[place] else { continue };
            let cells = candidates[fit.candidate].rows.iter().map(|row| &row[choice.field]);
            for cell in cells.filter(|cell| is_word_for_nothing(&cell.text)) {
                let word = found.entry(cell.text.to_string()).or_default();
                match may_be_value(table, place, column.kind) {
                    _ if cell.is_quoted => word.in_quotes += 1,
                    false => word.where_no_value += 1,
                    true => *word.where_maybe.entry(format!("{table}.{}", column.name)).or_default() += 1,
                }
            }
        }
    }
    found
}

/// Whether any word may be a value of a column.
fn may_be_value(table: Table, place: usize, kind: Kind) -> bool {
    let is_code = table == Table::Clients && [clients::CLIENT_TYPE, clients::ZIP_CODE].contains(&place);
    matches!(kind, Kind::Text | Kind::Name) && !is_code
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::guess::tables::assign;
    use crate::registry::guess::tables::tests::candidate;

    #[test]
    fn tells_nothing_from_a_name() {
        let check = |row: &str, word: &str, expect: bool| {
            let header = "CLIENT_ID,CLIENT_TYPE,FIRST_NAME,LAST_NAME,BIRTH_DATE,RACE_AND_ETHNICITY,ZIP_CODE";
            let candidates =
                [candidate("clients.csv", &[header, "7,IA,Ana,Ruiz,1990-05-05,White,78701", row])];
            let found = find_nothing(&candidates, &assign(&candidates));
            assert_eq!(found[word].is_nothing(word), expect, "{row}");
        };
        check("8,IA,Bo,Ruiz,NULL,White,78701", "NULL", true);
        check("8,IA,Bo,Ruiz,1990-05-05,NULL,78701", "NULL", true);
        check("8,IA,Bo,NULL,1990-05-05,White,78701", "NULL", false);
        // A race, in some registries.
        check("8,IA,Bo,Ruiz,1990-05-05,NA,78701", "NA", false);
        check("8,IA,Bo,Ruiz,1990-05-05,NA,NA", "NA", true);
        check("8,IA,Bo,Ruiz,1990-05-05,White,.", ".", true);
    }
}
