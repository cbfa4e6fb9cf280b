//! Words that stand for nothing, and codes: what they mean where it can be told.

use crate::registry::tables::{clients, consents, immunizations, vaccines};
use crate::registry::{CodeSet, Table};
use std::collections::{HashMap, HashSet};

/// Words that databases write for nothing, and that are no value of anything.
const NOTHING: [&str; 10] =
    ["NULL", "null", "Null", "(null)", "(NULL)", "\\N", "<NULL>", "<null>", "[NULL]", "#N/A"];

/// Words that may stand for nothing, and may be a value: a name, a race, a code.
const MAYBE_NOTHING: [&str; 14] =
    ["NA", "N/A", "n/a", "NaN", "nan", "NONE", "None", "none", "nil", "-", "--", ".", "?", "NaT"];

/// Whether a text may stand for nothing.
pub(super) fn is_word_for_nothing(text: &str) -> bool {
    is_surely_nothing(text) || MAYBE_NOTHING.contains(&text)
}

/// Whether a text is no value of anything, but perhaps somebody's name.
pub(super) fn is_surely_nothing(text: &str) -> bool {
    NOTHING.contains(&text)
}

/// What stands in `="…"`, or behind an apostrophe before a digit, as a profile's `unwrap` has it.
pub(super) fn unwrapped(text: &str) -> Option<&str> {
    let in_quotes = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let behind = text.strip_prefix('\'').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    in_quotes.filter(|inside| !inside.contains('"')).or(behind).map(str::trim)
}

/// The client types that the built-in policy names.
const CLIENT_TYPES: [&str; 4] = ["IC", "IA", "DC", "PA"];

/// Words of one registry for codes, each with what it means. They belong together: whoever uses one uses the others.
struct Scheme {
    words: &'static [(&'static str, &'static str)],
    /// Words that say too little alone: these must all be there.
    needs: &'static [&'static str],
}

const fn scheme(words: &'static [(&'static str, &'static str)]) -> Scheme {
    Scheme { words, needs: &[] }
}

const OF_CLIENT_TYPE: &[Scheme] = &[
    scheme(&[("Child", "IC"), ("Adult", "IA"), ("Disaster", "DC"), ("Pending", "PA")]),
    scheme(&[("Minor", "IC")]),
    scheme(&[("Disaster consented", "DC"), ("Pending adult", "PA")]),
    scheme(&[("Disaster only", "DC")]),
    scheme(&[("ImmTrac child", "IC"), ("ImmTrac adult", "IA")]),
    scheme(&[("CHD", "IC"), ("ADT", "IA"), ("DIS", "DC"), ("PND", "PA")]),
    Scheme { words: &[("C", "IC"), ("A", "IA"), ("D", "DC"), ("P", "PA")], needs: &["C", "A", "D"] },
];

const OF_CONSENT_TYPE: &[Scheme] = &[
    scheme(&[("STD", "STANDARD"), ("DIS", "DISASTER")]),
    scheme(&[("Regular", "STANDARD")]),
    scheme(&[("Routine", "STANDARD"), ("Emergency", "DISASTER")]),
    scheme(&[("Standard consent", "STANDARD"), ("Disaster consent", "DISASTER")]),
    Scheme { words: &[("S", "STANDARD"), ("D", "DISASTER")], needs: &["S", "D"] },
];

const OF_END_REASON: &[Scheme] = &[
    scheme(&[("WD", "WITHDRAWN"), ("EXP", "EXPIRED")]),
    scheme(&[("Withdrawal", "WITHDRAWN"), ("Expiration", "EXPIRED")]),
    scheme(&[("Withdrew", "WITHDRAWN")]),
    scheme(&[("Revoked", "WITHDRAWN")]),
    scheme(&[("Opt out", "WITHDRAWN"), ("Optout", "WITHDRAWN"), ("Opted out", "WITHDRAWN")]),
    scheme(&[("Lapsed", "EXPIRED")]),
    Scheme { words: &[("W", "WITHDRAWN"), ("E", "EXPIRED")], needs: &["W", "E"] },
];

const OF_DISASTER_FLAG: &[Scheme] = &[
    scheme(&[("Yes", "Y"), ("No", "N")]),
    scheme(&[("True", "Y"), ("False", "N")]),
    Scheme { words: &[("T", "Y"), ("F", "N")], needs: &["T", "F"] },
    Scheme { words: &[("1", "Y"), ("0", "N")], needs: &["1", "0"] },
];

const OF_PRODUCT_CLASS: &[Scheme] = &[
    scheme(&[("VAC", "VACCINE"), ("RSV", "RSV_THERAPEUTIC"), ("COVID", "COVID_THERAPEUTIC")]),
    scheme(&[("VAX", "VACCINE"), ("RSV MAB", "RSV_THERAPEUTIC"), ("COVID MAB", "COVID_THERAPEUTIC")]),
    scheme(&[("RSV therapeutic", "RSV_THERAPEUTIC"), ("COVID therapeutic", "COVID_THERAPEUTIC")]),
    scheme(&[("RSV antibody", "RSV_THERAPEUTIC"), ("COVID antibody", "COVID_THERAPEUTIC")]),
    Scheme {
        words: &[("V", "VACCINE"), ("R", "RSV_THERAPEUTIC"), ("C", "COVID_THERAPEUTIC")],
        needs: &["V", "R", "C"],
    },
];

/// The five columns of codes, of which a proposal may show values.
pub(super) fn is_coded(table: Table, place: usize) -> bool {
    schemes(table, place).is_some()
}

fn schemes(table: Table, place: usize) -> Option<&'static [Scheme]> {
    match (table, place) {
        (Table::Clients, clients::CLIENT_TYPE) => Some(OF_CLIENT_TYPE),
        (Table::Consents, consents::CONSENT_TYPE) => Some(OF_CONSENT_TYPE),
        (Table::Consents, consents::END_REASON) => Some(OF_END_REASON),
        (Table::Immunizations, immunizations::DISASTER_FLAG) => Some(OF_DISASTER_FLAG),
        (Table::Vaccines, vaccines::PRODUCT_CLASS) => Some(OF_PRODUCT_CLASS),
        _ => None,
    }
}

/// The codes that section 1, or the built-in policy, names for a column.
pub(super) fn known_codes(table: Table, place: usize) -> Vec<&'static str> {
    match (table, place) {
        (Table::Clients, clients::CLIENT_TYPE) => CLIENT_TYPES.to_vec(),
        (Table::Consents, consents::CONSENT_TYPE) => CodeSet::ConsentType.names(),
        (Table::Consents, consents::END_REASON) => CodeSet::EndReason.names(),
        (Table::Immunizations, immunizations::DISASTER_FLAG) => CodeSet::DisasterFlag.names(),
        (Table::Vaccines, vaccines::PRODUCT_CLASS) => CodeSet::ProductClass.names(),
        _ => Vec::new(),
    }
}

/// A value that stands in fewer rows is not shown.
const FEWEST_ROWS: usize = 5;

/// More values are not shown, but counted.
const MOST_VALUES: usize = 40;

/// A code is no longer than this.
const LONGEST_CODE: usize = 40;

/// What the values of a column of codes mean.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct FoundCodes {
    /// Words, each with what it means.
    pub(super) mapped: Vec<(String, &'static str)>,
    /// In how many rows one of these words stands.
    pub(super) mapped_rows: usize,
    /// Values of which it cannot be told what they mean, each with its number of rows.
    pub(super) unknown: Vec<(String, usize)>,
    /// How many more there are that are not shown.
    pub(super) not_shown: usize,
}

impl FoundCodes {
    pub(super) fn is_empty(&self) -> bool {
        self.mapped.is_empty() && self.unknown.is_empty() && self.not_shown == 0
    }
}

/// Finds what the values of a column of codes mean. `values` are those in the column, each with its number of rows.
///
/// Of words that are known, all that belong together are proposed, whichever of them are there: so nothing shows which of
/// them stand in few rows.
pub(super) fn find_codes(
    table: Table,
    place: usize,
    values: &HashMap<Box<str>, usize>,
    has_more_values: bool,
) -> FoundCodes {
    let known = known_codes(table, place);
    let mut left: HashMap<String, usize> = HashMap::new();
    let mut spellings: HashMap<String, &str> = HashMap::new();
    for (value, times) in values {
        if !known.iter().any(|code| code.eq_ignore_ascii_case(value)) {
            let lowered = value.to_lowercase();
            // Of several spellings always the same one.
            let spelling = spellings.entry(lowered.clone()).or_insert(value);
            *spelling = (*spelling).min(value);
            *left.entry(lowered).or_default() += times;
        }
    }
    let present: HashSet<String> = left.keys().cloned().collect();
    let is_there = |word: &str| present.contains(&word.to_lowercase());
    let mut found = FoundCodes::default();
    for scheme in schemes(table, place).unwrap_or_default() {
        if !scheme.words.iter().any(|(word, _)| is_there(word))
            || !scheme.needs.iter().all(|word| is_there(word))
        {
            continue;
        }
        let rows = |(word, _): &(&str, &str)| left.get(&word.to_lowercase()).copied().unwrap_or(0);
        let rows: usize = scheme.words.iter().map(rows).sum();
        if rows < FEWEST_ROWS {
            continue;
        }
        found.mapped_rows += rows;
        for (word, meaning) in scheme.words {
            left.remove(&word.to_lowercase());
            if !found.mapped.iter().any(|(other, _)| other.eq_ignore_ascii_case(word)) {
                found.mapped.push(((*word).to_owned(), meaning));
            }
        }
    }
    if left.len() > MOST_VALUES || has_more_values {
        found.not_shown = left.len();
        return found;
    }
    let may_be_shown =
        |(value, rows): &(&String, &usize)| **rows >= FEWEST_ROWS && value.len() <= LONGEST_CODE;
    let mut shown: Vec<(String, usize)> =
        left.iter().filter(may_be_shown).map(|(value, rows)| (spellings[value].to_owned(), *rows)).collect();
    shown.sort_by(|(one, a), (other, b)| b.cmp(a).then_with(|| one.cmp(other)));
    found.not_shown = left.len() - shown.len();
    found.unknown = shown;
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_nothing() {
        assert!(is_word_for_nothing("NULL") && is_word_for_nothing("\\N") && is_word_for_nothing("."));
        assert!(is_surely_nothing("(null)") && !is_surely_nothing("NA") && !is_word_for_nothing("Nell"));
    }

    #[test]
    fn unwraps_as_a_profile_does() {
        let check = |text: &str, expect: Option<&str>| assert_eq!(unwrapped(text), expect, "{text}");
        check("=\"00501\"", Some("00501"));
        check("'00501", Some("00501"));
        check("'Brien", None);
        check("=\"a\"b\"", None);
        check("00501", None);
    }

    fn codes(table: Table, place: usize, values: &[(&str, usize)]) -> FoundCodes {
        let values = values.iter().map(|(value, times)| ((*value).into(), *times)).collect();
        find_codes(table, place, &values, false)
    }

    #[test]
    fn finds_what_codes_mean() {
        let client_type = |values: &[(&str, usize)]| codes(Table::Clients, clients::CLIENT_TYPE, values);
        assert!(client_type(&[("IC", 9), ("ia", 9)]).is_empty());
        let found = client_type(&[("child", 9), ("ADULT", 2), ("DC", 9)]);
        let words: Vec<&str> = found.mapped.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!((words, found.mapped_rows), (vec!["Child", "Adult", "Disaster", "Pending"], 11));
        // One letter alone can mean anything.
        let found = client_type(&[("C", 9), ("A", 9)]);
        assert_eq!((found.mapped.len(), found.unknown), (0, vec![("A".to_owned(), 9), ("C".to_owned(), 9)]));
        assert_eq!(client_type(&[("C", 9), ("A", 9), ("D", 9)]).mapped.len(), 4);
        let flag = codes(Table::Immunizations, immunizations::DISASTER_FLAG, &[("1", 9), ("0", 9)]);
        assert_eq!(flag.mapped, [("1".to_owned(), "Y"), ("0".to_owned(), "N")]);
    }

    #[test]
    fn shows_no_value_of_few_rows_and_no_long_list() {
        let client_type = |values: &[(&str, usize)]| codes(Table::Clients, clients::CLIENT_TYPE, values);
        let found = client_type(&[("Q1", 5), ("Q2", 4), ("Child", 4)]);
        assert_eq!((found.unknown, found.not_shown, found.mapped.len()), (vec![("Q1".to_owned(), 5)], 2, 0));
        let many: Vec<(String, usize)> = (0..41).map(|number| (format!("Q{number}"), 9)).collect();
        let many: Vec<(&str, usize)> = many.iter().map(|(value, times)| (value.as_str(), *times)).collect();
        let found = client_type(&many);
        assert_eq!((found.unknown.len(), found.not_shown), (0, 41));
        assert_eq!(client_type(&many[..40]).unknown.len(), 40);
    }

    #[test]
    fn every_word_means_a_code_that_is_known() {
        for table in Table::ALL {
            for place in 0..table.columns().len() {
                let known = known_codes(table, place);
                assert_eq!(is_coded(table, place), !known.is_empty());
                for scheme in schemes(table, place).unwrap_or_default() {
                    for (word, meaning) in scheme.words {
                        assert!(known.contains(meaning) && !known.contains(word), "{word}");
                    }
                    for word in scheme.needs {
                        assert!(scheme.words.iter().any(|(other, _)| other == word));
                    }
                }
            }
        }
    }
}
