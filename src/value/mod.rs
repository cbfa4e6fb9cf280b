//! The small values everything else is made of: calendar days, ids, cleaned text, and numbers as people read them.
//!
//! These read bytes and never panic: what cannot be read is `None`, and the caller, who knows the file, line and column,
//! says so. They must never hold on to the text of a row.

mod age_bands;
mod day;
mod id;
pub mod name;
mod number;
mod shown;
pub(crate) mod spoilt;
pub mod text;

pub use age_bands::{AgeBands, MOST_BANDS};
pub use day::{Day, Month, REGISTRY_YEARS};
pub(crate) use day::{day, number_of};
pub use id::{parse_id, without_decimal_tail};
pub use number::{PerCent, Percentage, grouped, total};
pub use shown::{PrintableName, shown};

/// The variants of an enum as an array, so that others can be as long.
pub(crate) const fn all_of<T: Copy, const N: usize>(variants: &[T]) -> [T; N] {
    *variants.first_chunk().expect("as many as there are")
}
