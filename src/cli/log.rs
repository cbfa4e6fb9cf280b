//! The messages on stderr: warnings and errors, more with --verbose, as text or as JSON lines.

use super::exit::Exit;
use super::failure::Failure;
use super::finish;
use super::terminal::{Terminal, printable};
use crate::registry::Notice;
use crate::value::shown;
use clap::ValueEnum;
use std::fmt;
use std::io::{self, Write as _};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

/// How much is said, and how.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Say more on stderr: what is done, and how long it took; twice: everything
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    /// Say nothing but errors and warnings that a person must act on: no progress, no summary
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// How messages on stderr are written
    #[arg(long, value_enum, default_value_t, global = true, value_name = "FORMAT")]
    pub(super) log_format: Format,
}

/// How messages are written.
#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum, Debug)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object on each line, for machines.
    Json,
}

/// The target of warnings that a person must act on. They are said even where nothing but errors is to be.
pub(super) const ACT: &str = "phds::act";

/// The target of the last line.
pub(super) const END: &str = "phds::end";

/// Starts the log of the process.
pub(super) fn start(args: &Args, terminal: &Terminal) {
    let level = match (args.quiet, args.verbose) {
        (true, _) => LevelFilter::ERROR,
        // Machines want to know what is being done without being asked.
        (false, 0) if args.log_format == Format::Json => LevelFilter::INFO,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::TRACE,
    };
    let stderr = terminal.clone();
    let subscriber = tracing_subscriber::fmt()
        // A message that cannot be printed must not end the run.
        .log_internal_errors(false)
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || stderr.stderr());
    // Machines get the last line in any case.
    let of_end = if args.log_format == Format::Json { level.max(LevelFilter::INFO) } else { level };
    let targets = Targets::new().with_default(level).with_target(ACT, level.max(LevelFilter::WARN));
    let targets = targets.with_target(END, of_end);
    match args.log_format {
        Format::Json => {
            subscriber.json().flatten_event(true).with_target(false).finish().with(targets).init()
        }
        Format::Text => subscriber.event_format(TextFormat).finish().with(targets).init(),
    }
}

/// Says what was found while reading.
pub(super) fn notify(notice: &Notice) {
    if notice.must_be_acted_on() {
        tracing::warn!(target: ACT, "{notice}");
    } else {
        tracing::warn!("{notice}");
    }
}

/// Ends the process on a command line that is wrong, or that only asks for help. Where machines read, the log has its last
/// line all the same.
pub(super) fn refuse_usage(error: &clap::Error) -> ! {
    let arguments: Vec<_> = std::env::args_os().collect();
    let is_json = arguments.iter().any(|argument| argument == "--log-format=json")
        || arguments.windows(2).any(|pair| pair[0] == "--log-format" && pair[1] == "json");
    let log_format = if is_json { Format::Json } else { Format::Text };
    let begin = || start(&Args { verbose: 0, quiet: false, log_format }, &Terminal::new(false, false));
    if !error.use_stderr() {
        let exit = match error.print().and_then(|()| io::stdout().flush()) {
            Ok(()) => Exit::Done,
            Err(error) => {
                begin();
                Failure::Print(error).report()
            }
        };
        std::process::exit((exit as u8).into());
    }
    if !is_json {
        error.exit();
    }
    begin();
    finish::begin("", log_format);
    let exit_code = u8::try_from(error.exit_code()).unwrap_or(u8::MAX);
    // What was typed is not repeated: the kind of the mistake says enough.
    let reason = format!("wrong usage: {}", error.kind());
    tracing::error!(exit_code, "{reason}");
    finish::note_failure(reason, None);
    finish::end(exit_code);
    std::process::exit(error.exit_code());
}

/// `warning: the message field=value`
struct TextFormat;

impl<S, N> FormatEvent<S, N> for TextFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let word = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            Level::DEBUG | Level::TRACE => "debug",
        };
        write!(writer, "phds: {word}: ")?;
        let mut fields = Fields::default();
        event.record(&mut fields);
        write!(writer, "{}", fields.message)?;
        // The message of an error has all that its fields have, in more words.
        if !fields.others.is_empty() && *event.metadata().level() != Level::ERROR {
            write!(writer, " ({})", fields.others)?;
        }
        writeln!(writer)?;
        if fields.hint.is_empty() { Ok(()) } else { writeln!(writer, "phds: hint: {}", fields.hint) }
    }
}

/// A message with its fields. The exit code is what the process ends with anyway, so text leaves it out.
#[derive(Default)]
struct Fields {
    message: String,
    hint: String,
    others: String,
}

impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        let value = match field.name() {
            "exit_code" | "code" => return,
            // Of several lines where it says several things; names in it are shown so that none begins a line.
            "message" => printable(value),
            _ => shown(value).to_string(),
        };
        match field.name() {
            "message" => self.message = value,
            "hint" => self.hint = value,
            name => {
                if !self.others.is_empty() {
                    self.others.push_str(", ");
                }
                self.others.push_str(&format!("{name} {value}"));
            }
        }
    }
}
