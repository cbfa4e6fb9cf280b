//! What a run did, as a short table.

use crate::policy::Policy;
use crate::writer::Manifest;
use std::fmt::Write;
use std::path::Path;

/// The width of the names and of the numbers.
const NAME: usize = 52;
const NUMBER: usize = 15;

/// The summary of a batch that was published at `place`.
pub(super) fn summary(manifest: &Manifest, policy: &Policy, place: &Path) -> String {
    let mut table = Table { text: String::new() };
    table.title(&format!("Batch {} as of {}, policy \"{}\"", manifest.batch, manifest.as_of, policy.name));
    let facts = &manifest.facts;
    table.row("facts read", facts.read);
    table.row("included", facts.included);
    table.row("excluded", facts.excluded.0.iter().map(|(_, n)| n).sum());
    facts.excluded.0.iter().for_each(|(code, n)| table.row(&format!("  {code}"), *n));
    table.row("quarantined", facts.quarantined.0.iter().map(|(_, n)| n).sum());
    facts.quarantined.0.iter().for_each(|(code, n)| table.row(&format!("  {code}"), *n));

    table.title("Included, if the consent rule were");
    for (rule, n) in &manifest.included_under.0 {
        let in_force = if *rule == policy.consent.rule.name() { " (in force)" } else { "" };
        table.row(&format!("  {rule}{in_force}"), *n);
    }

    table.title("Other tables");
    for (name, counts) in manifest.tables.0.iter().filter(|(name, _)| *name != "immunizations") {
        table.row(name, counts.rows);
        counts.quarantined.0.iter().for_each(|(code, n)| table.row(&format!("  quarantined, {code}"), *n));
    }

    table.title(&format!("Files in {}", place.display()));
    manifest.files.iter().for_each(|file| table.row(&format!("  {}", file.path), file.rows));
    if manifest.files.is_empty() {
        table.text.push_str("  no recipient has any row\n");
    }
    table.text
}

struct Table {
    text: String,
}

impl Table {
    fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        // A policy's name is the site's own, but what it holds goes to a terminal.
        self.text.extend(title.chars().filter(|c| !c.is_control()));
        self.text.push('\n');
    }

    fn row(&mut self, name: &str, number: u64) {
        let _ = writeln!(self.text, "{name:NAME$} {:>NUMBER$}", grouped(number));
    }
}

/// A number with a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn groups_thousands() {
        let check = |number, expect: &str| assert_eq!(super::grouped(number), expect);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
    }
}
