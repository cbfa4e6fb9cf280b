//! Bands of ages, in whole years.

use serde::{Deserialize, Serialize};

/// So many bands there are at most.
pub const MOST_BANDS: usize = 16;

/// No band begins with a greater age.
const MOST_YEARS: u32 = 150;

/// Bands of ages, each by its first year: it ends where the next one begins.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgeBands(Vec<u32>);

impl AgeBands {
    /// Bands by their first years; none if the first one is not 0, one does not come after the one before it, or there are too
    /// many.
    pub fn new(first_years: Vec<u32>) -> Option<AgeBands> {
        let is_rising = first_years.is_sorted_by(|one, next| one < next);
        let fits = first_years.first() == Some(&0)
            && first_years.len() <= MOST_BANDS
            && first_years.last().is_some_and(|last| *last <= MOST_YEARS);
        (is_rising && fits).then_some(AgeBands(first_years))
    }

    /// The first year of each.
    pub fn first_years(&self) -> &[u32] {
        &self.0
    }

    /// The place of the band of an age in months.
    pub fn of_months(&self, months: u64) -> usize {
        self.0.iter().rposition(|first| months / 12 >= u64::from(*first)).unwrap_or(0)
    }

    /// What the band at a place is called. It is no date, number or formula to a spreadsheet.
    pub fn label(&self, place: usize) -> String {
        let first = self.0.get(place).copied().unwrap_or_default();
        match self.0.get(place + 1) {
            Some(next) if next - first == 1 => format!("{first} only"),
            Some(next) => format!("{first} to {}", next - 1),
            None => format!("{first} and over"),
        }
    }

    /// The place of the band that a text names: its label, or as others write it, such as `0-3`, `0–3`, `5` or `65+`.
    pub fn named(&self, text: &str) -> Option<usize> {
        let folded = |text: &str| {
            let text = text.replace("and over", "+").replace("to", "-").replace("only", "").replace('–', "-");
            text.split_whitespace().collect::<String>()
        };
        let named = folded(text);
        (0..self.0.len()).find(|place| folded(&self.label(*place)) == named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_fall_into_bands() {
        let bands = AgeBands::new(vec![0, 1, 4, 18, 65]).unwrap();
        for (months, label) in [
            (0, "0 only"),
            (11, "0 only"),
            (12, "1 to 3"),
            (47, "1 to 3"),
            (48, "4 to 17"),
            (12 * 18 - 1, "4 to 17"),
            (12 * 18, "18 to 64"),
            (12 * 130, "65 and over"),
        ] {
            assert_eq!(bands.label(bands.of_months(months)), label, "{months}");
        }
    }

    #[test]
    fn bands_are_known_as_others_write_them() {
        let bands = AgeBands::new(vec![0, 1, 4, 65]).unwrap();
        for (text, place) in [
            ("0 only", Some(0)),
            ("0", Some(0)),
            ("1 to 3", Some(1)),
            ("1-3", Some(1)),
            (" 1 – 3 ", Some(1)),
            ("65 and over", Some(3)),
            ("65+", Some(3)),
            ("65", None),
            ("1-4", None),
            ("", None),
        ] {
            assert_eq!(bands.named(text), place, "{text}");
        }
    }

    #[test]
    fn what_are_no_bands_is_refused() {
        for first_years in [vec![], vec![1, 2], vec![0, 0], vec![0, 5, 4], vec![0, 151], (0..17).collect()] {
            assert_eq!(AgeBands::new(first_years.clone()), None, "{first_years:?}");
        }
    }
}
