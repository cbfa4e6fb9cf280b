//! Sorted runs read as one.

use super::Storable;
use super::run::{Run, Values};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io;

/// The values of several runs, in their order.
pub struct Merge<'a, T> {
    runs: Vec<Values<'a, T>>,
    /// The next value of each run that has one.
    heads: BinaryHeap<Reverse<(T, usize)>>,
}

impl<'a, T: Storable + Ord> Merge<'a, T> {
    pub(super) fn of(runs: &'a [Run<T>]) -> io::Result<Merge<'a, T>> {
        let mut runs: Vec<_> = runs.iter().map(Run::values).collect();
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (place, run) in runs.iter_mut().enumerate() {
            heads.extend(run.next()?.map(|value| Reverse((value, place))));
        }
        Ok(Merge { runs, heads })
    }

    fn take(&mut self) -> io::Result<Option<T>> {
        let Some(mut head) = self.heads.peek_mut() else { return Ok(None) };
        let Reverse((value, place)) = *head;
        match self.runs[place].next()? {
            // Put in place of the one before, it sinks no deeper than it must.
            Some(next) => *head = Reverse((next, place)),
            None => drop(PeekMut::pop(head)),
        }
        Ok(Some(value))
    }
}

impl<T: Storable + Ord> Iterator for Merge<'_, T> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<io::Result<T>> {
        self.take().transpose()
    }
}
