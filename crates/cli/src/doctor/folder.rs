//! What lies on this machine: the data folder, the room on its disk, and its lock. What is in the folder is looked at by
//! [`database`], [`key`] and [`files`].

use std::{
    fs::{File, Metadata, TryLockError},
    path::Path,
};

use indicatif::HumanBytes;

use super::{database, files, finding::Finding, key};
use crate::{
    host::{DATABASE, LOCK, MEDIA},
    options::ServeOptions,
};

/// With less room than this a server stops taking anything in soon, and with less than this it is time to do something.
const SCARCE: u64 = 256 << 20;
const ENOUGH: u64 = 2 << 30;

/// Looks at all of it.
pub(super) fn look(options: &ServeOptions, findings: &mut Vec<Finding>) {
    let data = &options.data;
    let metadata = match std::fs::metadata(data) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let advice = "`tidings serve` makes it at its first start; if there was one, name its folder with --data";
            findings.push(Finding::warn("data folder", format!("{} is not there", data.display()), advice));
            return;
        }
        Err(error) => {
            let advice = "run this as the user who runs the server";
            findings.push(Finding::fail("data folder", format!("{}: {error}", data.display()), advice));
            return;
        }
    };
    findings.push(folder(data, &metadata));
    findings.extend(disk(data));
    findings.extend(lock(&data.join(LOCK)));
    let database = data.join(DATABASE);
    let examiner = database::look(&database, findings);
    findings.extend(key::look(&options.seal_key_file, database.exists(), examiner.as_ref()));
    if let Some(examiner) = examiner {
        files::look(&data.join(MEDIA), &examiner, findings);
    }
}

fn folder(path: &Path, metadata: &Metadata) -> Finding {
    let shown = path.display();
    if !metadata.is_dir() {
        return Finding::fail("data folder", format!("{shown} is no folder"), "name another one with --data");
    }
    // A file without a name, which is gone at once.
    if let Err(error) = tempfile::tempfile_in(path) {
        let advice = "let the user who runs the server own it, and look whether the disk is full";
        return Finding::fail("data folder", format!("{shown} cannot be written to: {error}"), advice);
    }
    let mode = mode(metadata);
    if mode & 0o077 != 0 {
        let advice = format!("chmod 700 {shown}");
        return Finding::warn("data folder", format!("{shown} is open to others (mode {mode:o})"), advice);
    }
    Finding::ok("data folder", format!("{shown} is writable, and nobody else's"))
}

/// Whether there is room for what is to come.
fn disk(path: &Path) -> Option<Finding> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some(judge_room(disk.f_bavail.saturating_mul(disk.f_frsize)))
}

fn judge_room(free: u64) -> Finding {
    let detail = format!("{} are free", HumanBytes(free));
    let advice = "make room, or move the data folder to a larger disk: on a full one nothing is taken in";
    match free {
        0..SCARCE => Finding::fail("disk", detail, advice),
        SCARCE..ENOUGH => Finding::warn("disk", detail, advice),
        _ => Finding::ok("disk", detail),
    }
}

/// Whether a server runs on the folder. To look takes the lock for a moment, unless a server has it.
fn lock(path: &Path) -> Option<Finding> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => {
            let advice = "run this as the user who runs the server";
            return Some(Finding::fail("lock", format!("{}: {error}", path.display()), advice));
        }
    };
    Some(match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Finding::ok("lock", "a server runs on this folder"),
        Ok(()) => Finding::warn("lock", "no server runs on this folder", "start it: tidings serve"),
        Err(TryLockError::Error(error)) => {
            Finding::fail("lock", format!("cannot be tried: {error}"), "keep the data on a local disk that knows locks")
        }
    })
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{doctor::finding::State, options::ServeArguments};

    /// A folder as a server makes it.
    fn folder() -> tempfile::TempDir {
        tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700)).tempdir().unwrap()
    }

    fn states(data: &Path) -> Vec<State> {
        let arguments = ServeArguments { data: Some(data.to_owned()), ..ServeArguments::default() };
        let mut findings = Vec::new();
        look(&arguments.resolve().unwrap(), &mut findings);
        // How full the disk of the tests is, is not for them to say.
        findings.into_iter().filter(|finding| finding.check != "disk").map(|finding| finding.state).collect()
    }

    #[test]
    fn a_disk_is_watched_before_it_is_full() {
        for (free, state) in [(1 << 20, State::Fail), (1 << 30, State::Warn), (1 << 40, State::Ok)] {
            assert_eq!(judge_room(free).state, state, "{free}");
        }
    }

    #[test]
    fn what_is_not_there_yet_is_no_failure_and_is_not_made() {
        let temporary = folder();
        let data = temporary.path().join("data");
        assert_eq!(states(&data), [State::Warn]);
        assert!(!data.exists());
        assert_eq!(states(temporary.path()), [State::Ok, State::Warn]);
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_database_and_a_lost_key_are_failures() {
        let temporary = folder();
        std::fs::write(temporary.path().join(DATABASE), "not a database, but long enough to look at").unwrap();
        assert_eq!(states(temporary.path()), [State::Ok, State::Fail, State::Fail]);
    }
}
