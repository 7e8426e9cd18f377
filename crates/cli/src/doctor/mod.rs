//! `tidings doctor`: whether everything is as it should be, on this machine and at the running server.
//!
//! It changes nothing, but what the server learns of its channels when it asks their vendors. Each check is a [`Finding`] with what to do about it; those that need what an earlier one did not
//! find are left out. It may be run beside the server, and from another machine, where it finds no data folder.

mod channels;
mod database;
mod endpoints;
mod files;
mod finding;
mod folder;
mod key;
mod options;
mod reach;
mod server;

use clap::Args;

use self::finding::{Finding, State, told};
use crate::{
    client::{Client, ServerArguments},
    options::{ServeArguments, ServeOptions},
    output::Paint,
};

/// Options of `doctor`: those of the server, as it is started, and where it is.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings doctor                                    with the variables and in the folder of the server
  tidings doctor --config /etc/tidings.toml
  tidings doctor --server https://chat.example.com  from elsewhere

It ends with 1 if something is not as it should be.")]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    options: ServeArguments,
    #[command(flatten)]
    server: ServerArguments,
    /// Does not have the server ask the vendors whether its channels work
    #[arg(long)]
    skip_vendors: bool,
}

/// Looks at everything.
pub(crate) async fn run(arguments: DoctorArguments) -> anyhow::Result<()> {
    let json = arguments.server.json;
    let findings = look(arguments).await?;
    let failures = findings.iter().filter(|finding| finding.state == State::Fail).count();
    if json {
        crate::print(&serde_json::to_string(&findings)?)?;
    } else {
        crate::print(&told(&findings, Paint::for_stdout()))?;
    }
    match failures {
        0 => Ok(()),
        1 => anyhow::bail!("one thing is not as it should be"),
        more => anyhow::bail!("{more} things are not as they should be"),
    }
}

async fn look(arguments: DoctorArguments) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let options = configuration(&arguments.options, &mut findings)?;
    let is_named = arguments.server.named_server().is_some();
    let is_elsewhere = is_named && arguments.options.data.is_none() && !options.data.exists();
    if !is_elsewhere {
        options::look(&options, &mut findings);
        folder::look(&options, &mut findings);
    }
    let client = Client::new(&with_defaults(arguments.server, &options))?;
    if server::look(&client, &mut findings).await {
        let channels = channels::look(&client, !arguments.skip_vendors, &mut findings).await;
        if channels.is_some() {
            endpoints::look(&client, &mut findings).await;
        }
        reach::look(&options, channels.as_deref(), &mut findings).await;
    }
    Ok(findings)
}

/// The options as they count; those that no file spoils if the file cannot be used.
fn configuration(arguments: &ServeArguments, findings: &mut Vec<Finding>) -> anyhow::Result<ServeOptions> {
    let file = arguments.config.as_ref().map(|path| path.display().to_string());
    match arguments.clone().resolve() {
        Ok(options) => {
            let detail = file.map_or_else(|| "no file is used".to_owned(), |file| format!("{file} is understood"));
            findings.push(Finding::ok("configuration", detail));
            Ok(options)
        }
        Err(error) => {
            let advice = "mend it; `tidings config` prints every option with what it means";
            findings.push(Finding::fail("configuration", format!("{error:#}"), advice));
            let rest = ServeArguments { data: arguments.data.clone(), ..ServeArguments::default() };
            rest.resolve()
        }
    }
}

/// Where nobody says otherwise, the server is where these options let it listen, and its operator asks.
fn with_defaults(mut server: ServerArguments, options: &ServeOptions) -> ServerArguments {
    if server.named_server().is_none() && options.listen.port() != 0 {
        let host = match options.listen.ip() {
            ip if !ip.is_unspecified() => options.listen.to_string(),
            ip if ip.is_ipv6() => format!("[::1]:{}", options.listen.port()),
            _ => format!("127.0.0.1:{}", options.listen.port()),
        };
        server.server = Some(format!("http://{host}"));
    }
    if server.key().is_none() {
        server.key.clone_from(&options.admin_key);
    }
    server
}
