//! `phds verify`: whether a batch, a recipient's package or a single file is sound.

use super::CommandResult;
use super::failure::Failure;
use super::terminal::{Terminal, printable};
use super::{arguments, memory};
use crate::cleanup::PrivateFolder;
use crate::elements;
use crate::policy::Policy;
use crate::value::{grouped, shown, text};
use crate::verify::{VerifySettings, verify};
use std::fmt::Write;
use std::path::PathBuf;

/// Check a batch, a recipient's package, or a single file
///
/// A batch: every file is there and none besides, lengths, checksums, numbers of rows, the manifest's numbers. In each
/// recipient's file: the header, the form of every value, the order of the rows, that no two have one IMMUNFACT_ID, and
/// that AGE_IN_MONTHS agrees with the two dates. A file is held against the SHA256SUMS beside it, too, if there is one; so are the files of a package, and what else lies there is named and passes. Says each fault by file and line, never by value.
///
/// Exit code 0: sound; 1: not.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds verify batches/202407
  phds verify batches/202407 --policy policy.toml
  phds verify batches/202407/recipients/Travis_County
  phds verify PHDS_Travis_County_202407.csv")]
pub(super) struct Args {
    /// The folder of a batch or of a package, or a file
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// The policy it was made under: then dates must be in its window, and the data dictionary must be its
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// List so many faults at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let policy = args.policy.as_deref().map(Policy::from_file).transpose()?;
    let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
    let threads = arguments::cores();
    let settings = VerifySettings {
        policy: policy.as_ref(),
        limit: args.limit,
        threads,
        elements: &elements::ALL,
        spill: &memory::spill_for_comparing(scratch.path(), None, threads),
    };
    let findings = verify(&args.path, settings)?;
    let mut out = String::new();
    if args.json {
        out = text::json(&findings);
    } else {
        for fault in &findings.faults {
            let _ = writeln!(out, "{fault}");
        }
        if findings.not_listed > 0 {
            let more = grouped(findings.not_listed);
            let _ = writeln!(out, "and {more} more; --limit lists more of them");
        }
        if findings.not_in_list {
            out.push_str(
                "SHA256SUMS beside the file does not name it: nothing tells whether it is what was written\n",
            );
        }
        for name in &findings.not_own {
            let _ = writeln!(out, "{}: not one of the package's files; not looked at", shown(name));
        }
        let verdict = if findings.sound { "sound" } else { "NOT SOUND" };
        let (files, rows) = (grouped(findings.files), grouped(findings.rows));
        let _ = writeln!(out, "{}: {files} file(s), {rows} row(s): {verdict}", shown(&args.path));
    }
    terminal.print_findings(&printable(&out))?;
    if findings.sound { Ok(()) } else { Err(Failure::No) }
}
