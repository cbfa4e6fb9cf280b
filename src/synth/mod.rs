//! Invented registry exports of any size, for trying the program, for training and for benchmarks.
//!
//! Nobody in them is real. The same number of clients, seed and options give the same bytes on any machine, in
//! memory that does not grow: each client is invented from the seed and its own number, and forgotten. Rows that have to
//! wait for their place in a file lie on disk meanwhile.
//!
//! Exports of the same seed with other as-of dates are months of one registry: the same people, with more consents and
//! facts, of which some have been merged, corrected or withdrawn in between.

mod changes;
mod client;
mod consent;
mod dice;
mod dose;
mod entry;
mod order;
mod places;
mod schedule;
mod table;

use crate::registry::Table;
use crate::value::{Day, shown};
use client::{Client, Life};
use consent::Consent;
use dose::{Entry, Fact};
use entry::EntryCounts;
use order::Arranger;
use places::Places;
use std::io;
use std::path::{Path, PathBuf};
use table::TableFile;

pub use order::RowOrder;

/// What to invent.
#[derive(Clone, Copy, Debug)]
pub struct SynthSettings {
    /// How many clients are invented; those not born yet, and duplicates that have been merged, are not written.
    pub clients: u64,
    /// The same seed gives the same export.
    pub seed: u64,
    /// The day on which the export is made: nothing later is in it.
    pub as_of: Day,
    /// How many rows in a hundred thousand are unusable.
    pub dirty: u64,
    /// How the rows of clients, consents and immunizations follow each other. The rows are the same in each order.
    pub order: RowOrder,
}

/// How many rows were written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SynthCounts {
    pub clients: u64,
    pub consents: u64,
    pub immunizations: u64,
}

/// An export that could not be written.
#[derive(thiserror::Error, Debug)]
pub enum SynthError {
    /// The folder is there already, or cannot be made.
    #[error("{}: cannot be created: {source}", shown(path))]
    Create { path: PathBuf, source: io::Error },
    #[error("{}: cannot be written: {source}", shown(path))]
    Write { path: PathBuf, source: io::Error },
}

/// Writes an invented export into a new folder.
///
/// # Errors
/// If the folder is there already, or cannot be written.
pub fn synth(settings: SynthSettings, folder: &Path) -> Result<SynthCounts, SynthError> {
    std::fs::create_dir(folder).map_err(|source| SynthError::Create { path: folder.to_owned(), source })?;
    write(settings, folder).map_err(|source| SynthError::Write { path: folder.to_owned(), source })
}

fn write(settings: SynthSettings, folder: &Path) -> io::Result<SynthCounts> {
    let create = |table| TableFile::create(folder, table, settings.seed, settings.dirty);
    let places = Places::new(settings);
    let mut vaccines = create(Table::Vaccines)?;
    places::write_vaccines(&mut vaccines)?;
    let mut organizations = create(Table::Organizations)?;
    places.write_organizations(&mut organizations)?;
    let mut recipients = create(Table::Recipients)?;
    places.write_recipients(&mut recipients)?;

    let arranger = Arranger::new(settings.order, settings.seed, folder);
    let mut clients =
        arranger.table_of_entry(create(Table::Clients)?, |number: &u64, out: &mut TableFile| {
            Client::invent(*number, settings).map_or(Ok(()), |client| client.write(out))
        });
    let mut consents = arranger.table(create(Table::Consents)?, Consent::write);
    let mut immunizations = arranger.table(create(Table::Immunizations)?, Fact::write);
    let lives = || (1..=settings.clients).filter_map(|number| Life::of(number, settings));
    let mut counts = EntryCounts::default();
    for life in lives() {
        Entry::invent(life, &places).for_each(|entry| counts.add(entry.moment(), entry.count()));
    }
    let mut numbering = counts.numbering();
    for life in lives() {
        clients.put(life.place, life.place)?;
        for consent in Consent::invent(life) {
            consents.put(consent.number(), consent)?;
        }
        let holder = life.holder();
        for entry in Entry::invent(life, &places) {
            let numbers = numbering.take(entry.moment(), entry.count());
            for fact in entry.facts(numbers, life, holder) {
                immunizations.put(fact.id(), fact)?;
            }
        }
    }
    // One after the other, so that only one table's rows are read back at a time.
    let clients = clients.finish()?;
    let consents = consents.finish()?;
    let immunizations = immunizations.finish()?;
    let mut control = create(Table::Control)?;
    let mut rows = Vec::new();
    for (place, file) in
        [clients, consents, immunizations, vaccines, organizations, recipients].into_iter().enumerate()
    {
        let (table, count) = file.finish()?;
        control.row(place as u64, &[table.name(), &count.to_string()])?;
        rows.push(count);
    }
    control.finish()?;
    Ok(SynthCounts { clients: rows[0], consents: rows[1], immunizations: rows[2] })
}
