//! `tidings channels`: the accounts at the vendors.

mod add;
mod whatsapp;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use self::whatsapp::WhatsappArguments;
use crate::{
    client::{Answer, ServerArguments, path},
    output::{Table, Tone, details},
    verb::{Desk, PageArguments, YesArgument, cell, dim, document, pair, setting, status, text},
};

/// The accounts at the vendors.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings channels add whatsapp           asks for everything, checks it and says what to enter at Meta
  tidings channels list
  tidings channels check chan_…
  tidings channels update chan_… --credential access_token=…")]
pub(crate) struct ChannelsArguments {
    #[command(flatten)]
    server: ServerArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Clone, Subcommand)]
enum Verb {
    /// Lists the channels
    List {
        /// Only of this type, such as whatsapp
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
        #[command(flatten)]
        page: PageArguments,
    },
    /// Shows one channel, with what to enter at the vendor
    Get(ChannelArgument),
    /// Connects an account
    #[command(subcommand, visible_alias = "create")]
    Add(AddVerb),
    /// Changes a channel
    Update(UpdateArguments),
    /// Deletes a channel; its messages stay
    Delete {
        #[command(flatten)]
        channel: ChannelArgument,
        #[command(flatten)]
        yes: YesArgument,
    },
    /// Asks the vendor whether the channel works
    Check(ChannelArgument),
    /// Lists the channel's templates
    Templates {
        #[command(flatten)]
        channel: ChannelArgument,
        /// Reads them from the vendor first
        #[arg(long)]
        sync: bool,
    },
}

#[derive(Debug, Clone, Subcommand)]
enum AddVerb {
    /// A WhatsApp number; on a terminal it asks for what is not given
    Whatsapp(WhatsappArguments),
}

#[derive(Debug, Clone, Args)]
struct ChannelArgument {
    /// The channel
    #[arg(value_name = "chan_…")]
    id: String,
}

#[derive(Debug, Clone, Args)]
struct UpdateArguments {
    #[command(flatten)]
    channel: ChannelArgument,
    /// What it is to be called
    #[arg(long)]
    name: Option<String>,
    /// A credential that changes; may be repeated
    #[arg(long = "credential", value_name = "NAME=VALUE", value_parser = pair)]
    credentials: Vec<(String, String)>,
    /// A setting that changes, null for its default; may be repeated
    #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = pair)]
    settings: Vec<(String, String)>,
}

/// Does it.
pub(crate) async fn run(arguments: ChannelsArguments) -> anyhow::Result<()> {
    let desk = Desk::new(&arguments.server)?;
    match arguments.verb {
        Verb::List { kind, page } => {
            let columns = ["ID", "TYPE", "~NAME", "STATUS", "ACCOUNT", "CREATED"];
            let table = Table::new("There are no channels; `tidings channels add whatsapp` makes one.", &columns);
            desk.list(&["channels"], &page.with(&[("type", kind)]), table, |channel| {
                vec![
                    cell(channel, "/id"),
                    cell(channel, "/type"),
                    cell(channel, "/name"),
                    status(channel, "/status"),
                    cell(channel, "/settings/phone_number_id"),
                    dim(channel, "/created_at"),
                ]
            })
            .await
        }
        Verb::Get(ChannelArgument { id }) => desk.show(&["channels", &id]).await,
        Verb::Add(AddVerb::Whatsapp(arguments)) => add::add(&desk, whatsapp::gather(arguments)?).await,
        Verb::Update(arguments) => update(&desk, arguments).await,
        Verb::Delete { channel: ChannelArgument { id }, yes } => desk.delete(&["channels", &id], &id, &yes).await,
        Verb::Check(ChannelArgument { id }) => check(&desk, &id).await,
        Verb::Templates { channel: ChannelArgument { id }, sync } => templates(&desk, &id, sync).await,
    }
}

async fn update(desk: &Desk, arguments: UpdateArguments) -> anyhow::Result<()> {
    let object = |pairs: Vec<(String, Value)>| (!pairs.is_empty()).then(|| Value::Object(Map::from_iter(pairs)));
    let credentials = arguments.credentials.into_iter().map(|(name, value)| (name, Value::from(value)));
    let settings = arguments.settings.into_iter().map(|(name, value)| (name, setting(&value)));
    let change = document([
        ("name", arguments.name.map(|name| json!(name))),
        ("credentials", object(credentials.collect())),
        ("settings", object(settings.collect())),
    ]);
    let answer = desk.client.patch(&path(&["channels", &arguments.channel.id]), &change).await?;
    desk.details(&answer)
}

/// Asks the vendor. What is not as it should be is a failure, so that scripts notice it.
async fn check(desk: &Desk, id: &str) -> anyhow::Result<()> {
    let answer = desk.client.post(&path(&["channels", id, "check"]), None).await?;
    desk.output.answer(&answer, |answer| found(desk, answer))?;
    anyhow::ensure!(answer.json["ok"] == true, "the vendor does not answer as it should for {id}");
    Ok(())
}

/// What a check found.
fn found(desk: &Desk, answer: &Answer) -> String {
    let paint = desk.output.paint;
    let status = text(&answer.json, "/status");
    if answer.json["ok"] == true {
        let told = details(paint, &answer.json["account"]);
        let templates = match answer.json["templates"].as_u64() {
            Some(number) => format!("\n{number} templates were read."),
            None => String::new(),
        };
        return format!("{}; the channel is {status}.\n{told}{templates}", paint.on(Tone::Good, "The vendor answers"));
    }
    let error = ["/error/code", "/error/message", "/error/category"].map(|pointer| text(&answer.json, pointer));
    let [code, message, category] = error;
    let code = if code == category { category } else { format!("{category} {code}") };
    format!("{}: {message} ({code}); the channel is {status}.", paint.on(Tone::Bad, "It does not work"))
}

async fn templates(desk: &Desk, id: &str, sync: bool) -> anyhow::Result<()> {
    let answer = if sync {
        desk.client.post(&path(&["channels", id, "templates", "sync"]), None).await?
    } else {
        desk.client.get(&path(&["channels", id, "templates"])).await?
    };
    desk.output.list(&answer, |answer| {
        let mut table =
            Table::new("No templates are known; --sync reads them.", &["NAME", "LANGUAGE", "STATUS", "~CATEGORY"]);
        for template in answer.items() {
            let fields = ["/name", "/language", "/status", "/category"];
            table.row(fields.map(|pointer| cell(template, pointer)));
        }
        table
    })
}
