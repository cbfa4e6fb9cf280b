//! The line for cron.
//!
//! The command goes through two readers: cron, for which a `%` is a line break unless there is a backslash before it,
//! and then a shell. Crons do not agree on what else a backslash does, so none is written but before a `%`.

use super::{FIRST_DAY, Job, ScheduleError, User};

/// What every cron takes of a command. Vixie's has room for 999 bytes and drops the rest without a word.
pub(super) const LONGEST: usize = 998;

/// The lines for a crontab: for that of a user, or, with the user's name, for a file in `/etc/cron.d`.
///
/// # Errors
/// If the line would be too long for cron.
pub fn crontab(job: &Job, user: Option<&User>) -> Result<String, ScheduleError> {
    let command = command(job);
    if command.len() > LONGEST {
        return Err(ScheduleError::LongLine { length: command.len() });
    }
    let (hour, minute) = (job.time.hour, job.time.minute);
    let (place, user) = match user {
        None => (
            "Put this into the crontab of the user who makes the files: crontab -e".to_owned(),
            String::new(),
        ),
        Some(user) => ("Put this into the file /etc/cron.d/phds.".to_owned(), format!("{} ", user.as_str())),
    };
    Ok(format!(
        "\
# The monthly data sharing files, made by phds.
# {place}
#
# They are due on the second Monday of the month, which is one of the days 8 to 14. No line of cron can say that: if it
# names days of the month and a weekday, cron takes either. So the line runs every day from the {FIRST_DAY}th, and phds
# decides (--if-due). It runs to the end of the month, so that a late export, or a machine that was down, is made up for
# on the day after. Once the month's batch is there, made from the same export, nothing is done and nothing is said.
#
# cron mails what is printed, which is errors only. Take the # away and say who gets them, or nobody learns of one:
# MAILTO=somebody@example.org
# The command is for /bin/sh. It needs no PATH: all its paths are whole. If lines above set another SHELL:
# SHELL=/bin/sh
{minute} {hour} {FIRST_DAY}-31 * * {user}{command}
"
    ))
}

fn command(job: &Job) -> String {
    let words = job.command_line().into_iter().map(|word| cron_escaped(&shell_word(word)));
    words.collect::<Vec<_>>().join(" ")
}

/// A word as a shell reads it.
pub fn shell_word(word: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-+,:@".contains(&b);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    // Nothing means anything between single quotes. Each backslash is followed by a quote that ends them, and one
    // that begins them again, so that cron finds nothing behind it that it could be for.
    let mut quoted = String::from("'");
    for c in word.chars() {
        match c {
            '\'' => quoted += r#"'"'"'"#,
            '\\' => quoted += r"\''",
            c => quoted.push(c),
        }
    }
    quoted + "'"
}

fn cron_escaped(word: &str) -> String {
    word.replace('%', r"\%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell_and_then_for_cron() {
        let check = |word: &str, expect: &str| assert_eq!(cron_escaped(&shell_word(word)), expect, "{word}");
        check("/data/export-1_a.b+c", "/data/export-1_a.b+c");
        check("1%", r"'1\%'");
        check("", "''");
        check("a b", "'a b'");
        check("~x", "'~x'");
        check("$HOME`id`;*#", "'$HOME`id`;*#'");
        check("it's", r#"'it'"'"'s'"#);
        check(r"a\b", r"'a\''b'");
        check(r"a\%b\\", r"'a\''\%b\''\'''");
    }
}
