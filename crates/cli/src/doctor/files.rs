//! The folder of files: whether what the database names is there, and whether there is what it does not name.
//!
//! Of many files some are looked at, others each time: hashes are spread evenly, so that those from a random one on are a
//! fair sample.

use std::{
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use indicatif::HumanBytes;
use tidings_domain::Timestamp;
use tidings_gateway::{
    clock::{Clock as _, Random as _, SystemClock, SystemRandom},
    media_place,
};
use tidings_store::{ContentHash, StoreError};
use tidings_store_sqlite::Examiner;

use super::finding::Finding;
use crate::hex::hex;

/// How many are looked at.
const SAMPLE: usize = 10_000;
/// The server looks for what nobody names once a day, and removes it.
const SWEPT_AFTER: Duration = Duration::from_hours(26);
/// Every content lies in one of so many folders.
const SHARDS: u16 = 256;

/// Looks at a sample of both.
pub(super) fn look(folder: &Path, database: &Examiner, findings: &mut Vec<Finding>) {
    let mut from = [0; 32];
    SystemRandom.fill(&mut from);
    findings.push(named(folder, database, &from).unwrap_or_else(|error| unknown(&error)));
    match unnamed(folder, database, from[0]) {
        Ok(finding) => findings.extend(finding),
        Err(error) => findings.push(unknown(&error)),
    }
}

fn unknown(error: &anyhow::Error) -> Finding {
    Finding::fail("files", format!("{error:#}"), "run this as the user who runs the server")
}

/// Whether the files that the database names are there, with as many bytes as they should have.
fn named(folder: &Path, database: &Examiner, from: &ContentHash) -> anyhow::Result<Finding> {
    let sample = database.named_from(from, SAMPLE)?;
    let (mut wrong, mut first) = (0_usize, None);
    for file in &sample {
        let place = folder.join(media_place(&file.sha256));
        let told = match fs::metadata(&place) {
            Ok(found) if found.len() == file.size => continue,
            Ok(found) => format!("{} has {} bytes and not {}", place.display(), found.len(), file.size),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Its record may have gone, and the file with it, since the sample was taken.
                if !database.is_named(&file.sha256)? {
                    continue;
                }
                format!("{} is missing", place.display())
            }
            Err(error) => return Err(anyhow::Error::from(error).context(place.display().to_string())),
        };
        wrong += 1;
        first.get_or_insert(told);
    }
    let looked = sample.len();
    let which = if looked < SAMPLE { format!("{looked}") } else { format!("{looked} of those") };
    Ok(match first {
        None => Finding::ok("files", format!("{which} that the database names are there, with their sizes")),
        Some(first) => Finding::fail(
            "files",
            format!("{wrong} of {which} that the database names are missing or damaged: {first}"),
            "copy them from the folder `media` of a backup; what is in no backup is lost",
        ),
    })
}

/// Whether there are files that the server should have removed.
fn unnamed(folder: &Path, database: &Examiner, first_shard: u8) -> anyhow::Result<Option<Finding>> {
    let swept_before = SystemClock.now().minus(SWEPT_AFTER);
    let (mut looked, mut left, mut size) = (0, 0_usize, 0);
    for shard in 0..SHARDS {
        if looked >= SAMPLE {
            break;
        }
        let [_, shard] = (u16::from(first_shard) + shard).to_be_bytes();
        for path in contents(&folder.join(hex(&[shard])))? {
            looked += 1;
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if written(&metadata).is_some_and(|at| at < swept_before) && !is_named(&path, database)? {
                left += 1;
                size += metadata.len();
            }
        }
    }
    let advice = "the server removes such files once a day and after a start; if they stay, its log says why";
    Ok((left > 0).then(|| {
        let detail = format!("{left} of {looked} in the folder, with {}, are named by nobody", HumanBytes(size));
        Finding::warn("unnamed files", detail, advice)
    }))
}

/// When a file was written, where the disk tells.
fn written(metadata: &Metadata) -> Option<Timestamp> {
    let since = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok().map(Timestamp::from_seconds)
}

/// The files in the folders in a folder, none if it is not there.
fn contents(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for inner in entries(folder)? {
        if inner.is_dir() {
            found.extend(entries(&inner)?);
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// A file whose name is no hash is none of the server's, which leaves it alone.
fn is_named(path: &Path, database: &Examiner) -> Result<bool, StoreError> {
    match path.file_name().and_then(|name| content(name.to_str()?)) {
        Some(content) => database.is_named(&content),
        None => Ok(true),
    }
}

/// The hash that a file is called by.
fn content(name: &str) -> Option<ContentHash> {
    let mut hash = [0; 32];
    if name.len() != 2 * hash.len() || !name.is_ascii() {
        return None;
    }
    for (byte, place) in hash.iter_mut().zip(0..) {
        *byte = u8::from_str_radix(&name[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(hash)
}
