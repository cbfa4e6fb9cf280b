//! The first two stages joined in memory: an export in, the facts that are shared out.
//!
//! Joins the parts, and holds no rule, no check and no file format of its own.

mod builder;
mod counts;
mod organizations;
mod selection;
mod stored;

pub use builder::SelectionBuilder;
pub use counts::FactCounts;
pub use organizations::OrganizationCounts;
pub use selection::{InOrder, Selection};

use crate::filter::Rules;
use crate::policy::Policy;
use crate::registry::{Intake, Progress, Reference, RegistryError, Source, read_facts, read_reference};
use crate::spill::Spill;
use crate::value::Day;
use std::num::NonZeroUsize;

/// What an extract is made by.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The inclusion rules' settings.
    pub policy: &'a Policy,
    /// The day as of which the rules are applied.
    pub as_of: Day,
    /// How many threads look at facts. The result is the same for any number.
    pub threads: NonZeroUsize,
    /// Where what outgrows memory goes.
    pub spill: &'a Spill,
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
    let Settings { threads, spill, .. } = settings;
    let (reference, mut intake) = read_reference(source, threads, spill, progress)?;
    // Held in any case; what is left is for the facts.
    let _held = spill.hold(reference.size());
    let rules = Rules::new(settings.policy, settings.as_of, &reference, threads);
    let builders =
        SelectionBuilder::for_threads(threads, settings.as_of, reference.organizations.len(), spill);
    let builders = read_facts(
        source,
        &reference,
        &mut intake,
        spill,
        progress,
        builders,
        &|builder: &mut SelectionBuilder, facts| match facts {
            [fact] => builder.take(fact, rules.judge(fact)),
            facts => builder.take_all(facts, &rules.judge_all(facts)),
        },
    )?;
    let selection = Selection::new(builders, rules.consent_rule(), &mut intake.quarantine, &reference, spill)
        .map_err(RegistryError::Spill)?;
    Ok(Extract { intake, reference, rules, selection })
}
