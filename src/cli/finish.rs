//! The last line of the log: which command ran, how it ended and how long it took.
//!
//! A monitoring tool, or a person on call, needs to read no other line: in JSON it also has what came of the batch, why, and
//! what to do. In JSON it is there always, with --quiet too: a log to which each month adds would otherwise
//! end with the failure of an earlier month. In text it is there only with --verbose, because people are told by the error,
//! if there is one.

use super::exit::Exit;
use super::log::{self, Format};
use crate::cleanup;
use crate::value::Month;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
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

/// What came of the batch, and why.
#[derive(Clone, Default, Debug)]
pub(super) struct Ending {
    /// `published`, `held`, `would-be-held`, `nothing-to-do` or `failed`.
    pub(super) result: &'static str,
    /// The batch's month, if it has come to one.
    pub(super) batch: Option<String>,
    /// The codes of what held it back, with commas between.
    pub(super) codes: Option<String>,
    /// Why it failed, or why there is nothing to do.
    pub(super) reason: Option<String>,
    /// What to do.
    pub(super) hint: Option<String>,
}

/// What came of the batch, as far as that is known yet.
static ENDING: Mutex<Option<Ending>> = Mutex::new(None);

/// Notes what came of the batch, for the last line.
pub(super) fn note(ending: Ending) {
    if let Ok(mut noted) = ENDING.lock() {
        *noted = Some(ending);
    }
}

/// Notes why the command failed. A batch that is published stays so.
pub(super) fn note_failure(reason: String, hint: Option<String>) {
    if let Ok(mut noted) = ENDING.lock() {
        let before = noted.take().filter(|ending| ending.result == "published").unwrap_or_default();
        let result = if before.result.is_empty() { "failed" } else { before.result };
        *noted = Some(Ending { result, reason: Some(reason), hint, ..before });
    }
}

/// Notes that a batch is published.
pub(super) fn note_published(batch: Month) {
    note(Ending { result: "published", batch: Some(batch.to_string()), ..Ending::default() });
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
    // In text the error has said it.
    let noted = ENDING.lock().ok().and_then(|noted| noted.clone()).filter(|_| *format == Format::Json);
    let result = noted.as_ref().map(|ending| ending.result);
    let Ending { batch, codes, reason, hint, .. } = noted.unwrap_or_default();
    match (format, exit_code) {
        (Format::Json, 2..) => {
            tracing::error!(
                target: log::END,
                stage = "end",
                command,
                outcome,
                result,
                batch,
                codes,
                reason,
                hint,
                exit_code,
                seconds,
                "finished"
            );
        }
        _ => tracing::info!(
            target: log::END,
            stage = "end",
            command,
            outcome,
            result,
            batch,
            codes,
            reason,
            hint,
            exit_code,
            seconds,
            "finished"
        ),
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
    if cleanup::is_in_place() {
        tracing::error!(exit_code, "ended by {name} when all was done, but not said");
    } else {
        tracing::error!(exit_code, "ended by {name}; what was unfinished has been removed");
    }
    end(exit_code);
}
