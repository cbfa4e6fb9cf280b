//! The one place where a panic of the `parquet` crate is caught.
//!
//! The crate trusts many of the numbers in a file, and panics where one leads it out of bounds: a file with a flipped bit
//! would end the program as a fault of its own. That no number makes it take too much memory, which could not be caught,
//! is looked at before (`thrift`, `pages`).

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// The crate panicked. What it said is left out: it may hold a value of a row.
#[derive(Debug)]
pub(super) struct Panicked;

/// Does something with the crate. What it works on must not be used again after a panic.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    let before = IS_CAUGHT.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(before);
    done.map_err(|_| Panicked)
}

/// Whether a panic of this thread will be caught and become an error of the export's, so that there is nothing to report.
pub(crate) fn panic_is_caught() -> bool {
    IS_CAUGHT.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catches_panics() {
        assert!(guarded(panic_is_caught).unwrap());
        let nothing: [u8; 0] = [];
        assert!(guarded(|| nothing[std::hint::black_box(3)]).is_err());
        assert!(!panic_is_caught());
    }
}
