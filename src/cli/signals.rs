//! Ctrl-C and its like: the program ends at once, and leaves nothing unfinished behind. If its last step is taken, it is
//! as good as done, and ends by itself: the exit code tells whether there is something.
//!
//! A thread of its own waits for signals, so that whatever the others do, the end comes within a second.

use super::terminal::{Terminal, is_printing_for};
use super::{finish, process};
use crate::cleanup;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whether a signal is ending the process.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Whether the main thread has come to its end meanwhile.
static MAIN_IS_DONE: Mutex<bool> = Mutex::new(false);
static MAIN_TELLS: Condvar = Condvar::new();

/// How long interrupted work may take to roll back, and a command that is as good as done to print what it has to say.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long such a command may wait for the disk, which is to keep what is in its place.
const PATIENCE_WITH_DISK: Duration = Duration::from_secs(5);

const PAUSE: Duration = Duration::from_millis(5);

/// How long printing the message may take: stderr may be a pipe that nobody reads.
const SAYING: Duration = Duration::from_millis(200);

/// Has signals end the process from now on.
pub(super) fn watch(terminal: &Terminal) {
    // A process that is to outlive its terminal is told so by SIGHUP being ignored.
    let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
    let terminal = terminal.clone();
    let (ready, waiting) = std::sync::mpsc::channel();
    let wait = move || {
        let signals = Signals::new([SIGINT, SIGTERM].into_iter().chain(hangup));
        let _ = ready.send(());
        if let Some(signal) = signals.ok().and_then(|mut signals| signals.forever().next()) {
            end(signal, &terminal);
        }
    };
    // Without the thread, or what it waits with, signals end the process in the system's own way, and the next run
    // clears away what that leaves.
    if std::thread::Builder::new().name("signals".to_owned()).spawn(wait).is_ok() {
        let _ = waiting.recv();
    }
}

fn end(signal: i32, terminal: &Terminal) -> ! {
    IS_ENDING.store(true, Ordering::SeqCst);
    let since = Instant::now();
    // Again and again: only a statement that is being carried out at that moment is interrupted.
    let is_interrupting = || !cleanup::is_in_place() && cleanup::interrupt_all();
    while is_interrupting() && since.elapsed() < PATIENCE && !is_main_done_within(PAUSE) {}
    cleanup::remove_all(let_end);
    let (said, waiting) = std::sync::mpsc::channel();
    let terminal = terminal.clone();
    let saying = std::thread::Builder::new().spawn(move || {
        terminal.clear();
        finish::by_signal(signal, name(signal));
        let _ = said.send(());
    });
    if saying.is_ok() {
        let _ = waiting.recv_timeout(SAYING);
    }
    // As a shell reports a process that a signal ended.
    std::process::exit(128 + signal);
}

/// Lets a command end by itself, which ends the process. It never does if it prints to a pipe that nobody reads.
fn let_end() {
    let since = Instant::now();
    while since.elapsed() < PATIENCE_WITH_DISK && !is_printing_for(PATIENCE) {
        std::thread::sleep(PAUSE);
    }
}

/// Waits until the main thread has come to its end, but not for long.
fn is_main_done_within(pause: Duration) -> bool {
    let done = MAIN_IS_DONE.lock().unwrap_or_else(PoisonError::into_inner);
    MAIN_TELLS.wait_timeout_while(done, pause, |done| !*done).is_ok_and(|(done, _)| *done)
}

/// Called when the command is done, before its end is told. If a signal is ending the process, this never
/// returns, unless the last step was taken: an error of the command is the signal's doing.
pub(super) fn give_way() {
    if !IS_ENDING.load(Ordering::SeqCst) || cleanup::is_in_place() {
        return;
    }
    *MAIN_IS_DONE.lock().unwrap_or_else(PoisonError::into_inner) = true;
    MAIN_TELLS.notify_all();
    loop {
        std::thread::park();
    }
}

fn name(signal: i32) -> &'static str {
    match signal {
        SIGINT => "SIGINT",
        SIGTERM => "SIGTERM",
        _ => "SIGHUP",
    }
}

/// Whether the process was started with a signal ignored.
fn is_ignored(signal: i32) -> bool {
    let ignored = process::status("SigIgn:").and_then(|mask| u64::from_str_radix(&mask, 16).ok());
    ignored.unwrap_or(0) >> (signal - 1) & 1 == 1
}
