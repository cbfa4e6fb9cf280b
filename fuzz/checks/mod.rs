//! What is fuzzed: for each target, a function that takes any bytes and panics if something is wrong.
//!
//! Both the fuzzer's targets and an ordinary test of the main package call these. They go through the library's public
//! interface only, so that nothing has to be public for them.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)] // Each that includes it uses a part of it.

pub mod archive;
pub mod export;
pub mod extracted;
#[cfg(feature = "parquet")]
pub mod parquet_file;
pub mod policy;
pub mod profile;
pub mod published;
pub mod seeds;
pub mod split;
pub mod sqlite;

/// A target's body.
pub type Check = fn(&[u8]);

/// Every target, by name.
pub const TARGETS: &[(&str, Check)] = &[
    ("split", split::check),
    ("export", export::check),
    ("blocks", export::check_in_blocks),
    ("archive", archive::check),
    ("policy", policy::check),
    ("profile", profile::check),
    ("published", published::check),
    ("sqlite", sqlite::check),
    #[cfg(feature = "parquet")]
    ("parquet", parquet_file::check),
];

/// Stands in every seed where a person's value would. It must never be seen in a message.
pub const CANARY: &str = "Qzxv";
