//! Going through a table's rows, in order or on several threads.
//!
//! One thread reads and cuts the text into blocks of whole records; the rows of a block are always looked at by
//! one worker, in order. What a worker collects must not depend on which blocks it got.

use super::row::CheckResult;
use super::rows::{RowReader, Visit};
use crate::registry::source::{Block, CSV_BLOCK, TableReader};
use crate::registry::{Progress, RegistryError};
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

/// Goes through a table's rows in the source's order; returns how many there are.
pub(in crate::registry) fn in_order(
    reader: &mut dyn TableReader,
    progress: &dyn Progress,
    visit: &mut Visit<'_>,
) -> Result<u64, RegistryError> {
    let layout = reader.layout().clone();
    let mut row_reader = RowReader::new(&layout);
    let (mut rows, mut seen) = (0, 0);
    reader.for_each_block(&mut |block, read| {
        rows += row_reader.for_each_row(&block, visit)?;
        progress.advance(read - seen);
        seen = read;
        Ok(Some(block))
    })?;
    Ok(rows)
}

/// Goes through a table's rows on as many threads as there are workers, which come back when all is read, with
/// the number of rows.
pub(super) fn on_threads<W: Send>(
    reader: &mut dyn TableReader,
    progress: &dyn Progress,
    mut workers: Vec<W>,
    visit: &(dyn Fn(&mut W, CheckResult<'_>) -> Result<(), RegistryError> + Sync),
) -> Result<(u64, Vec<W>), RegistryError> {
    if let [worker] = workers.as_mut_slice() {
        let rows = in_order(reader, progress, &mut |row| visit(worker, row))?;
        return Ok((rows, workers));
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
                let mut row_reader = RowReader::new(layout);
                let (mut rows, mut at) = (0, 0);
                while let Some(block) = next_of(&receive) {
                    let visit = &mut |row: CheckResult<'_>| {
                        at = row.as_ref().map_or_else(|row| row.line, |row| row.line);
                        visit(&mut worker, row)
                    };
                    rows += row_reader.for_each_row(&block, visit).map_err(|error| {
                        failed.store(true, Ordering::Relaxed);
                        (at, error)
                    })?;
                    // A block that nobody wants back is freed.
                    let _ = give_back.try_send(block);
                }
                Ok((rows, worker))
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
        let (mut rows, mut done, mut errors) = (0, Vec::with_capacity(running.len()), Vec::new());
        for thread in running {
            match thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                Ok((count, worker)) => {
                    rows += count;
                    done.push(worker);
                }
                Err(error) => errors.push(error),
            }
        }
        // Blocks are taken in order and each is worked through, so the first error in the file is among these, on
        // any number of threads; the reader's own lies behind them.
        match errors.into_iter().min_by_key(|(line, _)| *line) {
            Some((_, error)) => Err(error),
            None => outcome.map(|()| (rows, done)),
        }
    })
}

fn next_of(receive: &Mutex<Receiver<Block>>) -> Option<Block> {
    receive.lock().ok()?.recv().ok()
}
