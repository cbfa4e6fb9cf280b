//! What is set up before a command runs: no core dumps, and a umask that leaves files readable by their owner.

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, getuid, set_dumpable_behavior, setrlimit, umask};

/// Forbids core dumps, and keeps the umask from taking the owner's own rights.
pub(super) fn prepare() {
    // What is in memory is everybody's records, and a core dump would lie about long after the run. Where the limit may
    // not be set, as under systemd's filter of system calls, the unit has set it.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A system that hands dumps to a program, as systemd-coredump, does not ask for the limit, but for this. Whoever
    // traces the process already sees all there is; without this, they see what it does to the disk, too.
    if !is_traced() {
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    keep_owners_rights();
}

/// Whether another process traces this one.
fn is_traced() -> bool {
    status("TracerPid:").is_some_and(|tracer| tracer != "0")
}

/// What the kernel says of this process under a name.
pub(super) fn status(name: &str) -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
}

/// The name of the login, as the environment has it, if it is fit for one; else the number of the user.
pub(super) fn login(fit: impl Fn(&str) -> Option<String>) -> String {
    let name = |key| std::env::var(key).ok().and_then(|name| fit(&name));
    name("LOGNAME").or_else(|| name("USER")).unwrap_or_else(|| format!("user {}", getuid().as_raw()))
}

/// Takes the owner's own rights out of the umask: else a new folder would be closed to this run and to others until
/// its mode is set. The rights of others stay as the umask has them.
fn keep_owners_rights() {
    let mask = umask(Mode::RWXG | Mode::RWXO);
    umask(mask - Mode::RWXU);
}
