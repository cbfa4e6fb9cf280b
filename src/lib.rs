//! Makes the monthly public-health data sharing files of an immunization registry.
//!
//! Data flows one way. `registry` reads an export and checks its rows. `filter` decides, for each immunization fact,
//! whether it is shared. `writer` lays out the files, and `assembly` puts them together to a batch, the folder of one
//! month. `batch` says what a batch looks like. `work` is the database that keeps an export between the stages.
//! `verify`, `compare`, `report` and `gate` look at batches. `cli` is the only layer that prints.
//!
//! ARCHITECTURE.md shows all modules, what each may know, and where to put something new.

pub mod assembly;
pub mod batch;
pub mod calendar;
pub mod cleanup;
pub mod cli;
mod clock;
pub mod compare;
pub mod counties;
pub mod dictionary;
pub mod elements;
pub mod explain;
pub mod extract;
pub mod filter;
pub mod gate;
mod html;
pub mod list;
pub mod package;
mod parallel;
mod plain_file;
pub mod policy;
pub mod registry;
pub mod report;
pub mod schedule;
pub mod settings;
pub mod spill;
pub mod summary;
pub mod synth;
pub mod value;
pub mod verify;
pub mod work;
pub mod writer;
