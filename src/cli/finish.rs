//! The last line of the log: which command ran, how it ended and how long it took.
//!
//! A monitoring tool needs to read no other line. In JSON it is there always. In text it is there only with --verbose,
//! because people are told by the error, if there is one.

use super::exit::Exit;
use super::log::Format;
use std::panic::Location;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The command that the process was started for.
#[derive(Debug)]
struct RunningCommand {
    name: &'static str,
    format: Format,
    since: Instant,
}

/// Whether the last line is written: nothing may come after it, whatever other threads still do.
static IS_SAID: AtomicBool = AtomicBool::new(false);

/// Whether the last line has been said.
pub(super) fn is_said() -> bool {
    IS_SAID.load(Ordering::SeqCst)
}

static COMMAND: OnceLock<RunningCommand> = OnceLock::new();

/// Notes which command runs. Only the first call counts.
pub(super) fn begin(name: &'static str, format: Format) {
    let _ = COMMAND.set(RunningCommand { name, format, since: Instant::now() });
}

/// Logs how the command ended: the last line of the log.
pub(super) fn end(exit_code: u8) {
    let Some(RunningCommand { name: command, format, since }) = COMMAND.get() else { return };
    let seconds = since.elapsed().as_secs_f64();
    // What is no exit code of the program's own is a signal's.
    let outcome: &str = Exit::from_repr(exit_code).map_or("interrupted", Exit::into);
    match (format, exit_code) {
        (Format::Json, 2..) => {
            tracing::error!(stage = "end", command, outcome, exit_code, seconds, "finished");
        }
        _ => tracing::info!(stage = "end", command, outcome, exit_code, seconds, "finished"),
    }
    IS_SAID.store(true, Ordering::SeqCst);
}

/// Logs the place of a panic. Its message is left out: it could hold a value of a row.
pub(super) fn by_fault(location: Option<&Location<'_>>) {
    let place = location.map_or_else(String::new, |at| format!(", at {}, line {}", at.file(), at.line()));
    let hint = "please report it; nothing unfinished was published, and the next run clears up";
    tracing::error!(exit_code = 101, hint, "a fault of the program itself{place}");
}

/// Logs that a signal ended the process, and the last line.
pub(super) fn by_signal(signal: i32, name: &'static str) {
    let exit_code = u8::try_from(128 + signal).unwrap_or(u8::MAX);
    tracing::error!(exit_code, "ended by {name}; what was unfinished has been removed");
    end(exit_code);
}
