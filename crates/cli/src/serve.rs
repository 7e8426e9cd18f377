//! `tidings serve`

use std::io::IsTerminal as _;

use anyhow::Context as _;
use clap::{ArgMatches, CommandFactory as _};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    host::Host,
    options::{LogFormat, ServeArguments, ServeOptions},
    origin::{Used, unknown, used},
};

/// Runs the gateway until SIGTERM or SIGINT.
pub(crate) async fn run(arguments: ServeArguments, matches: Option<&ArgMatches>) -> anyhow::Result<()> {
    let file = arguments.file()?;
    let options = arguments.resolve_over(file.clone())?;
    start_log(&options)?;
    let stop = asked_to_stop()?;
    let host = Host::start(&options).await?;
    tracing::info!("listening on http://{}", host.address);
    let public_url = options.public_url.clone().unwrap_or_else(|| format!("http://{}", host.address));
    let options = ServeOptions { public_url: Some(public_url), ..options };
    for Used { name, value, origin } in used(&options, &file, matches) {
        tracing::info!("option {name} = {value} ({origin})");
    }
    let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in unknown(variables, &crate::Command::command()) {
        tracing::warn!(
            "the variable {name} does nothing: no option has it; `tidings serve --help` names those that have one"
        );
    }
    tracing::info!(data = %options.data.display(), docs = %format!("http://{}/docs", host.address), "ready");
    if let Some(key) = host.gateway.take_new_admin_key() {
        crate::print(&format!("The operator's key, shown only this once:\n\n    {key}\n"))?;
    }
    host.serve(stop).await?;
    tracing::info!("stopped");
    Ok(())
}

fn start_log(options: &ServeOptions) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&options.log)
        .with_context(|| format!("log: `{}` is no filter such as info,tidings_gateway=debug", options.log))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would complain of a line that cannot be written on the same standard error, and panic. The line is lost;
        // the process must not be.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal());
    match options.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

/// Ends at SIGTERM or SIGINT.
fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: what is under way is finished, nothing new is taken");
    })
}
