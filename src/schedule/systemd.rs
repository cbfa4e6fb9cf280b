//! The service and the timer for systemd.
//!
//! The service may do what a run needs and nothing else: read the export, write the batches. It runs as a user who is
//! not root, sees no other data and no network.

use super::{FIRST_DAY, Job, Place, ScheduleError, User};

/// Folders that the service is given empty ones instead of: what it needs of them is brought in by name.
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];
const TEMPORARY: [&str; 2] = ["/tmp", "/var/tmp"];

/// The text of `phds.service`.
///
/// # Errors
/// If systemd would not run such a program.
pub fn service(job: &Job, user: &User) -> Result<String, ScheduleError> {
    if job.program.as_str().contains(['"', '\'', '\\']) {
        return Err(ScheduleError::ProgramName);
    }
    let user = user.as_str();
    let command = command(job);
    let mounts = settings("RequiresMountsFor=", job.read().chain([&job.out]), "");
    let paths = paths(job);
    let has_home = job.read().chain([&job.out]).any(|place| place.lies_in(&HOMES));
    let homes = if has_home { "tmpfs" } else { "yes" };
    Ok(format!(
        "\
# phds.service: makes the monthly data sharing files. phds.timer starts it.
#
# Before the first run: make the user, and the folder of the batches (--out), which must be the user's own:
#   useradd --system --no-create-home --shell /usr/sbin/nologin {user}
#   install -d -m 0700 -o {user} OUT
# The user must be able to read the export. If that is an SQLite file in write-ahead-log mode, it cannot be read here,
# because SQLite would have to write beside it: export it in another mode.

[Unit]
Description=Monthly data sharing files of the immunization registry
{mounts}# A failed run is in the journal: journalctl -u phds.service. For somebody to be told, name a unit that does so:
#OnFailure=

[Service]
Type=oneshot
User={user}
# Does nothing, successfully, while the files are not due, and when they are there, made from the same export.
ExecStart={command}
UMask=0077
# No core dump: it would hold everybody's records.
LimitCORE=0

# Everything is read-only but the folder of the batches. It must be there: else systemd does not start the service, and
# says so. The export need not (-): it may be late, and phds says so better.
ProtectSystem=strict
ProtectHome={homes}
PrivateTmp=yes
{paths}
# No other rights, no devices, no network, no other processes, nothing of the system's own.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes
PrivateDevices=yes
DevicePolicy=closed
PrivateNetwork=yes
PrivateIPC=yes
IPAddressDeny=any
RestrictAddressFamilies=none
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
"
    ))
}

/// The text of `phds.timer`.
pub fn timer(job: &Job) -> String {
    let time = job.time;
    format!(
        "\
# phds.timer: starts phds.service. To have both at work, once they are in /etc/systemd/system:
#   systemctl daemon-reload && systemctl enable --now phds.timer

[Unit]
Description=Makes the monthly data sharing files when they are due

[Timer]
# Due is the second Monday of the month. systemd, unlike cron, could say that: Mon *-*-08..14. But a run that failed
# that day, because the export was late, would not be tried again for a month. So it is started every day from
# the {FIRST_DAY}th to the end of the month, and phds decides (--if-due).
OnCalendar=*-*-{FIRST_DAY:02}..31 {time}:00
# If the machine was down then: as soon as it is up.
Persistent=yes
RandomizedDelaySec=10min

[Install]
WantedBy=timers.target
"
    )
}

/// Which paths the service may read and write.
fn paths(job: &Job) -> String {
    let is_hidden = |place: &Place| place.lies_in(&HOMES) || place.lies_in(&TEMPORARY);
    let may_write = if is_hidden(&job.out) { "BindPaths=" } else { "ReadWritePaths=" };
    let mut text = settings(may_write, [&job.out].into_iter(), "");
    // The policy and the program are there, or the run can only fail.
    let export = if is_hidden(&job.export) { "BindReadOnlyPaths=" } else { "ReadOnlyPaths=" };
    text += &settings(export, [&job.export].into_iter(), "-");
    let others = job.read().filter(|place| **place != job.export && is_hidden(place));
    text + &settings("BindReadOnlyPaths=", others, "")
}

/// A line for each place.
fn settings<'a>(key: &str, places: impl Iterator<Item = &'a Place>, prefix: &str) -> String {
    places.map(|place| format!("{key}{}\n", word(&format!("{prefix}{}", place.as_str())))).collect()
}

fn command(job: &Job) -> String {
    // The program is not looked through for variables, what follows is.
    let arguments = job.command_line().into_iter().skip(1).map(|argument| word(&argument.replace('$', "$$")));
    std::iter::once(word(job.program.as_str())).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// A word as systemd reads it, in a command and in a list of paths alike.
fn word(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-+,@".contains(&b);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '%' => quoted += "%%",
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_systemd() {
        let check = |text: &str, expect: &str| assert_eq!(word(text), expect);
        check("/data/export-1", "/data/export-1");
        check("", r#""""#);
        check(";", r#"";""#);
        check("a b:c", r#""a b:c""#);
        check("it's", r#""it's""#);
        check(r#"a"b\c"#, r#""a\"b\\c""#);
        check("100%h", r#""100%%h""#);
    }
}
