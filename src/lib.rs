//! Makes the monthly public-health data sharing files of an immunization registry.
//!
//! Data flows one way: `registry` reads and checks an export, `filter` decides which immunization facts are
//! shared, `writer` makes the files. `extract` joins the first two in memory, `batch` keeps an export between the
//! stages in a database, `published` reads batches back, `verify` checks one, `compare` two,
//! `report` shows one, `gate` says which must not be published without a look, `inputs` what one was made from,
//! `calendar` knows when one is due, `clock` what day it is, `schedule` words what has it made then, `cleanup` removes
//! what is unfinished when the process ends, and `cli` is the only layer that prints. `elements` is the table of the 26 columns,
//! `policy` the rules' settings.

pub mod batch;
pub mod calendar;
pub mod cleanup;
pub mod cli;
mod clock;
pub mod compare;
pub mod elements;
pub mod explain;
pub mod extract;
pub mod filter;
pub mod gate;
mod parallel;
pub mod policy;
pub mod registry;
pub mod report;
pub mod schedule;
pub mod spill;
pub mod synth;
pub mod value;
pub mod verify;
pub mod work;
pub mod writer;
