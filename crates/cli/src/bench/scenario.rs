//! The scenarios: what is started, what is sent at it, what it is compared with.

use std::{
    io::Write,
    path::Path,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use http::StatusCode;
use tidings_simulator::{Behaviour, Receiver, whatsapp::graph::Graph};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    BenchArguments, Scenario,
    child::{ADMIN_KEY, Server},
    figures::{Report, Run, Usage, count, per, summarize},
    ledger::Ledger,
    load::{self, Load, Proof},
    retention, setup,
    sink::Sink,
    template::{Template, customers_of},
    usage,
};

/// The raw limit is a few times faster than anything else, so it takes more messages to measure as long.
const RAW_MESSAGES_FACTOR: usize = 4;
/// After the last message was sent, arrivals are waited for so long.
const SETTLE_WITHIN: Duration = Duration::from_mins(1);
/// So many messages go out in a second at the least, so that more of them are waited for longer.
const SLOWEST_OUT: usize = 500;
/// Outcomes are committed shortly after the last answer, and belong to the cost of a message.
const OUTCOMES_WITHIN: Duration = Duration::from_millis(200);
/// How long a dripping endpoint lets pass between two bytes.
const DRIP_EVERY: Duration = Duration::from_millis(500);

struct Plan {
    name: &'static str,
    messages: usize,
    rate: Option<u32>,
    /// Endpoints at the sink.
    endpoints: usize,
    /// Endpoints elsewhere, which misbehave.
    others: Vec<String>,
    way: Way,
}

/// Which way the messages go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the vendor, as webhooks.
    In,
    /// To the vendor, by the API.
    Out,
}

pub(super) async fn measure(arguments: &BenchArguments, data: &Path) -> Result<Report> {
    let body_bytes = template()?.body(0, &Ledger::new(0, 1, 1).marker(0)).len();
    progress("raw limit")?;
    let raw_limit = raw_limit(arguments).await?;
    let trouble = Trouble::start().await?;
    let mut runs = Vec::new();
    for plan in plans(arguments, &trouble)? {
        progress(plan.name)?;
        let name = plan.name;
        runs.push(run(arguments, plan, data, raw_limit).await.with_context(|| format!("in the run {name}"))?);
    }
    let mut aged = None;
    if arguments.scenario == Scenario::Retention {
        aged = Some(retention::measure(arguments, data, raw_limit, &mut runs).await?);
    }
    Ok(Report {
        version: env!("CARGO_PKG_VERSION"),
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        connections: arguments.connections,
        body_bytes,
        raw_limit,
        runs,
        aged,
    })
}

fn plans(arguments: &BenchArguments, trouble: &Trouble) -> Result<Vec<Plan>> {
    let wanted = |scenario| match arguments.scenario {
        Scenario::All => !matches!(scenario, Scenario::Backlog | Scenario::Retention),
        one => one == scenario,
    };
    let full_speed = usize::try_from(arguments.messages)?;
    let at_rate = usize::try_from(arguments.rate)? * usize::try_from(arguments.seconds)?;
    let fast =
        |name, endpoints| Plan { name, messages: full_speed, rate: None, endpoints, others: Vec::new(), way: Way::In };
    let steady =
        |name, others| Plan { name, messages: at_rate, rate: Some(arguments.rate), endpoints: 1, others, way: Way::In };
    let mut plans = Vec::new();
    if wanted(Scenario::Saturation) {
        plans.push(fast("saturation", 1));
    }
    if wanted(Scenario::Fanout) {
        plans.push(fast("fan-out", usize::try_from(arguments.endpoints)?));
    }
    if wanted(Scenario::Latency) {
        plans.push(steady("at a rate", Vec::new()));
    }
    if wanted(Scenario::SlowEndpoint) {
        plans.push(steady("alone", Vec::new()));
        plans.push(steady("beside trouble", trouble.all()));
    }
    if wanted(Scenario::Send) {
        plans.push(Plan { way: Way::Out, ..fast("send", 1) });
    }
    if wanted(Scenario::SendRate) {
        plans.push(Plan { way: Way::Out, ..steady("send at a rate", Vec::new()) });
    }
    if wanted(Scenario::Retention) {
        plans.push(fast("empty in", 1));
        plans.push(Plan { way: Way::Out, ..fast("empty out", 1) });
    }
    if wanted(Scenario::Backlog) {
        plans.push(Plan { others: vec![trouble.failing()], ..fast("backlog", 0) });
    }
    Ok(plans)
}

async fn raw_limit(arguments: &BenchArguments) -> Result<f64> {
    let messages = usize::try_from(arguments.messages)? * RAW_MESSAGES_FACTOR;
    let ledger = Arc::new(Ledger::new(unix_millis()?, messages, 1));
    let sink = Sink::start(Arc::clone(&ledger)).await?;
    let load = Load {
        target: sink.url(0),
        proof: Proof::None,
        template: template()?,
        connections: arguments.connections,
        rate: None,
    };
    load::run(load, &ledger).await?;
    let run = summarize("raw limit", &ledger, 0.0);
    anyhow::ensure!(run.refused == 0 && run.lost == 0, "the loader does not reach its own sink");
    Ok(run.accepted_per_second)
}

async fn run(arguments: &BenchArguments, plan: Plan, data: &Path, raw_limit: f64) -> Result<Run> {
    let marker = unix_millis()?;
    let ledger = Arc::new(Ledger::new(marker, plan.messages, plan.endpoints));
    let sink = Sink::start(Arc::clone(&ledger)).await?;
    let urls: Vec<String> = (0..plan.endpoints).map(|endpoint| sink.url(endpoint)).chain(plan.others).collect();

    let folder = data.join(format!("{}-{marker}", plan.name.replace(' ', "-")));
    std::fs::create_dir_all(&folder)?;
    let server = Server::start(&folder).await?;
    let Prepared { target, proof, template, graph } = prepare(&server, &urls, plan.way, plan.messages).await?;
    let load = Load { target, proof, template, connections: arguments.connections, rate: plan.rate };

    let before = Before::of(&server)?;
    load::run(load, &ledger).await?;
    settle(&ledger, plan.way).await;
    let after = (usage::cpu_ms(server.process), usage::memory_mb(server.process));
    let mut run = summarize(plan.name, &ledger, raw_limit);
    run.endpoints = urls.len();
    if let Some(graph) = graph.filter(|_| run.refused == 0) {
        let taken = graph.accepted_count();
        anyhow::ensure!(taken == run.accepted as u64, "{} accepted, {taken} sent to the vendor", run.accepted);
    }
    run.usage = before.until(after, server, run.accepted).await?;
    Ok(run)
}

/// What is needed to send messages one way.
struct Prepared {
    target: String,
    proof: Proof,
    template: Template,
    /// The vendor, where messages go out. It runs until this is dropped.
    graph: Option<Graph>,
}

async fn prepare(server: &Server, urls: &[String], way: Way, messages: usize) -> Result<Prepared> {
    match way {
        Way::In => Ok(Prepared {
            target: setup::inward(server, urls).await?,
            proof: Proof::Signature(setup::account().app_secret),
            template: template()?,
            graph: None,
        }),
        Way::Out => {
            let customers = customers_of(messages);
            let (graph, channel) = setup::outward(server, urls, customers, unix_seconds()?).await?;
            Ok(Prepared {
                target: format!("http://{}/v1/messages", server.address),
                proof: Proof::Key(ADMIN_KEY),
                template: Template::outward(&channel, customers),
                graph: Some(graph),
            })
        }
    }
}

pub(super) async fn settle(ledger: &Ledger, way: Way) {
    let accepted = summarize("", ledger, 0.0).accepted;
    let going_out = match way {
        Way::In => 0,
        Way::Out => ledger.messages() / SLOWEST_OUT,
    };
    let patience = Instant::now() + SETTLE_WITHIN + Duration::from_secs(going_out as u64);
    while !ledger.has_arrived(accepted) && Instant::now() < patience {
        sleep(Duration::from_millis(10)).await;
    }
    sleep(OUTCOMES_WITHIN).await;
}

/// What the server used before the first message.
struct Before {
    cpu_ms: Option<f64>,
    memory_mb: Option<f64>,
    disk_bytes: u64,
}

impl Before {
    fn of(server: &Server) -> Result<Before> {
        Ok(Before {
            cpu_ms: usage::cpu_ms(server.process),
            memory_mb: usage::memory_mb(server.process).map(|(now, _)| now),
            disk_bytes: usage::folder_bytes(server.data(), false)?,
        })
    }

    /// Stops the server, so that its database is checkpointed, and says what the messages cost.
    async fn until(
        self,
        (cpu_ms, memory_mb): (Option<f64>, Option<(f64, f64)>),
        server: Server,
        messages: usize,
    ) -> Result<Usage> {
        let folder = server.data().to_owned();
        server.stop().await?;
        let grown = usage::folder_bytes(&folder, true)?.saturating_sub(self.disk_bytes);
        Ok(Usage {
            cpu_ms_per_message: cpu_ms.zip(self.cpu_ms).map(|(after, before)| per(after - before, count(messages))),
            disk_bytes_per_message: grown.checked_div(u64::try_from(messages)?),
            memory_idle_mb: self.memory_mb,
            memory_peak_mb: memory_mb.map(|(_, most)| most),
            memory_after_mb: memory_mb.map(|(now, _)| now),
        })
    }
}

/// Endpoints that misbehave, in a server of their own.
struct Trouble {
    addresses: [String; 3],
    _drain: JoinSet<()>,
}

impl Trouble {
    async fn start() -> Result<Trouble> {
        let mut receiver = Receiver::start().await?;
        receiver.behave("/hang", Behaviour::Hang);
        receiver.behave("/drip", Behaviour::Drip(DRIP_EVERY));
        receiver.behave("/fail", Behaviour::status(StatusCode::INTERNAL_SERVER_ERROR));
        let addresses = ["/hang", "/drip", "/fail"].map(|path| receiver.url(path));
        let mut drain = JoinSet::new();
        drain.spawn(async move { while receiver.next().await.is_some() {} });
        Ok(Trouble { addresses, _drain: drain })
    }

    fn all(&self) -> Vec<String> {
        self.addresses.to_vec()
    }

    fn failing(&self) -> String {
        self.addresses[2].clone()
    }
}

pub(super) fn template() -> Result<Template> {
    Ok(Template::inward(&setup::account(), unix_seconds()?))
}

pub(super) fn unix_seconds() -> Result<i64> {
    Ok(i64::try_from(unix_millis()? / 1000)?)
}

#[expect(clippy::disallowed_methods, reason = "stands outside of the server, as the vendor and its clock do")]
pub(super) fn unix_millis() -> Result<u64> {
    Ok(u64::try_from(std::time::SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

pub(super) fn progress(name: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "measuring: {name}")?)
}
