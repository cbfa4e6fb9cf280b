//! Going through a table's rows, in order or on several threads.
//!
//! One thread reads and cuts the text into blocks of whole records; the rows of a block are always looked at by
//! one worker, in order. What a worker collects must not depend on which blocks it got.

use super::facts::FactRow;
use super::oddities::Oddities;
use super::row::{ExportRow, QuarantinedRow};
use super::rows::{Profiled, RowReader, Visit};
use crate::registry::profile::EffectCounts;
use crate::registry::source::{Block, CSV_BLOCK, TableReader};
use crate::registry::{Progress, RegistryError, Table};
use crate::spill::{Sorter, Spill};
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

/// Two blocks wait for each worker: enough that none stands idle, few enough to stay small.
const WAITING: usize = 2;

/// What so many threads take for the text that they read, about: each a block, beside those that wait for it. A block's
/// text may have grown to up to twice its size, once for what was left of the one before and once for itself.
pub(crate) fn reading_memory(threads: NonZeroUsize) -> usize {
    threads.get().saturating_mul((WAITING + 1) * 4 * CSV_BLOCK)
}

/// What going through a table's rows comes to.
pub(in crate::registry) struct Scan {
    pub(super) rows: u64,
    /// A hash of each record, if such are made of the table's.
    pub(super) fingerprints: Option<Sorter<u128>>,
    /// What is odd about the texts of the rows that can be used.
    pub(super) oddities: Oddities,
    /// What a profile changed.
    pub(super) effects: EffectCounts,
    /// How many threads went through them.
    threads: NonZeroUsize,
}

impl Scan {
    fn of(rows: u64, reader: RowReader<'_>) -> Scan {
        let effects = reader.profiled.as_ref().map_or_else(EffectCounts::default, Profiled::counts);
        let RowReader { mut fingerprints, oddities, .. } = reader;
        fingerprints.iter_mut().for_each(Sorter::close);
        Scan { rows, fingerprints, effects, oddities, threads: NonZeroUsize::MIN }
    }
}

/// Goes through a table's rows in the source's order. `spill`: where hashes of the records go, where they are wanted.
pub(in crate::registry) fn in_order(
    reader: &mut dyn TableReader,
    spill: Option<&Spill>,
    progress: &dyn Progress,
    visit: &mut Visit<'_>,
) -> Result<Scan, RegistryError> {
    on_this_thread(reader, spill, progress, &mut |row_reader, block| row_reader.for_each_row(block, visit))
}

/// What an observer is shown of a table.
pub(in crate::registry) enum Shown<'r> {
    /// A row that passed the checks of its own values.
    Row(ExportRow<'r>),
    /// Several, of `immunizations`.
    Facts(&'r [FactRow<'r>]),
    /// A row that did not.
    Bad(QuarantinedRow),
}

/// Shows every row of a table to one of several observers, each on a thread of its own. One that is alone is shown the rows in
/// the source's order.
pub(in crate::registry) fn in_parts<O: Send>(
    reader: &mut dyn TableReader,
    progress: &dyn Progress,
    observers: &mut [O],
    show: &(dyn Fn(&mut O, Shown<'_>) -> Result<(), RegistryError> + Sync),
) -> Result<(), RegistryError> {
    let are_facts = reader.layout().table == Table::Immunizations;
    let go_through: &GoThrough<'_, &mut O> = &|row_reader, block, observer| match are_facts {
        true => row_reader
            .for_each_fact(block, &mut |facts| show(observer, facts.map_or_else(Shown::Bad, Shown::Facts))),
        false => {
            row_reader.for_each_row(block, &mut |row| show(observer, row.map_or_else(Shown::Bad, Shown::Row)))
        }
    };
    on_threads(reader, None, progress, observers.iter_mut().collect(), go_through).map(drop)
}

fn on_this_thread(
    reader: &mut dyn TableReader,
    spill: Option<&Spill>,
    progress: &dyn Progress,
    go_through: &mut dyn FnMut(&mut RowReader<'_>, &Block) -> Result<u64, RegistryError>,
) -> Result<Scan, RegistryError> {
    let layout = reader.layout().clone();
    let mut row_reader = RowReader::new(&layout, spill);
    let (mut rows, mut seen) = (0, 0);
    reader.for_each_block(&mut |block, read| {
        rows += go_through(&mut row_reader, &block)?;
        progress.advance(read - seen);
        seen = read;
        Ok(Some(block))
    })?;
    Ok(Scan::of(rows, row_reader))
}

/// How a worker goes through the rows of a block; returns how many there are.
pub(super) type GoThrough<'g, W> =
    dyn Fn(&mut RowReader<'_>, &Block, &mut W) -> Result<u64, RegistryError> + Sync + 'g;

/// Goes through a table's rows on as many threads as there are workers, which come back when all is read. `spill`: as for
/// [`in_order`].
pub(super) fn on_threads<W: Send>(
    reader: &mut dyn TableReader,
    spill: Option<&Spill>,
    progress: &dyn Progress,
    mut workers: Vec<W>,
    go_through: &GoThrough<'_, W>,
) -> Result<(Scan, Vec<W>), RegistryError> {
    if let [worker] = workers.as_mut_slice() {
        let scan = on_this_thread(reader, spill, progress, &mut |row_reader, block| {
            go_through(row_reader, block, worker)
        })?;
        return Ok((scan, workers));
    }
    if let Some(threads) = NonZeroUsize::new(workers.len()) {
        reader.read_ahead(threads);
    }
    let layout = reader.layout().clone();
    let (send, receive) = sync_channel::<Block>(WAITING * workers.len());
    let receive = Arc::new(Mutex::new(receive));
    let (give_back, take_back) = sync_channel::<Block>(4 * workers.len());
    let failed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mut running = Vec::with_capacity(workers.len());
        for mut worker in workers {
            let (receive, give_back) = (Arc::clone(&receive), give_back.clone());
            let (layout, failed) = (&layout, &failed);
            let work = move || {
                let mut row_reader = RowReader::new(layout, spill);
                let mut rows = 0;
                while let Some(block) = next_of(&receive) {
                    rows += go_through(&mut row_reader, &block, &mut worker).map_err(|error| {
                        failed.store(true, Ordering::Relaxed);
                        (block.first_line, error)
                    })?;
                    // A block that nobody wants back is freed.
                    let _ = give_back.try_send(block);
                }
                Ok((Scan::of(rows, row_reader), worker))
            };
            match std::thread::Builder::new().spawn_scoped(scope, work) {
                Ok(thread) => running.push(thread),
                // Fewer threads do it too.
                Err(_) if !running.is_empty() => break,
                Err(source) => return Err(RegistryError::Threads(source)),
            }
        }
        // Only the workers hold the receiving end now: when the last of them is gone, sending fails.
        drop(receive);
        let mut seen = 0;
        let outcome = reader.for_each_block(&mut |block, read| {
            if failed.load(Ordering::Relaxed) || send.send(block).is_err() {
                return Ok(None);
            }
            progress.advance(read - seen);
            seen = read;
            Ok(Some(take_back.try_recv().unwrap_or_default()))
        });
        drop(send);
        let oddities = Oddities::of_table(reader.layout().table);
        let threads = NonZeroUsize::new(running.len()).unwrap_or(NonZeroUsize::MIN);
        let mut all =
            Scan { rows: 0, fingerprints: None, effects: EffectCounts::default(), oddities, threads };
        let (mut done, mut errors) = (Vec::with_capacity(running.len()), Vec::new());
        for thread in running {
            match thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                Ok((scan, worker)) => {
                    all.add(scan);
                    done.push(worker);
                }
                Err(error) => errors.push(error),
            }
        }
        // Blocks are taken in order and each is worked through, so the first error in the file is among these, on
        // any number of threads; the reader's own lies behind them.
        match errors.into_iter().min_by_key(|(line, _)| *line) {
            Some((_, error)) => Err(error),
            None => outcome.map(|()| (all, done)),
        }
    })
}

impl Scan {
    fn add(&mut self, other: Scan) {
        self.rows += other.rows;
        self.effects.absorb(&other.effects);
        self.oddities.add(&other.oddities);
        match (&mut self.fingerprints, other.fingerprints) {
            (Some(fingerprints), Some(others)) => fingerprints.absorb(others),
            (fingerprints, others) => *fingerprints = fingerprints.take().or(others),
        }
    }

    /// How many records are an earlier one again, as far as their hashes tell.
    pub(super) fn repeated(&mut self) -> io::Result<u64> {
        let Some(fingerprints) = &mut self.fingerprints else { return Ok(0) };
        Ok(fingerprints.repeats(self.threads)?.iter().map(|(_, times)| times).sum())
    }
}

fn next_of(receive: &Mutex<Receiver<Block>>) -> Option<Block> {
    receive.lock().ok()?.recv().ok()
}
