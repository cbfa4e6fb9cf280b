//! Whether a batch, a recipient's package or a single file is sound: as phds would have written it, and unchanged since.
//!
//! Knows the batch only by its files. Never prints, and keeps no value of a row: a fault is a place and a code.

mod batch;
mod checksums;
mod fault;
mod file;
mod package;
mod row;

pub use fault::{Fault, FaultCode, Findings};

use crate::batch::{BatchError, Links, Manifest, columns_beside, names};
use crate::elements::Element;
use crate::policy::Policy;
use crate::registry::Field;
use crate::spill::Spill;
use fault::Faults;
use std::num::NonZeroUsize;
use std::path::Path;

/// How a batch is verified.
#[derive(Clone, Copy, Debug)]
pub struct VerifySettings<'a> {
    /// The policy it was made under, if that is to be held against it too.
    pub policy: Option<&'a Policy>,
    /// The most faults that are kept. All are counted.
    pub limit: usize,
    /// How many threads look at files. The findings are the same for any number.
    pub threads: NonZeroUsize,
    /// Where what outgrows memory goes.
    pub spill: &'a Spill,
    /// The elements that a column may hold.
    pub elements: &'static [Element],
}

/// Why it could not be told whether a batch is sound.
#[derive(thiserror::Error, Debug)]
pub enum VerifyError {
    /// It is not there, or may not be read.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Temporary files cannot be written or read back. What goes wrong with any other file is a `BatchError`.
    #[error("temporary files: {0}")]
    Spill(#[from] std::io::Error),
}

/// Takes what it needs of a recipient's file while that is verified, so that rows are read once.
///
/// What it has taken counts only if the batch is found sound: until then, a row may be anybody's.
pub trait RowReader: Send {
    /// A row that has all its columns and ids. The fields lie in `text`.
    fn row(&mut self, line: u64, text: &[u8], fields: &[Field]);

    /// There are no more rows.
    fn end(&mut self);
}

/// For those who only verify.
impl RowReader for () {
    fn row(&mut self, _line: u64, _text: &[u8], _fields: &[Field]) {}

    fn end(&mut self) {}
}

/// For files of which nothing is taken.
impl<R: RowReader> RowReader for Option<R> {
    fn row(&mut self, line: u64, text: &[u8], fields: &[Field]) {
        if let Some(reader) = self {
            reader.row(line, text, fields);
        }
    }

    fn end(&mut self) {
        if let Some(reader) = self {
            reader.end();
        }
    }
}

/// Verifies a batch, and lets readers see the rows of its recipients' files meanwhile. `reader_of`: for the path of a file in
/// the batch and the elements of its columns, what reads it. Also returns the readers, in the order of the paths.
///
/// # Errors
/// If the batch is not there, or cannot be read.
pub fn verify_reading<R: RowReader>(
    batch: &Path,
    settings: VerifySettings<'_>,
    reader_of: impl Fn(&str, &[&'static Element]) -> R + Sync,
) -> Result<(Findings, Vec<R>), VerifyError> {
    batch::verify_batch(batch, settings, reader_of)
}

/// Verifies a batch or a package, if `path` is a folder, else a single file.
///
/// # Errors
/// If it is not there, or cannot be read.
pub fn verify(path: &Path, settings: VerifySettings<'_>) -> Result<Findings, VerifyError> {
    let found = std::fs::metadata(path);
    if found.map_err(|source| BatchError::unavailable(path, source))?.is_dir() {
        return match package::is_package(path) {
            true => package::verify_package(path, settings),
            false => batch::verify_batch(path, settings, |_, _| ()).map(|(findings, _)| findings),
        };
    }
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    if names::stem_of(path).is_none() {
        let mut faults = Faults::new(settings.limit);
        // What goes with a recipient's file has no rows to look at.
        if checksums::names(path, &name) {
            checksums::check_single(path, &name, &mut faults)?;
            return Ok(Findings { files: 1, ..faults.into_findings() });
        }
    }
    let expected = file::Expected::of_single(path, settings);
    let mut checked = file::check(path, Links::Followed, &name, &expected, settings, &mut ())?;
    let not_in_list = checksums::check_single(path, &name, &mut checked.faults)?;
    Ok(Findings { files: 1, rows: checked.rows, not_in_list, ..checked.faults.into_findings() })
}

/// The columns that the files of a batch must have, by their names in the header.
type Columns = Vec<(String, &'static Element)>;

/// The columns by the data dictionary of a batch; none without one, or if it is not one that phds could have written.
/// Elements that were added when there were batches already may be missing.
fn columns_of(folder: &Path, elements: &'static [Element]) -> Option<Columns> {
    let mut listed = columns_beside(folder, elements)?.into_iter().peekable();
    let mut columns = Vec::new();
    for element in elements {
        match listed.next_if(|column| column.element == Some(element)) {
            Some(column) => columns.push((column.name, element)),
            None if element.added_later => {}
            None => return None,
        }
    }
    listed.next().is_none().then_some(columns)
}

/// Whether a folder looks like a batch: it has a manifest, whatever is in it.
pub(super) fn manifest_of(folder: &Path) -> Result<Result<Manifest, Fault>, BatchError> {
    match Manifest::of_batch(folder) {
        Ok(manifest) => Ok(Ok(manifest)),
        Err(BatchError::Damaged { line, .. }) => {
            Ok(Err(Fault::at_line(names::MANIFEST, line as u64, FaultCode::NotAsWritten)))
        }
        // It is there, and not what could be a manifest.
        Err(BatchError::Unavailable { path, source })
            if path != folder && source.kind() == std::io::ErrorKind::InvalidInput =>
        {
            Ok(Err(Fault::of_file(names::MANIFEST, FaultCode::NotAsWritten)))
        }
        Err(error) => Err(error),
    }
}
