//! The recipients' files: which there are, and their rows, written on several threads.

use super::counter::{Birthdays, Counter, WholeExport};
use super::lanes::{Lanes, Share};
use super::packages::Packages;
use super::rows::{RowTexts, RowWriter, header};
use super::staging::Written;
use super::{Contents, Staging, WriteError, file_names};
use crate::batch::{FileEntry, Tally};
use crate::extract::{InOrder, Selection};
use crate::filter::{Recipient, Route, Routing, ShareableFact};
use crate::parallel::{both, for_each, on_threads};
use crate::registry::{Table, tables};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// So many facts are laid out at a time: few enough that all of them are still in the processor's cache when they are written
/// and hashed;
const USUAL_BATCH: usize = 8192;

/// but so many for each file that its share of the rows is worth a write,
const OF_A_FILE: usize = 128;

/// up to so many.
const LARGEST_BATCH: usize = 32768;

/// With many threads it is fewer, so that all that is laid out at once does not grow with them;
const MOST_AT_ONCE: usize = 8 * LARGEST_BATCH;

/// but not so few that more time goes to waiting for turns than to rows.
const SMALLEST_BATCH: usize = 2048;

/// What a fact takes while it is laid out: itself and its row, with room to grow.
const LAID_OUT: usize = 450;

/// How many facts each of so many threads lays out at most at a time.
fn largest_batch(threads: NonZeroUsize) -> usize {
    (MOST_AT_ONCE / threads).clamp(SMALLEST_BATCH, LARGEST_BATCH)
}

/// How many facts each of so many threads lays out at a time for so many files.
fn batch_size(threads: NonZeroUsize, files: usize) -> usize {
    files.saturating_mul(OF_A_FILE).max(USUAL_BATCH).min(largest_batch(threads))
}

/// What so many threads take at most for the facts that they lay out, about.
pub(crate) fn writing_memory(threads: NonZeroUsize) -> usize {
    threads.get().saturating_mul(largest_batch(threads) * LAID_OUT)
}

/// Of so many facts the texts are looked at ahead: few enough to be near still when their rows are laid out.
const LOOKED_AT: usize = 64;

/// As many files stay open while they are written; a process may have about a thousand.
const MOST_OPEN: usize = 400;

/// So many threads for each core wait for the disk.
const WAITING: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3);

/// A recipient with at least one row.
struct Receiver<'a> {
    recipient: &'a Recipient,
    rows: u64,
    file_name: String,
}

/// Writes one file, with its package, for each recipient with at least one row; returns the files in the order of their names, and what was
/// counted on the way.
pub(super) fn write_recipient_files(
    contents: &Contents<'_>,
    staging: &Staging,
) -> Result<(Vec<FileEntry>, Tally), WriteError> {
    let (receivers, place_of) = receivers(contents)?;
    let header = header(contents.policy);
    let stays_open = receivers.len() <= MOST_OPEN;
    let mut drafts = Vec::with_capacity(receivers.len());
    for Receiver { file_name, .. } in &receivers {
        let mut draft = staging.draft(file_name, stays_open)?;
        draft.write_all(&header).map_err(|e| staging.failed(file_name, e))?;
        drafts.push(draft);
    }
    let lanes = Lanes::new(drafts);
    let texts = RowTexts::new(contents.policy, contents.reference, contents.selection);
    let size = batch_size(contents.threads, receivers.len());
    let queue = Queue::new(contents.selection, size);
    let birthdays = Birthdays::new(contents.reference, contents.selection);
    let work = || {
        let mut rows = RowWriter::new(&texts);
        let mut counter = Counter::new(contents.policy, contents.reference, contents.selection, &birthdays);
        let mut facts = Vec::with_capacity(size);
        let mut shares = vec![Share::default(); receivers.len()];
        lanes.work(|| {
            while let Some((batch, parted_behind)) = queue.take(&mut facts).map_err(WriteError::Spill)? {
                counter.begin_batch(parted_behind);
                for facts in facts.chunks(LOOKED_AT) {
                    rows.look_ahead(facts);
                    for fact in facts {
                        counter.count(fact);
                        share_out(fact, contents.routing, &place_of, &mut rows, &mut shares);
                    }
                }
                let appended = lanes.append(batch, &shares);
                if !appended.map_err(|(place, e)| staging.failed(&receivers[place].file_name, e))? {
                    return Ok(None);
                }
                shares.iter_mut().for_each(Share::clear);
            }
            counter.end();
            Ok(Some(counter))
        })
    };
    let Contents { policy, reference, selection, as_of, threads, .. } = *contents;
    let (counters, whole) =
        both(threads, || on_threads(threads.get(), work), || WholeExport::look_at(reference, as_of));
    let counters = counters?.into_iter().flatten().collect();
    let clients = queue.clients();
    // The files are waited for meanwhile.
    let (files, tally) = both(
        threads,
        || finish(receivers, lanes, contents, staging),
        || Counter::tally(counters, clients, &birthdays, policy, reference, selection, whole),
    );
    Ok((files?, tally))
}

/// The files that would be written, without their lengths and hashes, and what would be counted on the way.
pub(super) fn preview_recipient_files(
    contents: &Contents<'_>,
) -> Result<(Vec<FileEntry>, Tally), WriteError> {
    let (receivers, _) = receivers(contents)?;
    let Contents { policy, reference, selection, as_of, threads, .. } = *contents;
    let birthdays = Birthdays::new(reference, selection);
    let queue = Queue::new(selection, SMALLEST_BATCH);
    let count = || {
        let mut counter = Counter::new(policy, reference, selection, &birthdays);
        let mut facts = Vec::with_capacity(SMALLEST_BATCH);
        while let Some((_, parted_behind)) = queue.take(&mut facts).map_err(WriteError::Spill)? {
            counter.begin_batch(parted_behind);
            facts.iter().for_each(|fact| counter.count(fact));
        }
        counter.end();
        Ok(counter)
    };
    let (counters, whole) =
        both(threads, || on_threads(threads.get(), count), || WholeExport::look_at(reference, as_of));
    let tally = Counter::tally(counters?, queue.clients(), &birthdays, policy, reference, selection, whole);
    let mut files: Vec<_> = receivers
        .into_iter()
        .map(|Receiver { recipient, rows, file_name }| FileEntry {
            path: file_name,
            recipient: recipient.name.clone(),
            rows,
            bytes: 0,
            sha256: String::new(),
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((files, tally))
}

/// The recipients with at least one row, and, for each recipient, its place among them.
fn receivers<'a>(contents: &Contents<'a>) -> Result<(Vec<Receiver<'a>>, Vec<usize>), WriteError> {
    let recipients = contents.routing.recipients();
    let mut rows_of = vec![0; recipients.len()];
    for organization in 0..contents.reference.organizations.len() as u32 {
        if let Route::To(places) = contents.routing.route(Some(organization)) {
            let rows = contents.selection.of_organization(organization);
            places.iter().for_each(|recipient| rows_of[*recipient as usize] += rows);
        }
    }
    let with_rows: Vec<_> = recipients.iter().zip(&rows_of).filter(|(_, rows)| **rows > 0).collect();
    let names = with_rows.iter().map(|(recipient, _)| *recipient);
    let names = file_names::file_names(
        names,
        &source_of_names(contents),
        contents.as_of.month(),
        contents.policy.excel_copy,
    )?;
    let place_of = rows_of.iter().scan(0, |next, rows| {
        let place = *next;
        *next += usize::from(*rows > 0);
        Some(place)
    });
    let receivers = with_rows.into_iter().zip(names);
    let receivers =
        receivers.map(|((recipient, rows), file_name)| Receiver { recipient, rows: *rows, file_name });
    Ok((receivers.collect(), place_of.collect()))
}

/// Lays out a fact's row, once, for every recipient of it.
fn share_out(
    fact: &ShareableFact,
    routing: &Routing,
    place_of: &[usize],
    rows: &mut RowWriter<'_>,
    shares: &mut [Share],
) {
    let Route::To([first, others @ ..]) = routing.route(Some(fact.organization)) else { return };
    let first = place_of[*first as usize];
    let start = shares[first].text.len();
    rows.push_row(fact, &mut shares[first].text);
    shares[first].rows += 1;
    for other in others {
        let Ok([from, to]) = shares.get_disjoint_mut([first, place_of[*other as usize]]) else {
            unreachable!("a route names each recipient once")
        };
        to.text.extend_from_slice(&from.text[start..]);
        to.rows += 1;
    }
}

/// The facts, from which every thread takes the next batch when it has done with one.
struct Queue<'a> {
    facts: Mutex<Facts<'a>>,
    /// How many make a batch.
    size: usize,
}

struct Facts<'a> {
    in_order: InOrder<'a>,
    /// How many batches were taken.
    batches: u64,
    /// If the next batch goes on with the client of the last: the facts of the day behind which that client's were parted.
    parted_behind: Option<Vec<ShareableFact>>,
}

impl<'a> Queue<'a> {
    fn new(selection: &'a Selection, size: usize) -> Queue<'a> {
        let in_order = selection.in_order();
        Queue { facts: Mutex::new(Facts { in_order, batches: 0, parted_behind: None }), size }
    }

    /// Takes the next batch; returns its number, or none at the end. If it goes on with the client of the batch before, the
    /// facts of that client's day before come with it.
    fn take(&self, batch: &mut Vec<ShareableFact>) -> io::Result<Option<(u64, Option<Vec<ShareableFact>>)>> {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.in_order.next_batch(self.size, batch)?;
        let Some(last) = batch.last() else { return Ok(None) };
        let next_parted = (facts.in_order.next_client() == Some(last.client)).then(|| {
            let of_day = |fact: &&ShareableFact| (fact.client, fact.date) == (last.client, last.date);
            let mut day: Vec<_> = batch.iter().rev().take_while(of_day).copied().collect();
            day.reverse();
            day
        });
        let taken = (facts.batches, std::mem::replace(&mut facts.parted_behind, next_parted));
        facts.batches += 1;
        Ok(Some(taken))
    }

    /// How many different clients the facts are of that were taken.
    fn clients(&self) -> u64 {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).in_order.clients()
    }
}

/// Brings the files down to the disk, and makes the package of each while others are waited for.
fn finish(
    receivers: Vec<Receiver<'_>>,
    lanes: Lanes,
    contents: &Contents<'_>,
    staging: &Staging,
) -> Result<Vec<FileEntry>, WriteError> {
    let Contents { policy, as_of, threads, .. } = *contents;
    if receivers.is_empty() {
        return Ok(Vec::new());
    }
    let packages = Packages::begin(policy, as_of, staging)?;
    let drafts: Vec<_> =
        receivers.into_iter().zip(lanes.into_drafts()).map(|done| Mutex::new(Some(done))).collect();
    // Waiting for the disk is no work: it is waited for in several places at once.
    let files = for_each(&drafts, threads.saturating_mul(WAITING), |draft| {
        let done = draft.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((receiver, (draft, rows))) = done else { return Ok(None) };
        if rows != receiver.rows {
            return Err(WriteError::Spill(lost_rows()));
        }
        let Written { path, bytes, sha256 } = staging.finish(&receiver.file_name, draft)?;
        let recipient = receiver.recipient.name.clone();
        let file = FileEntry { path, recipient, rows, bytes, sha256 };
        packages.write(&file)?;
        Ok(Some(file))
    })?;
    let mut files: Vec<_> = files.into_iter().flatten().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// What was counted when facts were chosen must be there when they are written, wherever they lay in between.
fn lost_rows() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a file has other rows than were chosen for it")
}

/// Without a `recipients` table, each organization's responsible entity is a recipient.
fn source_of_names(contents: &Contents<'_>) -> file_names::Source {
    let (table, column) = match contents.reference.recipients {
        Some(_) => (Table::Recipients, tables::recipients::RECIPIENT),
        None => (Table::Organizations, tables::organizations::RESPONSIBLE_ENTITY),
    };
    let file = contents.intake.table(table).map_or_else(|| table.name().into(), |read| read.file.clone());
    file_names::Source { file, column: table.column_name(column) }
}
