//! Running the program under strace: to see which calls it makes, and to have one of them end it or fail.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The calls that change what is on the disk, or bring it there. Opening counts where it may create, or is for writing only.
const CALLS: [&str; 25] = [
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "renameat2",
    "mkdir",
    "mkdirat",
    "unlink",
    "unlinkat",
    "rmdir",
    "open",
    "openat",
    "creat",
    "ftruncate",
    "truncate",
    "fallocate",
    "chmod",
    "fchmod",
    "fchmodat",
    "link",
    "linkat",
];

/// A call that the program makes: the `nth` of its name in some thread.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Call {
    pub name: String,
    pub nth: usize,
}

impl Call {
    /// Whether the call is one of those on which everything turns: few, and each of its own kind.
    pub fn is_decisive(&self) -> bool {
        ["sync", "rename", "mkdir", "unlink", "rmdir", "trunc"].iter().any(|part| self.name.contains(part))
    }

    /// Whether the call removes something: if it fails, what it should have removed is left.
    pub fn removes(&self) -> bool {
        ["unlink", "rmdir"].iter().any(|part| self.name.contains(part))
    }
}

/// What happens to a call.
///
/// Killed is killed before the call has any effect. What there is after a call and before the next is what the next
/// one meets when it is killed, so that is enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Killed,
    NoSpace,
    Broken,
}

impl Fate {
    fn action(self) -> &'static str {
        match self {
            Fate::Killed => "signal=KILL",
            Fate::NoSpace => "error=ENOSPC",
            Fate::Broken => "error=EIO",
        }
    }
}

/// How a command under strace ended.
#[derive(Debug)]
pub struct Ended {
    /// None if it was killed.
    pub code: Option<i32>,
    pub stderr: String,
    /// Whether the call was met at all: with several threads it need not be.
    pub was_hit: bool,
}

/// strace, to run a command: `-f` follows threads.
fn strace(log: &Path, calls: &str) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "signal=none", "-e", &format!("trace={calls}"), "-o"]);
    command.arg(log);
    command
}

/// Whether strace is there and may trace; else why not.
pub fn is_possible() -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = strace(&folder.path().join("log"), "mkdir");
    let made = folder.path().join("made");
    command.args(["-e", "inject=mkdir:error=ENOSPC:when=1", "mkdir"]).arg(&made);
    match command.output() {
        Err(error) => Err(format!("strace can't be run ({error}): install it")),
        Ok(output) if output.status.success() || made.exists() => Err("strace has no effect here".to_owned()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if said.contains("No space left") { Ok(()) } else { Err(format!("strace can't trace: {said}")) }
        }
    }
}

/// Runs a command to its end; returns strace's log of its calls, with a path for every descriptor.
pub fn log_of(command: &Command, log: &Path) -> String {
    let mut strace = strace(log, &CALLS.join(","));
    strace.args(["-y", "-s", "0"]);
    let output = run(strace, command);
    assert!(output.status.code().is_some(), "{output:?}");
    std::fs::read_to_string(log).unwrap()
}

/// The calls in a log, each once, whichever thread makes it.
///
/// strace counts calls by thread. Threads share the work differently from run to run; but what they share is writing
/// and syncing files that nobody looks at before all of them are done, so it does not matter which of them is met.
pub fn calls(log: &str) -> Vec<Call> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut calls = BTreeSet::new();
    for line in log.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((name, arguments)) = rest.trim_start().split_once('(') else { continue };
        if !CALLS.contains(&name) {
            continue;
        }
        let count = counts.entry((thread.to_owned(), name.to_owned())).or_default();
        *count += 1;
        let only_reads = name.starts_with("open")
            && !["O_CREAT", "O_TMPFILE", "O_WRONLY"].iter().any(|flag| arguments.contains(flag));
        if !only_reads {
            calls.insert(Call { name: name.to_owned(), nth: *count });
        }
    }
    calls.into_iter().collect()
}

/// Runs a command and has a call of it meet its fate.
pub fn inject(command: &Command, call: &Call, fate: Fate, log: &Path) -> Ended {
    let mut strace = strace(log, &call.name);
    if fate != Fate::Killed {
        // Faster, because nothing but this call is stopped at; but so no signal can be sent.
        strace.arg("--seccomp-bpf");
    }
    strace.args(["-e", &format!("inject={}:{}:when={}", call.name, fate.action(), call.nth)]);
    let output = run(strace, command);
    let status = output.status;
    let text = std::fs::read_to_string(log).unwrap();
    Ended {
        code: status.code(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        // strace ends as what it traces did.
        was_hit: status.signal().is_some() || text.contains("(INJECTED)"),
    }
}

fn run(mut strace: Command, command: &Command) -> std::process::Output {
    strace.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace.stdin(Stdio::null()).output().unwrap()
}
