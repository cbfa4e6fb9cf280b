//! Signals to processes of the tests' own. A bare machine has no `kill`.

#![allow(dead_code, unreachable_pub, clippy::panic)] // Each test binary uses a part of it.

use rustix::process::{Pid, Signal, kill_process};
use std::process::Child;

/// Sends a signal, such as `-TERM`, to a process, which may have ended meanwhile.
pub fn send(child: &Child, signal: &str) {
    let signal = match signal {
        "-INT" => Signal::INT,
        "-TERM" => Signal::TERM,
        "-HUP" => Signal::HUP,
        "-ABRT" => Signal::ABORT,
        "-STOP" => Signal::STOP,
        "-CONT" => Signal::CONT,
        "-KILL" => Signal::KILL,
        other => panic!("{other}"),
    };
    let _ = kill_process(Pid::from_child(child), signal);
}
