//! The command line: the only layer that prints.
//!
//! Arguments are resolved into checked values before any work is done. Results go to stdout, all else to stderr.
//! No command but those that exist for it shows a row's values.

mod arguments;
mod because;
mod check;
mod dictionary;
mod diff;
mod done;
mod due;
mod events;
mod exit;
mod explain;
mod failure;
mod filter;
mod finish;
mod history;
mod log;
mod memory;
mod policy;
mod process;
mod profile;
mod prune;
mod publish;
mod read;
mod release;
mod report;
mod run;
mod schedule;
mod signals;
mod status;
mod summary;
mod synth;
mod terminal;
mod verify;
mod write;

use clap::{Parser, Subcommand};
use exit::Exit;
use failure::Failure;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use terminal::Terminal;

/// Makes the monthly public-health data sharing files of an immunization registry.
///
/// Reads a registry export, keeps what is consented to and within the dates of the policy, and writes a CSV file
/// for each recipient with a data dictionary, a manifest and checksums.
#[derive(Parser, Debug)]
#[command(name = "phds", version, after_help = exit::HELP, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    log: log::Args,
    #[command(subcommand)]
    command: Command,
}

// The names are those on the command line.
#[derive(Subcommand, Debug, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
enum Command {
    Run(run::Args),
    Check(check::Args),
    Read(read::Args),
    Filter(filter::Args),
    Write(write::Args),
    Release(release::Args),
    Status(status::Args),
    Report(report::Args),
    History(history::Args),
    Prune(prune::Args),
    Explain(explain::Args),
    Verify(verify::Args),
    Diff(diff::Args),
    Summary(summary::Args),
    Dictionary(dictionary::Args),
    Synth(synth::Args),
    #[command(subcommand)]
    Policy(policy::Command),
    #[command(subcommand)]
    Profile(profile::Command),
    Due(due::Args),
    #[command(subcommand)]
    Schedule(schedule::Command),
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    process::prepare();
    let cli = Cli::try_parse().unwrap_or_else(|error| log::refuse_usage(&error));
    finish::begin((&cli.command).into(), cli.log.log_format);
    let terminal = Terminal::new(cli.log.quiet, cli.log.log_format == log::Format::Text);
    log::start(&cli.log, &terminal);
    std::panic::set_hook(Box::new(|panic| {
        // What a damaged Parquet file makes of the crate that reads it is an error of the export's.
        #[cfg(feature = "parquet")]
        if crate::registry::panic_is_caught() {
            return;
        }
        finish::by_fault(panic.location());
    }));
    signals::watch(&terminal);
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| carry_out(cli.command, &terminal)));
    signals::give_way();
    let exit = match outcome {
        Ok(Ok(())) => Exit::Done,
        Ok(Err(failure)) => failure.report(),
        // The panic hook has said so.
        Err(_) => Exit::Fault,
    };
    finish::end(exit as u8);
    exit.into()
}

fn carry_out(command: Command, terminal: &Terminal) -> CommandResult {
    match command {
        Command::Run(args) => run::run(args, terminal),
        Command::Check(args) => check::run(args, terminal),
        Command::Read(args) => read::run(args, terminal),
        Command::Filter(args) => filter::run(args, terminal),
        Command::Write(args) => write::run(args, terminal),
        Command::Release(args) => release::run(args, terminal),
        Command::Status(args) => status::run(args, terminal),
        Command::Report(args) => report::run(args, terminal),
        Command::History(args) => history::run(args, terminal),
        Command::Prune(args) => prune::run(args, terminal),
        Command::Explain(args) => explain::run(args, terminal),
        Command::Verify(args) => verify::run(args, terminal),
        Command::Diff(args) => diff::run(args, terminal),
        Command::Summary(args) => summary::run(args, terminal),
        Command::Dictionary(args) => dictionary::run(args, terminal),
        Command::Synth(args) => synth::run(args, terminal),
        Command::Policy(command) => policy::run(command, terminal),
        Command::Profile(command) => profile::run(command, terminal),
        Command::Due(args) => due::run(args, terminal),
        Command::Schedule(command) => schedule::run(command, terminal),
    }
}

/// What a command comes to.
type CommandResult = Result<(), Failure>;
