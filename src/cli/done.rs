//! The summary that `run` and `write` print when they are done, and the counts that other stages print.

use super::CommandResult;
use super::failure::Failure;
use super::finish::{self, Ending};
use super::terminal::Terminal;
use crate::batch::{Counts, Finding, Manifest};
use crate::extract::FactCounts;
use crate::filter::Outcome;
use crate::policy::{ConsentRule, Policy};
use crate::registry::{Intake, Table};
use crate::value::{grouped, shown, text};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The width of the names and of the numbers.
const NAME: usize = 52;
const NUMBER: usize = 15;

/// Prints the summary of a run, as text or as JSON.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    is_json: bool,
    terminal: &'a Terminal,
}

/// The summary for machines.
#[derive(serde::Serialize, Default)]
struct JsonSummary<'a> {
    /// `published`, `held` or `nothing-to-do`.
    outcome: &'static str,
    /// Where the batch lies.
    place: Option<String>,
    /// Why it is held back.
    found: &'a [Finding],
    /// Why there was nothing to do.
    reason: Option<&'a str>,
    manifest: Option<&'a Manifest>,
}

impl<'a> Summary<'a> {
    pub(super) fn new(is_json: bool, terminal: &'a Terminal) -> Summary<'a> {
        Summary { is_json, terminal }
    }

    /// Prints what became of a batch: its place, or why it is not published.
    pub(super) fn of_batch(
        &self,
        manifest: &Manifest,
        policy: &Policy,
        published: Result<PathBuf, Failure>,
    ) -> CommandResult {
        let (outcome, place, found) = match &published {
            Ok(place) => ("published", place, &[][..]),
            Err(Failure::Held { why, place }) => ("held", place, &why.found[..]),
            Err(_) => return published.map(drop),
        };
        if self.is_json {
            let printed = self.terminal.print(&text::json(&JsonSummary {
                outcome,
                place: Some(place.display().to_string()),
                found,
                reason: None,
                manifest: Some(manifest),
            }));
            // That a batch is held back is told whatever becomes of the summary.
            if published.is_ok() {
                printed?;
            }
        } else if published.is_ok() {
            self.terminal.print_summary(&of_published(manifest, policy, place))?;
        }
        published.map(drop)
    }

    /// Reports that the month's batch is held back still.
    pub(super) fn still_held(&self, held: Failure) -> CommandResult {
        if let (true, Failure::Held { why, place }) = (self.is_json, &held) {
            let place = Some(place.display().to_string());
            let summary = JsonSummary { outcome: "held", place, found: &why.found, ..JsonSummary::default() };
            // That it is held is told whatever becomes of the summary.
            let _ = self.terminal.print(&text::json(&summary));
        }
        Err(held)
    }

    /// Reports that there was nothing to do: in JSON, or in the log only.
    pub(super) fn nothing_to_do(&self, reason: &str) -> CommandResult {
        tracing::info!(stage = "open", "nothing to do: {reason}");
        let noted = Some(reason.to_owned());
        finish::note(Ending { result: "nothing-to-do", reason: noted, ..Ending::default() });
        if self.is_json {
            let summary =
                JsonSummary { outcome: "nothing-to-do", reason: Some(reason), ..JsonSummary::default() };
            self.terminal.print(&text::json(&summary))?;
        }
        Ok(())
    }
}

/// The summary of a batch that was published at `place`.
fn of_published(manifest: &Manifest, policy: &Policy, place: &Path) -> String {
    let mut table = Lines::default();
    table.title(&format!("Batch {} as of {}, policy \"{}\"", manifest.batch, manifest.as_of, policy.name));
    let facts = &manifest.facts;
    table.facts(facts.read, facts.included, &pairs(&facts.excluded), &pairs(&facts.quarantined));
    table.included_under(&pairs(&manifest.included_under), policy);
    table.title("Other tables");
    for (name, counts) in manifest.tables.iter().filter(|(name, _)| *name != Table::Immunizations.name()) {
        table.table(name, counts.rows, pairs(&counts.quarantined).into_iter());
    }
    table.title(&format!("Files in {}", shown(place)));
    manifest.files.iter().for_each(|file| table.row(&format!("  {}", file.path), file.rows));
    if manifest.files.is_empty() {
        table.text.push_str("  no recipient has any row\n");
    }
    table.text
}

fn pairs(counts: &Counts) -> Vec<(&str, u64)> {
    counts.iter().map(|(name, count)| (name.as_str(), *count)).collect()
}

/// What was read of an export, table by table.
pub(super) fn tables_read(intake: &Intake) -> String {
    let mut table = Lines::default();
    table.title("Rows read");
    for t in Table::ALL {
        if let Some(read) = intake.table(t) {
            let quarantined = intake.quarantine.by_code(t).map(|(code, n)| (code.name(), n));
            table.table(t.name(), read.rows, quarantined);
        }
    }
    table.text
}

/// The outcomes of the facts, with how many have each.
pub(super) fn outcomes(counts: &FactCounts, intake: &Intake, policy: &Policy) -> String {
    let mut table = Lines::default();
    let read = intake.table(Table::Immunizations).map_or(0, |read| read.rows);
    let excluded: Vec<_> = counts.excluded().map(|(outcome, n)| (outcome.name(), n)).collect();
    let quarantined: Vec<_> =
        intake.quarantine.by_code(Table::Immunizations).map(|(code, n)| (code.name(), n)).collect();
    table.facts(read, counts.outcome(Outcome::Included), &excluded, &quarantined);
    let under: Vec<_> = ConsentRule::ALL.map(|rule| (rule.name(), counts.included_under(rule))).into();
    table.included_under(&under, policy);
    table.text
}

/// Lines of names and numbers.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn facts(&mut self, read: u64, included: u64, excluded: &[(&str, u64)], quarantined: &[(&str, u64)]) {
        self.row("facts read", read);
        self.row("included", included);
        for (name, parts) in [("excluded", excluded), ("quarantined", quarantined)] {
            self.row(name, parts.iter().map(|(_, n)| n).sum());
            parts.iter().for_each(|(code, n)| self.row(&format!("  {code}"), *n));
        }
    }

    fn included_under(&mut self, counts: &[(&str, u64)], policy: &Policy) {
        self.title("Included, if the consent rule were");
        for (rule, n) in counts {
            let in_force = if *rule == policy.consent.rule.name() { " (in force)" } else { "" };
            self.row(&format!("  {rule}{in_force}"), *n);
        }
    }

    fn table<'a>(&mut self, name: &str, rows: u64, quarantined: impl Iterator<Item = (&'a str, u64)>) {
        self.row(name, rows);
        quarantined.for_each(|(code, n)| self.row(&format!("  quarantined, {code}"), n));
    }

    fn title(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        // A policy's name is the site's own, but what it holds goes to a terminal.
        self.text.extend(title.chars().filter(|c| !text::steers(*c)));
        self.text.push('\n');
    }

    fn row(&mut self, name: &str, number: u64) {
        let _ = writeln!(self.text, "{name:NAME$} {:>NUMBER$}", grouped(number));
    }
}
