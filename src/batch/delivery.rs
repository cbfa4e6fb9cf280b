//! A recipient's package: what is delivered of a batch to one recipient.

use super::FileEntry;
use crate::value::Day;

/// Whose package it is, and of which batch.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The recipient's name.
    pub recipient: &'a str,
    /// The day as of which the batch was made.
    pub as_of: Day,
    /// The recipient's file.
    pub file: &'a FileEntry,
}
