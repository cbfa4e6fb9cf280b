//! `phds explain`: why a fact is in or out. It shows a row's values, and exists for that.

mod text;
mod timeline;

use super::Outcome;
use super::arguments::{self, OPEN_EXPORT_HELP};
use super::failure::Failure;
use super::memory;
use super::terminal::Terminal;
use crate::explain::{Answer, Asked, Earlier, Question, explain};
use crate::policy::Policy;
use crate::registry::{Encoding, Source, open_export};
use crate::unfinished::PrivateFolder;
use crate::value::{Day, parse_id};
use crate::work::WorkDatabase;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Explain why a fact is in or out
///
/// Shows the way of a fact to its outcome, rule by rule, and its client's consents against the lookback, the
/// disaster and the vaccination. It prints what the rows hold: names, dates, consents. From a work database it is
/// quick, and the as-of date and policy are those it was filtered with, unless others are given.
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
    #[arg(long, visible_alias = "batch", value_name = "FILE.db", group = "from")]
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
    /// The export's encoding: utf-8 or windows-1252
    #[arg(long, value_name = "E", default_value_t, conflicts_with = "work")]
    encoding: Encoding,
    /// Print JSON, for tools
    #[arg(long)]
    json: bool,
}

fn id(text: &str) -> Result<u64, String> {
    parse_id(text.as_bytes()).ok_or_else(|| "not an id: digits only, at most 9223372036854775807".to_owned())
}

pub(super) fn run(args: Args, terminal: &Terminal) -> Outcome {
    let question = match (args.fact, args.client) {
        (Some(id), _) => Question::Fact(id),
        (None, id) => Question::Client(id.unwrap_or_default()),
    };
    let given = args.policy.as_deref().map(Policy::from_file).transpose()?;
    let answer = match (&args.work, &args.export) {
        (Some(file), _) => {
            let database = WorkDatabase::open(file)?;
            let run = database.filter_run()?;
            let as_of = arguments::or_today(args.as_of.or(run.as_ref().map(|r| r.as_of)), "--as-of")?;
            let policy = match given.or(run.map(|r| r.policy)) {
                Some(policy) => policy,
                None => Policy::built_in()?,
            };
            let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
            let asked = Asked {
                question,
                policy: &policy,
                as_of,
                spill: &memory::spill(scratch.path(), None, NonZeroUsize::MIN),
            };
            let (tables, refused) = match question {
                Question::Fact(id) => database.about_fact(id)?,
                Question::Client(id) => database.about_client(id)?,
            };
            let earlier = Earlier { refused, unreadable: database.facts_without_id()? };
            explain(&tables, earlier, asked, &terminal.reading(tables.size()))?
        }
        (None, export) => {
            let path = export.clone().unwrap_or_default();
            let source = open_export(&path, args.encoding)?;
            let as_of = arguments::or_today(args.as_of, "--as-of")?;
            let policy = match given {
                Some(policy) => policy,
                None => Policy::built_in()?,
            };
            let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
            let asked = Asked {
                question,
                policy: &policy,
                as_of,
                spill: &memory::spill(scratch.path(), None, NonZeroUsize::MIN),
            };
            explain(source.as_ref(), Earlier::default(), asked, &terminal.reading(source.size()))?
        }
    };
    show(&answer, question, args.json, terminal)
}

fn show(answer: &Answer, question: Question, json: bool, terminal: &Terminal) -> Outcome {
    let is_about_fact = matches!(question, Question::Fact(_));
    let nothing = answer.facts.is_empty()
        && !answer.quarantined.iter().any(|row| !is_about_fact || row.table == "immunizations");
    if json {
        let text = serde_json::to_string_pretty(answer);
        terminal.print(&(text.unwrap_or_else(|_| unreachable!("an answer is plain data")) + "\n"))?;
    } else {
        terminal.print(&text::text(answer))?;
    }
    if nothing { Err(Failure::NothingFound { unreadable: answer.unreadable_rows }) } else { Ok(()) }
}
