//! Shares a list of work between several threads.
//!
//! Results must not depend on the number of threads.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Does `work` on this thread, and on as many more as are wanted and can be had; returns what each came to.
///
/// # Errors
/// If one of them fails: the error of any that did.
pub(crate) fn on_threads<T: Send, E: Send>(
    threads: usize,
    work: impl Fn() -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    std::thread::scope(|scope| {
        let more: Vec<_> =
            (1..threads).map_while(|_| std::thread::Builder::new().spawn_scoped(scope, &work).ok()).collect();
        let mut done = vec![work()];
        for thread in more {
            done.push(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done.into_iter().collect()
    })
}

/// Does `work` on each item, each thread taking the next; returns what came of them, in their order.
///
/// # Errors
/// If one fails: the error of the first item, in their order, that was found to fail.
pub(crate) fn for_each<I: Sync, T: Send, E: Send>(
    items: &[I],
    threads: NonZeroUsize,
    work: impl Fn(&I) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let shares = on_threads(threads.get().min(items.len()), || {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(place) else { return Ok::<_, E>(done) };
            let result = work(item);
            let failed = result.is_err();
            done.push((place, result));
            if failed {
                // Whoever comes next finds nothing to do.
                next.store(items.len(), Ordering::Relaxed);
            }
        }
    })?;
    let mut all: Vec<_> = shares.into_iter().flatten().collect();
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, result)| result).collect()
}

/// Makes something of each part of a range of numbers, on so many threads; returns what came of the parts, in their order.
pub(crate) fn for_each_part<T: Send>(
    count: u32,
    threads: NonZeroUsize,
    work: impl Fn(Range<u32>) -> T + Sync,
) -> Vec<T> {
    let part = (count as usize).div_ceil(threads.get()).max(WORTH_A_THREAD);
    let starts = (0..count).step_by(part);
    let parts: Vec<Range<u32>> =
        starts.map(|start| start..count.min(start.saturating_add(part as u32))).collect();
    let done = for_each(&parts, threads, |part| Ok::<_, Infallible>(work(part.clone())));
    done.unwrap_or_else(|never| match never {})
}

/// Does `work` on all items at the same time: on the first on this thread, on each other on one of its own. An item for which no
/// thread can be had is left as it is.
pub(crate) fn beside_each_other<I: Send>(items: impl IntoIterator<Item = I>, work: impl Fn(I) + Sync) {
    let work = &work;
    std::thread::scope(|scope| {
        let mut items = items.into_iter();
        let own = items.next();
        for item in items {
            let _ = std::thread::Builder::new().spawn_scoped(scope, move || work(item));
        }
        own.into_iter().for_each(work);
    });
}

/// Does two things at the same time, if more than one thread is wanted and can be had; else one after the other.
pub(crate) fn both<A: Send, B>(
    threads: NonZeroUsize,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B,
) -> (A, B) {
    if threads == NonZeroUsize::MIN {
        return (one(), other());
    }
    let one = Mutex::new(Some(one));
    let take = || one.lock().unwrap_or_else(PoisonError::into_inner).take();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || take().map(|one| one())).ok();
        let other = other();
        let done =
            thread.and_then(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        let done = done.or_else(|| take().map(|one| one()));
        (done.unwrap_or_else(|| unreachable!("whoever took it has done it")), other)
    })
}

/// Fewer items than this are done with before a thread is there to do it.
const WORTH_A_THREAD: usize = 1 << 13;

/// Makes one list, in the order of a key, of several, each of which is sorted on a thread of its own.
pub(crate) fn sorted<T: Send, K: Ord>(mut lists: Vec<Vec<T>>, key: impl Fn(&T) -> K + Sync) -> Vec<T> {
    // What is in order already, as it often is, is found to be.
    let sort = |list: &mut Vec<T>| list.sort_by_key(&key);
    let count: usize = lists.iter().map(Vec::len).sum();
    if count > WORTH_A_THREAD {
        beside_each_other(&mut lists, sort);
    }
    // If there was no thread for one.
    lists.iter_mut().for_each(sort);
    while lists.len() > 1 {
        let mut rest = lists.into_iter();
        let pairs = std::iter::from_fn(|| rest.next().map(|one| (one, rest.next())));
        lists = pairs.map(|(one, other)| merged(one, other.unwrap_or_default(), &key)).collect();
    }
    lists.pop().unwrap_or_default()
}

/// Makes one list of two that are in the order of a key.
fn merged<T, K: Ord>(one: Vec<T>, other: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut all = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one.into_iter().peekable(), other.into_iter().peekable());
    while let (Some(a), Some(b)) = (one.peek(), other.peek()) {
        let next = if key(b) < key(a) { &mut other } else { &mut one };
        all.extend(next.next());
    }
    all.extend(one);
    all.extend(other);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_up_the_whole() {
        for count in [0, 1, 8192, 8193, 100_000] {
            for threads in [1, 2, 7] {
                let parts =
                    for_each_part(count, NonZeroUsize::new(threads).unwrap(), Iterator::collect::<Vec<_>>);
                assert!(parts.concat().into_iter().eq(0..count), "{count} on {threads}");
            }
        }
    }

    #[test]
    fn sorts_any_number_of_lists() {
        for length in [0, 1, 1000, 50_000] {
            let items: Vec<u64> =
                (0..length).map(|n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50).collect();
            let mut expect = items.clone();
            expect.sort_unstable();
            for count in [1, 2, 7] {
                let part = items.len().div_ceil(count).max(1);
                let lists = items.chunks(part).map(<[u64]>::to_vec).collect();
                assert!(sorted(lists, |item| *item) == expect, "{length} in {count}");
            }
        }
    }

    #[test]
    fn results_come_in_the_items_order() {
        let items: Vec<u32> = (0..500).collect();
        for threads in [1, 2, 7] {
            let threads = NonZeroUsize::new(threads).unwrap();
            let doubled = for_each(&items, threads, |item| Ok::<_, ()>(item * 2));
            assert_eq!(doubled, Ok(items.iter().map(|item| item * 2).collect()));
            assert_eq!(
                for_each(&items, threads, |item| if *item < 3 { Ok(()) } else { Err("too many") }),
                Err("too many")
            );
            assert_eq!(for_each(&[] as &[u32], threads, |_| Ok::<_, ()>(())), Ok(vec![]));
        }
    }
}
