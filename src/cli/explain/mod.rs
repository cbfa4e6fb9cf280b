//! `phds explain`: why a fact is in or out. It shows a row's values, and exists for that.

mod timeline;
mod words;

use super::CommandResult;
use super::arguments::{self, FormatArgs, OPEN_EXPORT_HELP};
use super::failure::Failure;
use super::memory;
use super::terminal::Terminal;
use crate::cleanup::PrivateFolder;
use crate::explain::{Answer, Earlier, Question, Request, explain};
use crate::policy::Policy;
use crate::registry::{Source, open_export};
use crate::value::{Day, parse_id, text};
use crate::work::WorkDatabase;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Explain why a fact is in or out
///
/// Shows the way of a fact to its outcome, rule by rule, and its client's consents against the lookback, the
/// disaster and the vaccination. It prints what the rows hold: names, dates, consents. Rows that cannot be used are
/// shown as they stand in the export, the faulty column marked with >. A work database does not keep those; from it an
/// answer is quick, and the as-of date and policy are those it was filtered with, unless others are given.
#[derive(clap::Args, Debug)]
#[command(
    group = clap::ArgGroup::new("from").required(true),
    group = clap::ArgGroup::new("about").required(true),
    after_help = "Examples:
  phds explain exports/2024-07 --as-of 2024-07-08 --fact 100113
  phds explain --work july.db --client 1012
  phds explain --work july.db --fact 100113 --json"
)]
pub(super) struct Args {
    #[arg(value_name = "EXPORT", help = OPEN_EXPORT_HELP, group = "from")]
    export: Option<PathBuf>,
    /// A work database
    #[arg(
        long,
        visible_alias = "batch",
        value_name = "FILE.db",
        group = "from",
        conflicts_with_all = ["encoding", "profile"]
    )]
    work: Option<PathBuf>,
    /// The fact, by its IMMUNFACT_ID
    #[arg(long, value_name = "ID", value_parser = id, group = "about")]
    fact: Option<u64>,
    /// All facts of a client, by CLIENT_ID
    #[arg(long, value_name = "ID", value_parser = id, group = "about")]
    client: Option<u64>,
    /// The day as of which consent and ages are judged; without it, the one the work database was filtered with,
    /// or today
    #[arg(long, value_name = "DATE", value_parser = arguments::day)]
    as_of: Option<Day>,
    /// The inclusion rules' settings; without it, those the work database was filtered with, or the built-in ones
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
    /// Print JSON, for tools
    #[arg(long)]
    json: bool,
}

fn id(text: &str) -> Result<u64, String> {
    parse_id(text.as_bytes()).ok_or_else(|| "not an id: digits only, at most 9223372036854775807".to_owned())
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let question = match (args.fact, args.client) {
        (Some(id), _) => Question::Fact(id),
        (None, id) => Question::Client(id.unwrap_or_default()),
    };
    let given = args.policy.as_deref().map(Policy::from_file).transpose()?;
    let database = args.work.as_deref().map(WorkDatabase::open).transpose()?;
    let format = args.format.load()?;
    let export = args.export.as_deref().map(|path| open_export(path, &format)).transpose()?;
    let run = database.as_ref().map(WorkDatabase::filter_run).transpose()?.flatten();
    let as_of = arguments::or_today(args.as_of.or(run.as_ref().map(|run| run.as_of)), "--as-of")?;
    let policy = given.or(run.map(|run| run.policy)).map_or_else(Policy::built_in, Ok)?;
    let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
    let spill = memory::spill(scratch.path(), None, NonZeroUsize::MIN);
    let request = Request { question, policy: &policy, as_of, spill: &spill };
    let (source, earlier): (Box<dyn Source + '_>, Earlier) = match (&database, export) {
        (Some(database), _) => {
            let (tables, quarantined) = match question {
                Question::Fact(id) => database.about_fact(id)?,
                Question::Client(id) => database.about_client(id)?,
            };
            let unreadable = database.facts_without_id()?;
            (Box::new(tables), Earlier { refused: quarantined, unreadable })
        }
        (None, Some(export)) => (export, Earlier::default()),
        (None, None) => unreachable!("clap sees that there is one of the two"),
    };
    let answer = explain(source.as_ref(), earlier, request, &terminal.reading(source.size()))?;
    let text = if args.json { text::json(&answer) } else { words::text(&answer, database.is_some()) };
    terminal.print(&text)?;
    must_have_found(&answer, question)
}

fn must_have_found(answer: &Answer, question: Question) -> CommandResult {
    let is_about_fact = matches!(question, Question::Fact(_));
    let nothing = answer.facts.is_empty()
        && !answer.quarantined.iter().any(|row| !is_about_fact || row.table == "immunizations");
    if nothing { Err(Failure::NothingFound { unreadable: answer.unreadable_rows }) } else { Ok(()) }
}
