//! `tidings demo`: the product at work, in one process and without accounts.
//!
//! It starts the gateway and the vendors' simulator, connects a simulated number, and subscribes one endpoint for each
//! webhook format ([`stage`]). Then a [`story`] is played: customers write, the company answers, one answer does not
//! arrive. Every webhook is verified and printed as it arrives, and a scene ends when everything that it leads to has come,
//! in order ([`expect`]). Nothing waits for time to pass.

mod api;
mod expect;
mod gist;
mod print;
mod stage;
mod story;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use tidings_gateway::{
    clock::{Random as _, SystemRandom},
    settings::Kept,
};
use tokio::signal::unix::{SignalKind, signal};

use self::{expect::Expectation, print::Printer, stage::Stage, story::scenes};
use crate::{
    host::Host,
    options::{LogFormat, ServeOptions},
};

/// Options of the demo.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings demo                 the story, and then whatever you do yourself, until Ctrl-C
  tidings demo --once          the story alone; ends with 0 if every webhook came, in order, and verified
  tidings demo --once | cat    a line for each webhook: time, format, event, event id, verified, status")]
pub(crate) struct DemoArguments {
    /// Ends after the story; succeeds if every expected webhook came, in order, and verified
    #[arg(long)]
    once: bool,
    /// A folder for the data, in which no demo was shown yet and which is left behind; by default a temporary one
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the gateway listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Runs the demo.
pub(crate) async fn run(arguments: DemoArguments) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let data = arguments.data.clone().unwrap_or_else(|| temporary.path().join("tidings-data"));
    let key = format!("demo_{}", random_hex(16));
    let host = Host::start(&options(&arguments, data, &key)).await?;
    let base = format!("http://{}", host.address);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(host.serve(async move {
        // A dropped sender stops it as well.
        let _ = stopped.await;
    }));

    let shown = show(&base, &key, arguments.once).await;
    drop(stop);
    serving.await.context("the gateway panicked")??;
    shown
}

fn options(arguments: &DemoArguments, data: PathBuf, key: &str) -> ServeOptions {
    ServeOptions {
        listen: arguments.listen,
        public_url: None,
        admin_key: Some(key.to_owned()),
        seal_key_file: data.join("tidings.key"),
        allow_networks: vec![ipnet::IpNet::V4(ipnet::Ipv4Net::new_assert([127, 0, 0, 0].into(), 8))],
        deny_networks: Vec::new(),
        requests_per_minute: None,
        kept: Kept::default(),
        log: "warn".to_owned(),
        log_format: LogFormat::Text,
        data,
    }
}

/// The story and, unless it is shown once, whatever happens after it. It may be interrupted at any time.
async fn show(base: &str, key: &str, once: bool) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for the end")?;
    let printer = Printer::new();
    let showing = async {
        let mut stage = Stage::build(base, key, printer.pace()).await?;
        printer.introduction(&stage)?;
        play(&mut stage, &printer).await?;
        printer.conclusion()?;
        if once {
            return Ok(());
        }
        printer.invitation(&stage)?;
        while let Some(arrival) = stage.receiver.next().await {
            printer.arrival(&arrival)?;
        }
        Ok(())
    };
    tokio::select! {
        shown = showing => shown,
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}

/// Plays the scenes, each until everything that it leads to has come.
async fn play(stage: &mut Stage, printer: &Printer) -> anyhow::Result<()> {
    let mut expectation = Expectation::default();
    for scene in scenes(&stage.channel) {
        printer.scene(&scene)?;
        stage.act(&scene.act).await?;
        expectation.fulfil(&scene, &mut stage.receiver, printer).await?;
    }
    Ok(())
}

fn random_hex(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    SystemRandom.fill(&mut random);
    random.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
