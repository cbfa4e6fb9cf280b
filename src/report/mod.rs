//! The report on a batch: one page that a manager can read, of counts only.
//!
//! What it counts is gathered while the batch is written and kept beside the page, so that the page can be made again
//! without reading the batch. Nothing of a row is in it but codes of public lists; it never looks at the clock.

mod cvx;
mod page;
mod svg;
mod words;

pub use cvx::{CvxCodes, CvxError};
pub use page::{Report, page, signs_of_bad_data};
