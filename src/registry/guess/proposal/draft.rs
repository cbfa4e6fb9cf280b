//! The text of a proposal while it is made: guesses, what speaks for them, and what is left to a person.

use crate::value::grouped;
use std::fmt::Write;

/// The text of a proposal while it is made.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) open: usize,
    /// Whether anything is proposed, or left open: else the export needs no profile.
    pub(super) says_something: bool,
}

impl Draft {
    /// A part with a header, which is left out if nothing stands below it.
    pub(super) fn section(&mut self, name: &str, write: impl FnOnce(&mut Draft)) {
        let before = self.text.len();
        let _ = write!(self.text, "\n[{name}]\n");
        let with_header = self.text.len();
        write(self);
        if self.text.len() == with_header {
            self.text.truncate(before);
        }
    }

    /// A guess, with what speaks for it in the line before.
    pub(super) fn guess(&mut self, why: &str, line: &str) {
        self.note(why);
        let _ = writeln!(self.text, "{line}");
        self.says_something = true;
    }

    /// A guess with what speaks for it behind it.
    pub(super) fn short_guess(&mut self, line: &str, why: &str) {
        let _ = writeln!(self.text, "{line:<40} # {why}");
        self.says_something = true;
    }

    /// What is left to a person: the lines are comments.
    pub(super) fn open(&mut self, why: &str, lines: &[String]) {
        self.open += 1;
        self.says_something = true;
        self.note(&format!("OPEN: {why}"));
        for line in lines {
            let _ = writeln!(self.text, "# {line}");
        }
    }

    /// What may be of use, or not: a comment, with lines that are comments.
    pub(super) fn aside(&mut self, why: &str, lines: &[String]) {
        self.note(why);
        for line in lines {
            let _ = writeln!(self.text, "# {line}");
        }
    }

    pub(super) fn note(&mut self, text: &str) {
        wrap(text, &mut self.text);
    }
}

/// A comment in lines that are not too long.
pub(super) fn wrap(text: &str, out: &mut String) {
    const WIDTH: usize = 118;
    let mut line = String::from("#");
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = String::from("#  ");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
}

/// A number with its noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number as u64))
}

/// A text as TOML has it. What is not shown but steers is written out.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The first few of a list.
pub(super) fn some(names: &[String], most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let first = names[..names.len() - more].join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_comments_are_wrapped() {
        let mut out = String::new();
        wrap(&"word ".repeat(60), &mut out);
        assert!(
            out.lines().count() > 2 && out.lines().all(|line| line.starts_with('#') && line.len() <= 120)
        );
    }
}
