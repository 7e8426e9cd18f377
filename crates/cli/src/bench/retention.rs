//! The aged folder: what messages, lists and searches cost on it, and what deleting the oldest fifth of its events holds up.
//!
//! It is filled once, and each run starts the server on it anew. Nothing is deleted in the runs before the last; in that one
//! the server deletes what is too old from its start on, as it does every day, while messages come in at a fixed rate.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::json;
use tidings_domain::Timestamp;
use tidings_simulator::{Connection, whatsapp::graph::Graph};
use tidings_store_sqlite::Examiner;
use tokio::time::{Instant, sleep};

use super::{
    BenchArguments, aged,
    child::{ADMIN_KEY, Server},
    figures::{Aged, Run, Usage, count, per, summarize},
    ledger::Ledger,
    load::{self, Load, Proof},
    readings,
    scenario::{Way, progress, settle, template, unix_millis, unix_seconds},
    setup,
    sink::Sink,
    template::{Template, customers_of},
    usage,
};
use crate::host::DATABASE;

/// Nothing is too old.
const FOR_EVER: &[&str] = &[
    "--keep-events=forever",
    "--keep-attempt-details=forever",
    "--keep-raw-bodies=forever",
    "--keep-unmatched-updates=forever",
    "--keep-dedup-keys=forever",
];
/// How often it is looked how far the server has come.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long nothing is deleted and given back when all is done.
const STILL: Duration = Duration::from_secs(15);

/// Measures all of it, and adds the runs to the others.
pub(super) async fn measure(
    arguments: &BenchArguments,
    data: &Path,
    raw_limit: f64,
    runs: &mut Vec<Run>,
) -> Result<Aged> {
    let full_speed = usize::try_from(arguments.messages)?;
    let at_rate = usize::try_from(arguments.rate)? * usize::try_from(arguments.seconds)?;
    let folder = data.join(format!("aged-{}", unix_millis()?));
    progress("filling a folder")?;
    let events = age(&folder, usize::try_from(arguments.aged_messages)?).await?;
    let bytes = database_bytes(&folder)?;

    let drive = |name, way, messages, rate| Drive { name, way, messages, rate, raw_limit };
    let server = Server::start_with(&folder, FOR_EVER).await?;
    let mut scene = Scene::set(&server, arguments.connections, customers_of(full_speed)).await?;
    progress("lists and searches")?;
    let readings = readings::measure(&server).await?;
    for what in [
        drive("aged in", Way::In, full_speed, None),
        drive("aged out", Way::Out, full_speed, None),
        drive("aged at a rate", Way::In, at_rate, Some(arguments.rate)),
    ] {
        runs.push(scene.run(&server, what).await?);
    }
    server.stop().await?;

    let begun = Instant::now();
    let server = Server::start(&folder).await?;
    let watched = tokio::spawn(watch(server.address, folder.clone(), begun));
    runs.push(scene.run(&server, drive("while it deletes", Way::In, at_rate, Some(arguments.rate))).await?);
    let Watched { events_deleted, seconds, seconds_in_all, write_ahead_bytes } = watched.await??;
    server.stop().await?;
    let bytes_after = database_bytes(&folder)?;
    Ok(Aged { events, bytes, readings, events_deleted, seconds, seconds_in_all, bytes_after, write_ahead_bytes })
}

/// Sets a server up with a number and somebody who wants to hear of everything, and writes what happened to them since.
/// Answers how many events that are.
async fn age(folder: &Path, messages: usize) -> Result<usize> {
    fs::create_dir_all(folder)?;
    let server = Server::start_with(folder, FOR_EVER).await?;
    let mut connection = Connection::to(&setup::base(&server))?;
    setup::channel(&mut connection, &server, setup::account_of("106540352242921"), json!({})).await?;
    endpoint(&mut connection, &server, "message.*", None).await?;
    server.stop().await?;
    let now = Timestamp::from_millis(i64::try_from(unix_millis()?)?);
    aged::fill(folder, messages, now).await
}

/// Creates an endpoint that is paused, and answers its id.
async fn endpoint(connection: &mut Connection, server: &Server, events: &str, channel: Option<&str>) -> Result<String> {
    let endpoint = json!({
        "url": "http://127.0.0.1:9/", "format": "lifecycle", "events": [events], "enabled": false,
        "channels": channel.into_iter().collect::<Vec<_>>(),
    });
    let endpoint = setup::create(connection, &setup::base(server), "endpoints", &endpoint).await?;
    Ok(endpoint["id"].as_str().context("the new endpoint has no id")?.to_owned())
}

fn database_bytes(folder: &Path) -> Result<u64> {
    Ok(fs::metadata(folder.join(DATABASE))?.len())
}

/// What all runs on the folder share.
struct Scene {
    connections: u32,
    customers: usize,
    channel_in: String,
    endpoint_in: String,
    channel_out: String,
    endpoint_out: String,
    _graph: Graph,
}

/// A run on it.
struct Drive {
    name: &'static str,
    way: Way,
    messages: usize,
    rate: Option<u32>,
    raw_limit: f64,
}

impl Scene {
    /// Adds the channels and the endpoints of the runs to come.
    async fn set(server: &Server, connections: u32, customers: usize) -> Result<Scene> {
        let mut connection = Connection::to(&setup::base(server))?;
        let channel_in = setup::channel(&mut connection, server, setup::account(), json!({})).await?;
        let endpoint_in = endpoint(&mut connection, server, "message.*", Some(&channel_in)).await?;
        let account = setup::account_of("106540352242923");
        let (graph, channel_out) = setup::vendor(&mut connection, server, account.clone()).await?;
        let endpoint_out = endpoint(&mut connection, server, "message.sent", Some(&channel_out)).await?;
        setup::open_windows(server, &channel_out, &account, customers, unix_seconds()?).await?;
        Ok(Scene { connections, customers, channel_in, endpoint_in, channel_out, endpoint_out, _graph: graph })
    }

    async fn run(&mut self, server: &Server, what: Drive) -> Result<Run> {
        progress(what.name)?;
        let ledger = Arc::new(Ledger::new(unix_millis()?, what.messages, 1));
        let sink = Sink::start(Arc::clone(&ledger)).await?;
        let base = setup::base(server);
        let (endpoint, target, proof, template) = match what.way {
            Way::In => (
                &self.endpoint_in,
                format!("{base}/in/{}", self.channel_in),
                Proof::Signature(setup::account().app_secret),
                template()?,
            ),
            Way::Out => (
                &self.endpoint_out,
                format!("{base}/v1/messages"),
                Proof::Key(ADMIN_KEY),
                Template::outward(&self.channel_out, self.customers),
            ),
        };
        setup::resume_at(server, endpoint, &sink.url(0)).await?;
        let before = usage::cpu_ms(server.process);
        let memory_idle_mb = usage::memory_mb(server.process).map(|(now, _)| now);
        load::run(Load { target, proof, template, connections: self.connections, rate: what.rate }, &ledger).await?;
        settle(&ledger, what.way).await;
        let mut run = summarize(what.name, &ledger, what.raw_limit);
        let spent = usage::cpu_ms(server.process).zip(before).map(|(after, before)| after - before);
        let memory = usage::memory_mb(server.process);
        run.usage = Usage {
            cpu_ms_per_message: spent.map(|spent| per(spent, count(run.accepted))),
            memory_idle_mb,
            memory_peak_mb: memory.map(|(_, most)| most),
            memory_after_mb: memory.map(|(now, _)| now),
            disk_bytes_per_message: None,
        };
        Ok(run)
    }
}

/// What was seen of a server that deletes.
struct Watched {
    events_deleted: u64,
    seconds: f64,
    seconds_in_all: f64,
    write_ahead_bytes: u64,
}

/// Watches a server until it has deleted every event that is too old, and then until nothing is deleted or given back any
/// more.
async fn watch(server: SocketAddr, folder: PathBuf, begun: Instant) -> Result<Watched> {
    let mut connection = Connection::to(&format!("http://{server}"))?;
    let write_ahead = folder.join(format!("{DATABASE}-wal"));
    let database = Examiner::open(&folder.join(DATABASE))?;
    let (mut write_ahead_bytes, mut events_done, mut last) = (0, None, ((0, 0, 0), begun));
    loop {
        sleep(LOOK_EVERY).await;
        write_ahead_bytes = fs::metadata(&write_ahead)?.len().max(write_ahead_bytes);
        let request = Request::get(format!("http://{server}/metrics")).body(Full::new(Bytes::new()))?;
        let answer = connection.send(request).await?;
        let text = String::from_utf8_lossy(answer.body());
        let figures = |name: &'static str| {
            let lines = text.lines().filter_map(move |line| line.strip_prefix(name));
            lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        };
        if figures("tidings_retention_lag_seconds").next() == Some(0) && events_done.is_none() {
            let deleted = figures("tidings_pruned_total{records=\"events\"}").sum::<u64>();
            events_done = Some((deleted, begun.elapsed().as_secs_f64()));
        }
        let (deleted, room) = (figures("tidings_pruned_total").sum::<u64>(), database.room()?);
        let now = (deleted, room.bytes, room.free);
        if now != last.0 {
            last = (now, Instant::now());
        }
        if let Some((events_deleted, seconds)) = events_done
            && last.1.elapsed() > STILL
        {
            let seconds_in_all = (last.1 - begun).as_secs_f64();
            return Ok(Watched { events_deleted, seconds, seconds_in_all, write_ahead_bytes });
        }
    }
}
