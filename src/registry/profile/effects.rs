//! What a profile changed: counts, kept with a batch and shown in its report.

use crate::registry::Table;
use crate::registry::tables::MOST_COLUMNS;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a profile changed in an export.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ProfileEffects {
    /// By the tables' names.
    pub tables: BTreeMap<String, TableEffects>,
}

/// What a profile changed in a table.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct TableEffects {
    /// Lines that are no rows.
    pub lines_dropped: u64,
    /// By the columns' names.
    pub columns: BTreeMap<String, ColumnEffects>,
}

/// How many values of a column a profile changed, and how.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ColumnEffects {
    /// Words that stand for blank.
    pub blanked: u64,
    /// Values taken out of `="…"`, or from behind an apostrophe.
    pub unwrapped: u64,
    /// Words that stand for another value.
    pub mapped: u64,
    /// Values, not blank, of a column with such words that are none of them.
    pub not_named: u64,
    /// Days that mean "not known".
    pub unknown_days: u64,
}

/// Counts as they are made, by column.
#[derive(Clone, Debug, Default)]
pub(in crate::registry) struct EffectCounts([ColumnEffects; MOST_COLUMNS]);

impl EffectCounts {
    pub(in crate::registry) fn column(&mut self, place: usize) -> &mut ColumnEffects {
        &mut self.0[place]
    }

    pub(in crate::registry) fn absorb(&mut self, other: &EffectCounts) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            mine.add(theirs);
        }
    }
}

impl ColumnEffects {
    fn add(&mut self, other: &ColumnEffects) {
        self.blanked += other.blanked;
        self.unwrapped += other.unwrapped;
        self.mapped += other.mapped;
        self.not_named += other.not_named;
        self.unknown_days += other.unknown_days;
    }
}

impl ProfileEffects {
    /// Adds what was counted in a table, or in a part of it.
    pub(in crate::registry) fn add(&mut self, table: Table, counts: &EffectCounts, lines_dropped: u64) {
        let effects = self.tables.entry(table.name().to_owned()).or_default();
        effects.lines_dropped += lines_dropped;
        for (column, counted) in table.columns().iter().zip(&counts.0) {
            if *counted != ColumnEffects::default() {
                effects.columns.entry(column.name.to_owned()).or_default().add(counted);
            }
        }
    }
}
