//! What lies on this machine: the data folder, its lock, the database, and the file with the key.

use std::{
    fs::{File, Metadata, TryLockError},
    path::Path,
};

use tidings_gateway::{clock::SystemRandom, seal};
use tidings_store_sqlite::inspect;

use super::finding::Finding;
use crate::{
    host::{DATABASE, LOCK},
    options::ServeOptions,
};

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
    findings.extend(lock(&data.join(LOCK)));
    let database_path = data.join(DATABASE);
    findings.push(database(&database_path));
    findings.extend(key(&options.seal_key_file, database_path.exists()));
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

fn database(path: &Path) -> Finding {
    let shown = path.display();
    if !path.exists() {
        return Finding::warn(
            "database",
            format!("{shown} is not there"),
            "`tidings serve` makes it at its first start",
        );
    }
    match inspect(path) {
        Ok(found) if found.schema > found.newest_schema => Finding::fail(
            "database",
            format!("{shown} is of a newer version (schema {}, known are {})", found.schema, found.newest_schema),
            "run the newer version, or go back to a copy of the folder from before it",
        ),
        Ok(found) if found.schema < found.newest_schema => Finding::warn(
            "database",
            format!("{shown} is of an older version (schema {} of {})", found.schema, found.newest_schema),
            "the next start brings it up to date; make a `tidings backup` before, to be able to go back",
        ),
        Ok(found) if !found.gives_back => Finding::warn(
            "database",
            format!("{shown} can be read (schema {}), but keeps the space of what is deleted", found.schema),
            "stop the server, and run `tidings compact` once",
        ),
        Ok(found) => Finding::ok("database", format!("{shown} can be read (schema {})", found.schema)),
        Err(error) => Finding::fail(
            "database",
            format!("{shown}: {error}"),
            "run this as the user who runs the server; if it is damaged, go back to a copy",
        ),
    }
}

fn key(path: &Path, sealed_before: bool) -> Option<Finding> {
    if !path.exists() && !sealed_before {
        return None;
    }
    // As it is there, or something was sealed, none is made.
    Some(match seal::key_file(path, true, &SystemRandom) {
        Ok(_) => Finding::ok("sealing key", format!("{} can be read, and by nobody else", path.display())),
        Err(error) => {
            let advice = "without the key that the secrets were sealed with they are lost: bring the file back from a \
                          copy, and let only its owner read it (chmod 600)";
            Finding::fail("sealing key", error.to_string(), advice)
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
        findings.into_iter().map(|finding| finding.state).collect()
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
