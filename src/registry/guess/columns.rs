//! What the columns of a file hold.

use super::dates::DateReader;
use super::lines::RawCell;
use super::words::{is_word_for_nothing, unwrapped};
use crate::value::parse_id;
use std::collections::{HashMap, HashSet};

/// So many different values of a column are told apart.
const MOST_DIFFERENT: usize = 2_000;

/// What a column holds, blanks and words for nothing aside.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) filled: usize,
    pub(super) ids: usize,
    pub(super) id_set: HashSet<u64>,
    pub(super) dates: usize,
    pub(super) zips: usize,
    /// Whole numbers from 1 to 99.
    pub(super) small_numbers: usize,
    /// How often each value stands; not all values if there are too many.
    pub(super) values: HashMap<Box<str>, usize>,
    pub(super) has_more_values: bool,
    /// Values in `="…"`, or behind an apostrophe before a digit.
    pub(super) wrapped: usize,
}

impl Held {
    pub(super) fn new<'c>(cells: impl Iterator<Item = &'c RawCell>, reader: &DateReader) -> Held {
        let mut held = Held::default();
        for cell in cells {
            held.wrapped += usize::from(unwrapped(&cell.text).is_some());
            let Some(text) = value_of(cell) else { continue };
            held.filled += 1;
            if let Some(id) = parse_id(text.as_bytes()) {
                held.ids += 1;
                held.id_set.insert(id);
                held.small_numbers += usize::from((1..100).contains(&id));
            }
            held.zips += usize::from(is_zip(text));
            held.dates += usize::from(reader.read(text).next().is_some());
            let has_room = held.values.len() < MOST_DIFFERENT;
            match held.values.get_mut(text) {
                Some(times) => *times += 1,
                None if has_room => drop(held.values.insert(text.into(), 1)),
                None => held.has_more_values = true,
            }
        }
        held
    }

    /// Whether of the values nearly all are of a kind, `count` of them being so.
    pub(super) fn are_nearly_all(&self, count: usize) -> bool {
        self.filled > 0 && count * 20 >= self.filled * 19
    }

    /// How many values are one of these words, without regard to case.
    pub(super) fn among(&self, words: &[&str]) -> usize {
        let is_one = |value: &str| words.iter().any(|word| word.eq_ignore_ascii_case(value));
        self.values.iter().filter(|(value, _)| is_one(value)).map(|(_, times)| times).sum()
    }

    /// Whether no value stands twice.
    pub(super) fn is_unique(&self) -> bool {
        self.id_set.len() == self.filled
    }

    /// Of 100 values, how many are ids that stand in another column.
    pub(super) fn share_found_in(&self, keys: &HashSet<u64>) -> usize {
        let found = self.id_set.intersection(keys).count();
        (found * 100).checked_div(self.id_set.len()).unwrap_or(0)
    }
}

/// A cell's value; none if it is blank, or may be.
pub(super) fn value_of(cell: &RawCell) -> Option<&str> {
    if !cell.is_quoted && is_word_for_nothing(&cell.text) {
        return None;
    }
    Some(unwrapped(&cell.text).unwrap_or(&cell.text)).filter(|text| !text.is_empty())
}

fn is_zip(text: &str) -> bool {
    let is_digits =
        |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('-') {
        Some((zip, more)) => is_digits(zip, 5) && is_digits(more, 4),
        None => is_digits(text, 5) || is_digits(text, 9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_what_a_column_holds() {
        let cell = |text: &str| RawCell { text: text.into(), is_quoted: false };
        let held = |texts: &[&str]| {
            let cells: Vec<RawCell> = texts.iter().map(|text| cell(text)).collect();
            Held::new(cells.iter(), &DateReader::new())
        };
        let ids = held(&["7", "8.0", "", "NULL", "=\"9\""]);
        assert_eq!((ids.filled, ids.ids, ids.small_numbers, ids.wrapped), (3, 3, 3, 1));
        assert!(ids.is_unique() && !held(&["7", "7"]).is_unique());
        assert_eq!(ids.share_found_in(&HashSet::from([7, 8, 10])), 66);
        assert_eq!(held(&["78701", "78701-1234", "TX"]).zips, 2);
        assert_eq!(held(&["2024-07-08", "08-JUL-24", "x"]).dates, 2);
        assert_eq!(held(&["y", "Y", "N", "?"]).among(&["Y", "N"]), 3);
    }
}
