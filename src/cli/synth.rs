//! `phds synth`: an invented registry export.

use super::CommandResult;
use super::arguments;
use super::terminal::Terminal;
use crate::schedule::shell_word;
use crate::synth::{RowOrder, SynthSettings, synth};
use crate::value::{Day, shown};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// Write an invented registry export of any size
///
/// For trying the program, for training and for benchmarks, without a single real record. The same number of
/// clients, seed and options give the same bytes.
///
/// With a later as-of date the same registry is exported once more: more people, consents and facts, and what a
/// registry does to its records in between. Duplicate clients have been merged, and their facts are under the client
/// who stays; a few facts have gone to another client, have another ORDINAL_POSITION or were withdrawn; people have
/// moved, and organizations have other names. Every fact keeps its IMMUNFACT_ID, and no row becomes unusable.
///
/// Rows lie in the order of their entry, as in a registry's tables, and ids ascend in it. A dose is entered days after it
/// was given, or weeks, or years, and is not in exports before that. --order lays the same rows out in another order; the
/// batch is the same.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds synth --clients 10000 --seed 1 --out invented
  phds synth --clients 10000 --seed 1 --out dirty --dirty 0.5
  phds synth --clients 10000 --seed 1 --out mixed --order shuffled
  phds run invented --as-of 2024-07-08 --out batches

The next month of the same registry:
  phds synth --clients 10000 --seed 1 --as-of 2024-08-12 --out invented-august")]
pub(super) struct Args {
    /// How many clients; each has about a dozen immunization facts
    #[arg(long, value_name = "N")]
    clients: u64,
    /// Where chance begins
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The folder to write; it must not be there yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The day on which the export is made: nothing later is in it, and no later change has been made
    #[arg(long, value_name = "DATE", value_parser = arguments::day, default_value = "2024-07-08")]
    as_of: Day,
    /// Plant unusable rows: so many in a hundred, of every table but recipients and control
    #[arg(long, value_name = "PCT", value_parser = per_cent, default_value = "0")]
    dirty: u64,
    /// The order of the rows of clients, consents and immunizations
    #[arg(long, value_enum, default_value_t)]
    order: Order,
}

#[derive(Clone, Copy, Default, ValueEnum, Debug)]
enum Order {
    /// As they were entered into the registry
    #[default]
    Entry,
    /// Those of a client together
    Client,
    /// At random
    Shuffled,
}

impl Order {
    fn of_rows(self) -> RowOrder {
        match self {
            Order::Entry => RowOrder::Entry,
            Order::Client => RowOrder::Client,
            Order::Shuffled => RowOrder::Shuffled,
        }
    }
}

/// A percentage with up to three decimals, as rows in a hundred thousand.
fn per_cent(text: &str) -> Result<u64, String> {
    let (whole, decimals) =
        text.trim_end_matches('%').split_once('.').unwrap_or((text.trim_end_matches('%'), ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let thousandths = match decimals.len() {
        0..=3 if digits(whole) && digits(decimals) => format!("{whole}{decimals:0<3}").parse::<u64>().ok(),
        _ => None,
    };
    thousandths
        .filter(|rows| *rows <= 100_000)
        .ok_or_else(|| "not a percentage from 0 to 100 with at most three decimals".to_owned())
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let Args { clients, seed, out, as_of, dirty, order } = args;
    let order = order.of_rows();
    let counts = synth(SynthSettings { clients, seed, as_of, dirty, order }, &out)?;
    terminal.print_summary(&format!(
        "{}: {} clients, {} consents, {} immunization facts, all invented\n",
        shown(&out),
        counts.clients,
        counts.consents,
        counts.immunizations
    ))?;
    terminal.print_summary(&run_line(&out, as_of, dirty > 0).unwrap_or_default())
}

/// The command that makes a batch of the export; none if its path cannot be shown as it is. Planted rows make other rows
/// unusable besides, so that no lower limit on them fits.
fn run_line(export: &Path, as_of: Day, is_dirty: bool) -> Option<String> {
    let path = export.to_str().filter(|path| shown(export).to_string() == **path)?;
    // What begins with a dash would be taken for an option.
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    let limit = if is_dirty { " --max-quarantined 100%" } else { "" };
    Some(format!("to make its batch: phds run {} --as-of {as_of} --out batches{limit}\n", shell_word(&path)))
}
