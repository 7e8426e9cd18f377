//! Figures from a ledger: rates and percentiles, and what of the server's usage falls to one message.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

use super::{ledger::Ledger, readings::Reading};

/// Everything one call of `tidings bench` found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) version: &'static str,
    pub(super) processors: usize,
    pub(super) connections: u32,
    pub(super) body_bytes: usize,
    /// R: requests per second that the loader reaches against its own sink.
    pub(super) raw_limit: f64,
    pub(super) runs: Vec<Run>,
    /// What lists and searches took, and what was deleted for its age, where that was measured.
    #[serde(flatten)]
    pub(super) aged: Option<Aged>,
}

/// What was found on a data folder as weeks of work leave it.
#[derive(Debug, Serialize)]
pub(super) struct Aged {
    /// Events and bytes before what is old was deleted.
    pub(super) events: usize,
    pub(super) bytes: u64,
    pub(super) readings: Vec<Reading>,
    /// How many events were deleted for their age, in how many seconds since the start, and how many bytes were left.
    pub(super) events_deleted: u64,
    pub(super) seconds: f64,
    /// Until all else was deleted for its age and space was given back.
    pub(super) seconds_in_all: f64,
    pub(super) bytes_after: u64,
    /// The most bytes that the write-ahead log had meanwhile.
    pub(super) write_ahead_bytes: u64,
}

/// What one run of one scenario found.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    pub(super) name: &'static str,
    pub(super) endpoints: usize,
    pub(super) accepted: usize,
    pub(super) refused: usize,
    pub(super) first_refusal: Option<String>,
    /// Pairs of message and endpoint that were acknowledged to the vendor and did not arrive.
    pub(super) lost: usize,
    /// Arrivals beyond the first one.
    pub(super) repeated: usize,
    pub(super) accepted_per_second: f64,
    pub(super) webhooks_per_second: f64,
    /// Webhooks per second as a share of R.
    pub(super) share_of_raw_limit: f64,
    pub(super) accept_ms: Option<Percentiles>,
    pub(super) arrival_ms: Option<Percentiles>,
    #[serde(flatten)]
    pub(super) usage: Usage,
}

/// What the server used.
#[derive(Debug, Default, Serialize)]
pub(super) struct Usage {
    pub(super) cpu_ms_per_message: Option<f64>,
    pub(super) disk_bytes_per_message: Option<u64>,
    pub(super) memory_idle_mb: Option<f64>,
    pub(super) memory_peak_mb: Option<f64>,
    pub(super) memory_after_mb: Option<f64>,
}

/// Milliseconds that half of the messages, 99 %, 99.9 % and all of them stay below.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Percentiles {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
    pub(super) most: f64,
}

/// Rates and times of a finished run; usage is added by whoever watched the server.
pub(super) fn summarize(name: &'static str, ledger: &Ledger, raw_limit: f64) -> Run {
    let began = times(&ledger.sent).min().unwrap_or(0);
    let accepted = times(&ledger.acknowledged).count();
    let lasted = |until: Option<u64>| seconds(until.unwrap_or(0).saturating_sub(began));
    let last_arrival = ledger.arrived.iter().flat_map(|column| times(column)).max();
    let arrivals: usize = ledger.arrived.iter().map(|column| times(column).count()).sum();
    let webhooks_per_second = per(count(arrivals), lasted(last_arrival));
    let (refused, first_refusal) = ledger.refused();
    Run {
        name,
        endpoints: ledger.arrived.len(),
        accepted,
        refused,
        first_refusal: first_refusal.map(str::to_owned),
        lost: lost(ledger),
        repeated: ledger.repeated(),
        accepted_per_second: per(count(accepted), lasted(times(&ledger.acknowledged).max())),
        webhooks_per_second,
        share_of_raw_limit: per(webhooks_per_second, raw_limit),
        accept_ms: percentiles(waits(&ledger.sent, &ledger.acknowledged).collect()),
        arrival_ms: percentiles(ledger.arrived.iter().flat_map(|column| waits(&ledger.sent, column)).collect()),
        usage: Usage::default(),
    }
}

/// A division that makes nothing of nothing.
pub(super) fn per(amount: f64, unit: f64) -> f64 {
    if unit > 0.0 { amount / unit } else { 0.0 }
}

/// Counts here are far below what an `f64` holds exactly.
pub(super) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

fn lost(ledger: &Ledger) -> usize {
    let missing = |column: &Vec<AtomicU64>| {
        let pairs = ledger.acknowledged.iter().zip(column);
        pairs.filter(|(acknowledged, arrived)| acknowledged.load(Relaxed) > 0 && arrived.load(Relaxed) == 0).count()
    };
    ledger.arrived.iter().map(missing).sum()
}

fn times(column: &[AtomicU64]) -> impl Iterator<Item = u64> + '_ {
    column.iter().map(|cell| cell.load(Relaxed)).filter(|time| *time > 0)
}

/// How long it took from one column to the other, where both happened.
fn waits<'a>(from: &'a [AtomicU64], until: &'a [AtomicU64]) -> impl Iterator<Item = u64> + 'a {
    let pairs = from.iter().zip(until).map(|(from, until)| (from.load(Relaxed), until.load(Relaxed)));
    pairs.filter(|(from, until)| *from > 0 && *until > 0).map(|(from, until)| until.saturating_sub(from))
}

pub(super) fn percentiles(mut nanoseconds: Vec<u64>) -> Option<Percentiles> {
    nanoseconds.sort_unstable();
    let last = nanoseconds.len().checked_sub(1)?;
    let at = |thousandths: usize| seconds(nanoseconds[last * thousandths / 1000]) * 1e3;
    Some(Percentiles { p50: at(500), p99: at(990), p999: at(999), most: at(1000) })
}

fn seconds(nanoseconds: u64) -> f64 {
    std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: u64 = 1_000_000;

    #[test]
    fn rates_waits_and_losses_come_from_the_ledger() {
        let ledger = Ledger::new(1, 4, 2);
        for message in 0..4 {
            let time = u64::try_from(message).unwrap() * 100 * MILLISECOND + 1;
            ledger.sent[message].store(time, Relaxed);
            if message < 3 {
                ledger.acknowledged[message].store(time + 2 * MILLISECOND, Relaxed);
                ledger.arrived[0][message].store(time + 5 * MILLISECOND, Relaxed);
            }
        }
        ledger.arrived[1][0].store(1 + 400 * MILLISECOND, Relaxed);
        ledger.refuse(|| "503".to_owned());
        let run = summarize("test", &ledger, 100.0);
        assert_eq!((run.accepted, run.refused, run.lost, run.endpoints), (3, 1, 2, 2));
        assert_eq!(run.first_refusal.as_deref(), Some("503"));
        assert!((run.accepted_per_second - 3.0 / 0.202).abs() < 1e-6);
        assert!((run.webhooks_per_second - 10.0).abs() < 1e-6);
        assert!((run.share_of_raw_limit - 0.1).abs() < 1e-9);
        assert_eq!(run.accept_ms.unwrap(), Percentiles { p50: 2.0, p99: 2.0, p999: 2.0, most: 2.0 });
        assert!((run.arrival_ms.unwrap().p50 - 5.0).abs() < 1e-9);
    }

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let hundred = percentiles((1..=100).map(|value| value * MILLISECOND).collect()).unwrap();
        assert_eq!(hundred, Percentiles { p50: 50.0, p99: 99.0, p999: 99.0, most: 100.0 });
        assert_eq!(percentiles(Vec::new()), None);
    }
}
