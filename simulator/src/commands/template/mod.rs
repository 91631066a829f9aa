//! `squab template`: create a template from a file, list what is there, see what became of one.

mod fault;
mod file;

use super::graph::{Account, Ready, SCRATCH};
use super::{Failure, print, read};
use clap::{Args, Subcommand};
use serde_json::{Map, Value};
use squab_adapters::http::Method;
use squab_core::graph::reads::{self, Member, TEMPLATE_FIELDS};
use squab_core::graph::{Found, Members};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Create, list and look up message templates
#[derive(Args)]
pub(crate) struct Template {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Create(Create),
    List(List),
    Status(Status),
}

/// Create a template from a file: it goes to Meta's review
#[derive(Args)]
struct Create {
    /// The template, in TOML: see docs/templates.md
    file: PathBuf,
    #[command(flatten)]
    account: Account,
    /// Print what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// List all templates of the account, one JSON object a line
#[derive(Args)]
struct List {
    #[command(flatten)]
    account: Account,
}

/// Print what became of a template, in each of its languages
#[derive(Args)]
struct Status {
    /// Its name
    name: String,
    /// Only in this language
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    #[command(flatten)]
    account: Account,
}

const MEMBERS: [(&str, Member); 7] = [
    ("name", Member::Name),
    ("language", Member::Language),
    ("status", Member::Status),
    ("category", Member::Category),
    ("rejected_reason", Member::RejectedReason),
    ("quality", Member::QualityScore),
    ("id", Member::Id),
];

/// Bytes of the longest template in the list (a name of 512, and short words), and of the address of the next page.
type Page = Members<8192>;

/// Does what was asked for.
pub(crate) async fn run(args: Template) -> Result<(), Failure> {
    match args.what {
        What::Create(args) => create(args).await,
        What::List(args) => list(&args.account.ready()?, "", &|_| true).await.map(|_| ()),
        What::Status(args) => {
            let wanted = |found: Found<'_>| {
                let language = args.language.as_deref();
                found.get(Member::Name) == Some(&args.name)
                    && language.is_none_or(|language| found.get(Member::Language) == Some(language))
            };
            if !file::is_name(&args.name) {
                return Err("a template's name has lower case letters, digits and _ only".into());
            }
            let filter = format!("&name={}", args.name);
            match list(&args.account.ready()?, &filter, &wanted).await? {
                0 => Err("there is no such template".into()),
                _ => Ok(()),
            }
        }
    }
}

/// Meta's request to create the template of an owner's file.
pub(crate) fn request(text: &str) -> Result<Value, String> {
    let template = file::Template::parse(text).map_err(|fault| fault.to_string())?;
    Ok(template.body())
}

async fn create(args: Create) -> Result<(), Failure> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", args.file.display());
    let template = file::Template::parse(&read(&args.file)?).map_err(|error| named(&error))?;
    let body = template.body().to_string();
    if args.dry_run {
        print(&body);
        return Ok(());
    }
    let ready = args.account.ready()?;
    let account = ready.business_account()?;
    let mut answer = Page::new(&reads::OBJECT);
    let mut scratch = vec![0; SCRATCH];
    let body = Some(body.as_bytes());
    ready
        .graph()
        .ask(
            Method::Post,
            account,
            "/message_templates",
            body,
            &mut answer,
            &mut |_| {},
            &mut scratch,
        )
        .await?;
    print(line(answer.found()));
    Ok(())
}

/// Prints the templates that are wanted, page by page; how many there were.
async fn list(ready: &Ready, filter: &str, wanted: &dyn Fn(Found<'_>) -> bool) -> Result<usize, Failure> {
    let account = ready.business_account()?;
    let mut scratch = vec![0; SCRATCH];
    let (mut count, mut after) = (0, String::new());
    loop {
        let tail = format!("/message_templates?fields={TEMPLATE_FIELDS}&limit=100{filter}{after}");
        let mut page = Page::new(&reads::LIST);
        let mut each = |found: Found<'_>| {
            if wanted(found) {
                count += 1;
                print(line(found));
            }
        };
        ready
            .graph()
            .ask(
                Method::Get,
                account,
                &tail,
                None,
                &mut page,
                &mut each,
                &mut scratch,
            )
            .await?;
        let found = page.found();
        if found.is_cut() {
            return Err("the list goes on, and where is longer than can be read".into());
        }
        let before = after;
        after = match (found.get(Member::Next), found.get(Member::After)) {
            (Some(_), Some(cursor)) => format!("&after={}", escaped(cursor)),
            _ => return Ok(count),
        };
        if after == before {
            return Err("the list does not go on: the server names the same page again".into());
        }
    }
}

fn line(found: Found<'_>) -> Value {
    let member = |(name, member): (&str, Member)| Some((name.to_owned(), found.get(member)?.into()));
    Value::Object(MEMBERS.into_iter().filter_map(member).collect::<Map<_, _>>())
}

/// A value of a query. Cursors are Meta's, and may have anything in them.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // A string takes everything.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
