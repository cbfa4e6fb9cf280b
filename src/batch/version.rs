//! Which version's rules a batch was made by.

use super::Manifest;
use crate::value::{name, text};
use std::borrow::Cow;

/// The rules that decide what a batch looks like. They have changed over the versions of the program, and a batch stays
/// what it was.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RulesVersion {
    /// Those of phds before 0.2.0.
    One,
    /// Those of phds from 0.2.0 on.
    Two,
}

/// The first version of the program, major and minor, that went by the second version of the rules.
const SECOND: (u64, u64) = (0, 2);

/// The first version whose batches have packages.
const WITH_PACKAGES: (u64, u64) = (0, 4);

/// The numbers of a version of the program, such as `0.2.0`, major and minor; none if it is no version.
fn numbers_of(version: &str) -> Option<(u64, u64)> {
    // What may stand behind the numbers, as in `0.2.0-rc.1+7`, does not matter here.
    let numbers = version.split(['-', '+']).next()?;
    let mut numbers = numbers.split('.').map(|number| {
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        number.parse::<u64>().ok().filter(|_| is_number)
    });
    let [major, minor, _] = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some((major, minor))
}

/// Whether a batch has a package for each of its recipients. What does not say which version made it must have them.
pub fn has_packages(manifest: &Manifest) -> bool {
    numbers_of(&manifest.tool.version).is_none_or(|version| version >= WITH_PACKAGES)
}

impl RulesVersion {
    /// The present rules.
    pub const NEWEST: RulesVersion = RulesVersion::Two;

    /// The rules of a version of the program, such as `0.2.0`; none if it is no version.
    pub fn of_program(version: &str) -> Option<RulesVersion> {
        let version = numbers_of(version)?;
        Some(if version < SECOND { RulesVersion::One } else { RulesVersion::Two })
    }

    /// The rules that a batch was made by; none if its manifest does not say.
    pub fn of_batch(manifest: &Manifest) -> Option<RulesVersion> {
        RulesVersion::of_program(&manifest.tool.version)
    }

    /// What is left of a recipient's name in the name of its file.
    pub fn file_stem(self, recipient: &str) -> String {
        match self {
            RulesVersion::One => name::file_stem_of_version_1(recipient),
            RulesVersion::Two => name::file_stem(recipient),
        }
    }

    /// A text after the clean-up that all texts went through. `text` must be UTF-8.
    pub fn clean(self, text: &[u8]) -> Cow<'_, [u8]> {
        match self {
            RulesVersion::One => text::clean_of_version_1(text),
            RulesVersion::Two => text::clean(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_the_program_stand_for_rules() {
        let check = |version: &str, expect: Option<RulesVersion>| {
            assert_eq!(RulesVersion::of_program(version), expect, "{version:?}");
        };
        let (one, two) = (Some(RulesVersion::One), Some(RulesVersion::Two));
        check("0.1.0", one);
        check("0.1.99", one);
        check("0.0.3", one);
        check("0.2.0", two);
        check("0.10.0", two);
        check("1.0.0", two);
        check("0.2.0-rc.1+7", two);
        check("0.1.0+build", one);
        for no_version in ["", "1", "0.2", "0.2.0.1", "v0.2.0", "0.+1.0", "0..1", "0.1.0 ", "newest"] {
            check(no_version, None);
        }
        check("99999999999999999999.0.0", None);
        check(env!("CARGO_PKG_VERSION"), Some(RulesVersion::NEWEST));
    }

    #[test]
    fn files_were_named_by_other_rules() {
        let check = |rules: RulesVersion, expect: &str| assert_eq!(rules.file_stem("Río Seco"), expect);
        check(RulesVersion::One, "R_o_Seco");
        check(RulesVersion::Two, "Rio_Seco");
    }
}
