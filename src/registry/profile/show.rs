//! A profile to start from, and what a profile says.

/// A profile with every key there is, and what each is for.
pub const SAMPLE: &str = include_str!("sample.toml");
