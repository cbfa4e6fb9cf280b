//! Names of responsible entities and recipients: when two are the same, and what a file of theirs is called.
//!
//! Databases write one name in several ways: composed and decomposed letters, other capitals, a zero-width space at
//! the end. Unicode's own tables decide which differences can be seen; they come from ICU4X.

use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::collections::{BTreeMap, BTreeSet};

/// The words that databases and spreadsheets write for "no value", folded.
const WORDS_FOR_NOTHING: [&str; 8] = ["null", "(null)", "\\n", "na", "n/a", "#n/a", "none", "nan"];

/// What a name is compared by: without characters that show nothing, composed (NFC), in lower case, and with one space
/// for each run of white space and none at the ends. Two entities, or two recipients, with the same folded name are
/// the same. It is empty if nothing of the name shows.
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        return single_spaced(&name.to_ascii_lowercase());
    }
    let shown: String = name.chars().filter(|c| shows(*c)).collect();
    let composed = ComposingNormalizer::new_nfc().normalize(&shown).into_owned();
    single_spaced(&composed.to_lowercase())
}

fn single_spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    spaced
}

/// Whether a name is none: nothing of it shows, or it is one of the words that stand for no value, such as `NULL`.
pub fn is_for_nothing(name: &str) -> bool {
    let is_blank = if name.is_ascii() { name.trim().is_empty() } else { fold(name).is_empty() };
    is_blank || WordForNothing::of(name).is_some()
}

/// A word for no value, by its place in the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WordForNothing(u8);

impl WordForNothing {
    /// The word that a text is.
    pub(crate) fn of(text: &str) -> Option<WordForNothing> {
        let of = |is_it: &dyn Fn(&str) -> bool| {
            (0..)
                .map(WordForNothing)
                .zip(WORDS_FOR_NOTHING)
                .find(|(_, word)| is_it(word))
                .map(|(place, _)| place)
        };
        if text.is_ascii() {
            // Every text of an export may come by: none is copied for it.
            let text = text.trim();
            return of(&|word| word.eq_ignore_ascii_case(text));
        }
        let folded = fold(text);
        of(&|word| word == folded)
    }
}

impl std::fmt::Display for WordForNothing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&WORDS_FOR_NOTHING[usize::from(self.0)].to_ascii_uppercase())
    }
}

/// What names are compared by that look the same: their skeletons by Unicode's UTS 39, without white space. A capital may
/// look like another letter than its small form, so the name is lower-cased behind its skeleton in the first, and before it
/// in the second.
fn skeletons(name: &str) -> [String; 2] {
    let without_spaces = |text: String| text.chars().filter(|c| !c.is_whitespace()).collect();
    let lower = name.to_lowercase();
    let of = |text: &str| unicode_security::confusable_detection::skeleton(text).collect::<String>();
    [without_spaces(of(name).to_lowercase()), without_spaces(of(&lower))]
}

/// Names that look the same and are not, by twos, each two in order. The same name in other words (other case, other
/// spaces) is one, which looks like another if any of its spellings does. Of several that look the same, each is paired with
/// the first only.
pub fn look_alikes<'a>(names: impl Iterator<Item = &'a str>) -> Vec<[String; 2]> {
    let mut spellings: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for text in names {
        spellings.entry(fold(text)).or_default().insert(text);
    }
    // For each skeleton the names that have it, each in the first of its spellings that does.
    let mut of_skeleton: BTreeMap<(usize, String), BTreeMap<&str, &str>> = BTreeMap::new();
    for (name, texts) in &spellings {
        for text in texts {
            for (way, skeleton) in skeletons(text).into_iter().enumerate() {
                of_skeleton.entry((way, skeleton)).or_default().entry(name).or_insert(text);
            }
        }
    }
    let mut pairs: BTreeMap<[&str; 2], [&str; 2]> = BTreeMap::new();
    for alike in of_skeleton.values() {
        let Some((first, first_text)) = alike.iter().min_by_key(|(_, text)| **text) else { continue };
        for (other, text) in alike.iter().filter(|(name, _)| *name != first) {
            let mut names = [*first, *other];
            names.sort_unstable();
            pairs.entry(names).or_insert([*first_text, *text]);
        }
    }
    let mut pairs: Vec<_> = pairs.into_values().map(|pair| pair.map(str::to_owned)).collect();
    pairs.sort_unstable();
    pairs
}

/// What is left of a recipient's name in the name of a file: letters without their accents, each run of characters
/// other than ASCII letters, digits and `-` as one `_`, none at the ends. It may be empty.
pub fn file_stem(name: &str) -> String {
    let decomposed = DecomposingNormalizer::new_nfkd().normalize(name);
    let categories = CodePointMapData::<GeneralCategory>::new();
    let is_mark = |c: char| GeneralCategoryGroup::Mark.contains(categories.get(c));
    let plain: String = decomposed.chars().filter(|c| shows(*c) && !is_mark(*c)).collect();
    underscored(&plain)
}

/// The same as phds 0.1 did it, with accents as `_`; for batches of that version.
pub fn file_stem_of_version_1(name: &str) -> String {
    underscored(name)
}

fn underscored(name: &str) -> String {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.split(|c| !is_kept(c)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// Whether a character shows at all, or has an effect on what shows: not a soft hyphen, a zero-width space, a mark of
/// direction.
fn shows(c: char) -> bool {
    c.is_ascii() || !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_which_names_are_the_same() {
        let check = |a: &str, b: &str, same: bool| assert_eq!(fold(a) == fold(b), same, "{a:?} {b:?}");
        check("Travis  County", "TRAVIS\u{a0}County", true);
        check("Clínica Ñ", "CLÍNICA ñ", true);
        check("El Paso", "ElPaso", false);
        check("ΑΣ", "ας", true);
        // Composed and decomposed.
        check("R\u{ed}o Seco", "Ri\u{301}o Seco", true);
        check("Rio Seco", "Río Seco", false);
        // Characters that show nothing: a zero-width space, a soft hyphen, marks of direction, a byte order mark.
        check("Travis County\u{200b}", "Travis County", true);
        check("Tra\u{ad}vis", "Travis", true);
        check("\u{200f}Travis\u{200e}", "Travis", true);
        check("\u{feff}Travis", "Travis", true);
        // One between a letter and its accent does not keep them apart.
        check("Ri\u{200d}\u{301}o", "R\u{ed}o", true);
        check("Travis \u{200b} County", "Travis County", true);
        // Letters that only look alike are others.
        check("Travis", "Тravis", false);
        check("\u{200b}", "", true);
        check("\u{200b} \u{2060}", "", true);
        check("\u{3000}", "", true);
    }

    #[test]
    fn knows_the_words_for_nothing() {
        let check =
            |name: &str, expect: bool| assert_eq!(WordForNothing::of(name).is_some(), expect, "{name:?}");
        for word in ["NULL", "(null)", "\\N", "NA", "N/A", "#N/A", "NONE", "NAN", "Null", "n/a", "nan", "\\n"]
        {
            check(word, true);
        }
        check("N\u{200b}ULL", true);
        check("  none ", true);
        check("\u{b}NULL\t", true);
        check("", false);
        check("Nullarbor", false);
        check("NaN County", false);
        check("-", false);
        check("N / A", false);
        assert!(["", "\u{200b}", " null "].into_iter().all(is_for_nothing));
        assert!(!is_for_nothing("-"));
    }

    #[test]
    fn makes_file_names() {
        let check = |name: &str, expect: &str| assert_eq!(file_stem(name), expect, "{name:?}");
        check("Río Seco Children’s", "Rio_Seco_Children_s");
        check("Ri\u{301}o Seco", "Rio_Seco");
        check("Travis County\u{200b}", "Travis_County");
        check("Tra\u{ad}vis", "Travis");
        check("  A -- B / C ", "A_--_B_C");
        check("ﬁve №7", "five_No7");
        check("Łódź", "odz");
        check("Straße", "Stra_e");
        check("日本", "");
        check("---", "---");
        check("", "");
    }

    #[test]
    fn makes_file_names_as_version_1_did() {
        assert_eq!(file_stem_of_version_1("Río Seco Children’s"), "R_o_Seco_Children_s");
    }

    #[test]
    fn finds_names_that_look_the_same() {
        let check = |names: &[&str], expect: &[[&str; 2]]| {
            assert_eq!(look_alikes(names.iter().copied()), expect, "{names:?}");
        };
        check(&["Travis County", "TRAVIS  COUNTY", "Bexar"], &[]);
        // A Cyrillic letter; capital i for l; a digit for a letter; no space.
        check(&["Travis", "Tr\u{430}vis"], &[["Travis", "Tr\u{430}vis"]]);
        check(&["Hill", "HiIl"], &[["HiIl", "Hill"]]);
        check(&["C0rp", "COrp"], &[["C0rp", "COrp"]]);
        check(&["El Paso", "ElPaso"], &[["El Paso", "ElPaso"]]);
        // What is the same in another form of Unicode is one name.
        check(&["R\u{ed}o", "Ri\u{301}o"], &[]);
        check(&["Clinic 1", "Clinic 2"], &[]);
        check(&["a", "b", "\u{430}", "\u{251}"], &[["a", "\u{251}"], ["a", "\u{430}"]]);
        // One spelling of a name does not hide another.
        check(&["Hlll", "hILL"], &[["Hlll", "hILL"]]);
        check(&["Hlll", "hILL", "HiLL"], &[["Hlll", "hILL"]]);
    }

    #[test]
    fn finds_however_many_names_look_the_same() {
        let letters = ["a", "\u{430}", "\u{251}"];
        let names: Vec<String> = letters
            .iter()
            .flat_map(|letter| (0..5000).map(move |number| format!("Tr{letter}vis {number}")))
            .collect();
        assert_eq!(look_alikes(names.iter().map(String::as_str)).len(), 10_000);
    }
}
