//! Stdout and stderr: results, messages and the progress bar, without one drawing over the other.

use super::failure::Failure;
use super::finish;
use crate::registry::Progress;
use crate::value::text;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Since when something is being printed; none while nothing is.
static PRINTING_SINCE: Mutex<Option<Instant>> = Mutex::new(None);

fn note_printing(since: Option<Instant>) {
    *PRINTING_SINCE.lock().unwrap_or_else(PoisonError::into_inner) = since;
}

/// Prints, and has others know meanwhile.
fn printing<T>(print: impl FnOnce() -> T) -> T {
    note_printing(Some(Instant::now()));
    let printed = print();
    note_printing(None);
    printed
}

/// Whether something is being printed for so long already: stdout or stderr may be a pipe that nobody reads.
pub(super) fn is_printing_for(time: Duration) -> bool {
    let since = *PRINTING_SINCE.lock().unwrap_or_else(PoisonError::into_inner);
    since.is_some_and(|since| since.elapsed() >= time)
}

/// A text without the characters that steer a terminal. Line ends stay, so names from outside must be `shown` in it
/// first: such a name could begin a line.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if text::steers(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// Where the program prints.
#[derive(Clone, Debug)]
pub(super) struct Terminal {
    bars: MultiProgress,
    shows_progress: bool,
    is_quiet: bool,
}

impl Terminal {
    /// `may_draw`: whether a progress bar may be drawn, if stderr is a terminal.
    pub(super) fn new(is_quiet: bool, may_draw: bool) -> Terminal {
        let shows_progress = io::stderr().is_terminal() && !is_quiet && may_draw;
        Terminal { bars: MultiProgress::new(), shows_progress, is_quiet }
    }

    /// Prints a result.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        self.print_bytes(text.as_bytes())
    }

    /// Hands over a file that is no text. A terminal can't show it, and could be steered by it.
    #[cfg(feature = "xlsx")]
    pub(super) fn print_file(&self, bytes: &[u8]) -> Result<(), Failure> {
        if io::stdout().is_terminal() { Err(Failure::NotText) } else { self.print_bytes(bytes) }
    }

    fn print_bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        printing(|| stdout.write_all(bytes).and_then(|()| stdout.flush())).map_err(Failure::Print)
    }

    /// Prints findings. If the reader goes away, that is no error: the exit code is still wanted.
    pub(super) fn print_findings(&self, text: &str) -> Result<(), Failure> {
        match self.print(text) {
            Err(Failure::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Prints an answer, unless --quiet asks for the exit code only.
    pub(super) fn print_verdict(&self, text: &str) -> Result<(), Failure> {
        if self.is_quiet { Ok(()) } else { self.print_findings(text) }
    }

    /// Prints a summary, unless --quiet. It names files, whose names may hold anything.
    pub(super) fn print_summary(&self, text: &str) -> Result<(), Failure> {
        if self.is_quiet { Ok(()) } else { self.print(&printable(text)) }
    }

    /// Takes the progress bar off the screen.
    pub(super) fn clear(&self) {
        // A bar that stays does no harm.
        let _ = self.bars.clear();
    }

    /// Stderr, for messages: a progress bar steps aside for them.
    pub(super) fn stderr(&self) -> Messages {
        Messages { bars: self.bars.clone() }
    }

    /// A bar for the reading of so many bytes; it is drawn on a terminal only.
    pub(super) fn reading(&self, bytes: u64) -> Bar {
        let bar =
            if self.shows_progress { self.bars.add(ProgressBar::new(bytes)) } else { ProgressBar::hidden() };
        let template = "{msg:8} {wide_bar} {bytes:>10} of {total_bytes} {eta:>4}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message("reading");
        Bar { bar }
    }
}

/// Stderr beside a progress bar.
#[derive(Debug)]
pub(super) struct Messages {
    bars: MultiProgress,
}

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if finish::is_said() {
            return Ok(bytes.len());
        }
        self.bars.suspend(|| printing(|| io::stderr().write(bytes)))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// A progress bar; gone from the screen with this.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// All is read; what comes now is the writing.
    pub(super) fn writing(&self) {
        self.bar.set_message("writing");
    }
}

impl Progress for Bar {
    fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
