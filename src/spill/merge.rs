//! Sorted runs read as one.

use super::Storable;
use super::run::{Run, Values};
use super::sort::sort;
use std::io;
use std::num::NonZeroUsize;

/// The values of several runs, in their order.
///
/// They are taken some thousand at a time: of each run the next ones, up to a value that no run has left behind. Together they
/// are sorted once more, which is faster than to look for the next value again and again.
pub struct Merge<'a, T> {
    runs: Vec<Values<'a, T>>,
    /// Values that come before any that is left in the runs, with how many of them were handed out.
    sorted: Vec<T>,
    handed_out: usize,
    spare: Vec<T>,
}

/// So many values are taken at a time, at most,
const AT_A_TIME: usize = 8192;

/// but of each run that has them at least so many.
const LEAST_OF_A_RUN: usize = 16;

/// So many values of each run tell where to part them.
const SAMPLES: usize = 64;

impl<'a, T: Storable + Ord> Merge<'a, T> {
    pub(super) fn of(runs: &'a [Run<T>]) -> Merge<'a, T> {
        Merge::of_values(runs.iter().map(Run::values).collect())
    }

    /// In so many parts, each of which can be read by itself: what is in one comes before what is in the next. There is one part
    /// if a run is on disk.
    pub(super) fn in_parts(runs: &'a [Run<T>], parts: NonZeroUsize) -> Vec<Merge<'a, T>> {
        let Some(mut runs) = runs.iter().map(Run::in_memory).collect::<Option<Vec<_>>>() else {
            return vec![Merge::of(runs)];
        };
        let samples = runs.iter().flat_map(|run| run.iter().step_by(run.len().div_ceil(SAMPLES).max(1)));
        let mut samples: Vec<T> = samples.copied().collect();
        samples.sort_unstable();
        let bounds = (1..parts.get()).filter_map(|part| samples.get(part * samples.len() / parts));
        let mut merges: Vec<Merge<'a, T>> = Vec::with_capacity(parts.get());
        for bound in bounds {
            let before = runs.iter_mut().map(|run| {
                let (before, rest) = run.split_at(run.partition_point(|value| value < bound));
                *run = rest;
                before
            });
            merges.push(Merge::of_values(before.map(Values::Memory).collect()));
        }
        merges.push(Merge::of_values(runs.into_iter().map(Values::Memory).collect()));
        merges
    }

    fn of_values(runs: Vec<Values<'a, T>>) -> Merge<'a, T> {
        Merge { runs, sorted: Vec::new(), handed_out: 0, spare: Vec::new() }
    }

    /// Takes the next values from the runs, where those that were taken are all handed out.
    fn refill(&mut self) -> io::Result<()> {
        self.sorted.clear();
        self.handed_out = 0;
        let count = (AT_A_TIME / self.runs.len().max(1)).max(LEAST_OF_A_RUN);
        let mut bound = None;
        for run in &mut self.runs {
            if let Some(last) = run.next(count)?.get(count - 1) {
                bound = Some(bound.map_or(*last, |bound: T| bound.min(*last)));
            }
        }
        for run in &mut self.runs {
            let next = run.next(count)?;
            let taken = bound.map_or(next.len(), |bound| next.partition_point(|value| *value <= bound));
            run.take(taken, &mut self.sorted);
        }
        sort(&mut self.sorted, &mut self.spare);
        Ok(())
    }

    /// The values that come more than once, each with how often it comes again.
    pub(super) fn repeats(&mut self) -> io::Result<Vec<(T, u64)>> {
        let mut repeats: Vec<(T, u64)> = Vec::new();
        let mut before = None;
        while let Some(value) = self.take()? {
            if before == Some(value) {
                match repeats.last_mut() {
                    Some((last, times)) if *last == value => *times += 1,
                    _ => repeats.push((value, 1)),
                }
            }
            before = Some(value);
        }
        Ok(repeats)
    }

    fn take(&mut self) -> io::Result<Option<T>> {
        if self.handed_out == self.sorted.len() {
            self.refill()?;
        }
        let next = self.sorted.get(self.handed_out).copied();
        self.handed_out += usize::from(next.is_some());
        Ok(next)
    }
}

impl<T: Storable + Ord> Iterator for Merge<'_, T> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<io::Result<T>> {
        self.take().transpose()
    }
}
