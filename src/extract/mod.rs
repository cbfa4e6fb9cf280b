//! The first two stages joined in memory: an export in, the facts that are shared out.
//!
//! Joins the parts, and holds no rule, no check and no file format of its own.

mod selection;

pub use selection::{FactCounts, Selection, SelectionBuilder};

use crate::filter::Rules;
use crate::policy::Policy;
use crate::registry::{Intake, Progress, Reference, RegistryError, Source, read_facts, read_reference};
use crate::value::Day;
use std::num::NonZeroUsize;
use std::path::Path;

/// What an extract is made by.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The inclusion rules' settings.
    pub policy: &'a Policy,
    /// The day as of which the rules are applied.
    pub as_of: Day,
    /// How many threads look at facts. The result is the same for any number.
    pub threads: NonZeroUsize,
    /// A private folder for what outgrows memory.
    pub folder: &'a Path,
}

/// An export with the rules applied to it.
#[derive(Debug)]
pub struct Extract {
    /// What reading found, late duplicates too.
    pub intake: Intake,
    /// What the facts refer to.
    pub reference: Reference,
    /// The rules that were applied.
    pub rules: Rules,
    /// The facts that are shared.
    pub selection: Selection,
}

/// Reads an export and applies the rules to every fact.
///
/// Whether the export may be used at all is a question for [`Intake::check`], once all is read.
///
/// # Errors
/// If the export cannot be read.
pub fn extract(
    source: &dyn Source,
    settings: Settings<'_>,
    progress: &dyn Progress,
) -> Result<Extract, RegistryError> {
    let (reference, mut intake) = read_reference(source, settings.folder, progress)?;
    let rules = Rules::new(settings.policy, settings.as_of, &reference);
    let choosers = (0..settings.threads.get()).map(|_| SelectionBuilder::default()).collect();
    let choosers = read_facts(
        source,
        &reference,
        &mut intake,
        settings.folder,
        progress,
        choosers,
        &|chooser: &mut SelectionBuilder, fact| chooser.take(fact, rules.judge(fact)),
    )?;
    let selection = Selection::new(choosers, rules.consent_rule(), &mut intake.quarantine)
        .map_err(RegistryError::Spill)?;
    Ok(Extract { intake, reference, rules, selection })
}
