//! The figures as a table for people: one column per run.

use std::fmt::Write;

use super::{
    figures::{Aged, Percentiles, Report, Run},
    readings::Reading,
};

/// One row: its label, and how a run fills it.
type Row = (&'static str, fn(&Run) -> String);

const ROWS: &[Row] = &[
    ("endpoints", |run| run.endpoints.to_string()),
    ("messages accepted", |run| run.accepted.to_string()),
    ("refused / lost / repeated", |run| format!("{} / {} / {}", run.refused, run.lost, run.repeated)),
    ("messages accepted per second", |run| format!("{:.0}", run.accepted_per_second)),
    ("webhooks delivered per second", |run| format!("{:.0}", run.webhooks_per_second)),
    ("webhooks as a share of R", |run| format!("{:.4}", run.share_of_raw_limit)),
    ("accept ms p50 / p99 / p99.9", |run| times(run.accept_ms)),
    ("arrival ms p50 / p99 / p99.9", |run| times(run.arrival_ms)),
    ("longest accept / arrival ms", |run| {
        [run.accept_ms, run.arrival_ms].map(|ms| number(ms.map(|ms| ms.most), 1)).join(" / ")
    }),
    ("server CPU ms per message", |run| number(run.usage.cpu_ms_per_message, 3)),
    ("data folder bytes per message", |run| {
        run.usage.disk_bytes_per_message.map_or_else(missing, |bytes| bytes.to_string())
    }),
    ("memory MB idle / peak / after", |run| {
        let usage = &run.usage;
        [usage.memory_idle_mb, usage.memory_peak_mb, usage.memory_after_mb].map(|mb| number(mb, 1)).join(" / ")
    }),
];

pub(super) fn render(report: &Report) -> String {
    let mut text = format!(
        "tidings {}, {} processors, {} connections, bodies of {} bytes\nR, the loader against its own sink: {:.0} requests per second\n\n",
        report.version, report.processors, report.connections, report.body_bytes, report.raw_limit
    );
    let label_width = ROWS.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    let mut lines: Vec<String> =
        std::iter::once("").chain(ROWS.iter().map(|row| row.0)).map(|label| format!("{label:label_width$}")).collect();
    for run in &report.runs {
        let cells: Vec<String> =
            std::iter::once(run.name.to_owned()).chain(ROWS.iter().map(|(_, fill)| fill(run))).collect();
        let width = cells.iter().map(String::len).max().unwrap_or(0);
        for (line, cell) in lines.iter_mut().zip(cells) {
            write!(line, "   {cell:>width$}").expect("a string takes everything");
        }
    }
    text.push_str(&lines.join("\n"));
    text.push('\n');
    if let Some(aged) = &report.aged {
        text.push_str(&told(aged));
    }
    for run in &report.runs {
        if let Some(reason) = &run.first_refusal {
            writeln!(text, "\nthe first refusal of {}: {reason}", run.name).expect("a string takes everything");
        }
    }
    text
}

/// What was found on an aged data folder.
fn told(aged: &Aged) -> String {
    let Aged { events, bytes, events_deleted, seconds, seconds_in_all, bytes_after, write_ahead_bytes, .. } = aged;
    let mut text = format!(
        "\n{events} events in {bytes} bytes; {events_deleted} of them were deleted within {seconds:.0} seconds of the start, \
         and all that was too old within {seconds_in_all:.0}, which left {bytes_after} bytes; \
         the write-ahead log had {write_ahead_bytes} at most\n\nms p50 / p99 / longest\n"
    );
    let width = aged.readings.iter().map(|reading| reading.question.len()).max().unwrap_or(0);
    for Reading { question, ms } in &aged.readings {
        writeln!(text, "{question:width$}   {:.2} / {:.2} / {:.2}", ms.p50, ms.p99, ms.most)
            .expect("a string takes everything");
    }
    text
}

fn missing() -> String {
    "-".to_owned()
}

fn times(percentiles: Option<Percentiles>) -> String {
    percentiles.map_or_else(missing, |ms| format!("{:.2} / {:.2} / {:.2}", ms.p50, ms.p99, ms.p999))
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(missing, |value| format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{figures::summarize, ledger::Ledger};

    #[test]
    fn columns_line_up_and_missing_figures_are_dashes() {
        let run = summarize("saturation", &Ledger::new(1, 1, 1), 1.0);
        let report = Report {
            version: "0",
            processors: 2,
            connections: 64,
            body_bytes: 600,
            raw_limit: 1.0,
            runs: vec![run],
            aged: None,
        };
        let text = render(&report);
        let rows: Vec<&str> = text.lines().skip(3).collect();
        assert_eq!(rows.len(), ROWS.len() + 1);
        assert!(rows.iter().all(|row| row.chars().count() == rows[0].chars().count()), "{text}");
        assert!(rows.iter().any(|row| row.ends_with("- / - / -")));
    }
}
