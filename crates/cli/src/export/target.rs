//! Where the lines go: standard output, or a file that is its owner's alone.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;

use super::progress::Progress;

/// What lines are written to.
pub(super) struct Target {
    path: PathBuf,
    writer: BufWriter<Output>,
    /// How many lines of each kind were written, in the order of their first ones.
    counts: Vec<(&'static str, u64)>,
    progress: Progress,
}

/// A line for one thing.
#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    data: &'a Value,
}

/// The last line.
#[derive(Serialize)]
struct End {
    r#type: &'static str,
    counts: BTreeMap<&'static str, u64>,
}

impl Target {
    /// A file that is not there, or standard output for `-`.
    pub(super) fn make(path: &Path) -> anyhow::Result<Self> {
        let output = if path == Path::new("-") { Output::Standard(io::stdout()) } else { Output::File(create(path)?) };
        Ok(Self {
            path: path.to_owned(),
            writer: BufWriter::new(output),
            counts: Vec::new(),
            progress: Progress::start()?,
        })
    }

    /// A line for one thing.
    pub(super) fn write(&mut self, kind: &'static str, data: &Value) -> anyhow::Result<()> {
        self.line(&Line { r#type: kind, data })?;
        match self.counts.iter_mut().find(|(counted, _)| *counted == kind) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((kind, 1)),
        }
        self.progress.wrote(kind);
        Ok(())
    }

    /// The last line; what it answers with is on the disk. Tells people what was written.
    pub(super) fn end(mut self) -> anyhow::Result<String> {
        let counts = self.counts.iter().copied().collect();
        self.line(&End { r#type: "end", counts })?;
        let Self { path, writer, counts, .. } = self;
        let finish = || writer.into_inner().map_err(io::IntoInnerError::into_error)?.finish();
        finish().with_context(|| cannot_write(&path))?;
        let told: Vec<_> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        Ok(if told.is_empty() { "Exported nothing.".to_owned() } else { format!("Exported: {}.", told.join(", ")) })
    }

    /// Any line.
    pub(super) fn line(&mut self, line: &impl Serialize) -> anyhow::Result<()> {
        let mut write = || {
            serde_json::to_writer(&mut self.writer, line)?;
            self.writer.write_all(b"\n")
        };
        write().with_context(|| cannot_write(&self.path))
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write to {}; what is written ends without the line of type end", path.display())
}

enum Output {
    Standard(io::Stdout),
    File(File),
}

impl Output {
    fn finish(self) -> io::Result<()> {
        match self {
            Self::Standard(mut output) => output.flush(),
            Self::File(file) => file.sync_all(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(output) => output.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(output) => output.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

/// What customers wrote is nobody else's business.
fn create(path: &Path) -> anyhow::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).with_context(|| format!("cannot make {}: name a file that is not there", path.display()))
}
