//! The database: whether it can be read and is whole, how large it and its log are, and what does not go on in it.

use std::{path::Path, time::Duration};

use indicatif::HumanBytes;
use tidings_gateway::clock::{Clock as _, SystemClock};
use tidings_store::StoreError;
use tidings_store_sqlite::{Examiner, Inspection, Room, Wholeness, inspect};

use super::finding::Finding;
use crate::host::left_without_database;

/// How long it may take to find out whether the database is whole.
const PATIENCE: Duration = Duration::from_secs(20);
/// The log is moved into the database at 32 MiB, and its file is cut at 64.
const LONG_LOG: u64 = 512 << 20;
/// From when on room in the database that nothing is in is worth giving back.
const MUCH_FREE: u64 = 1 << 30;
/// The event that tells of an erasure is erased after three days, and so is the erasure then done.
const LONGEST_ERASURE: Duration = Duration::from_hours(73);

/// Looks; answers who can be asked further, if it is of this version.
pub(super) fn look(path: &Path, findings: &mut Vec<Finding>) -> Option<Examiner> {
    let shown = path.display();
    if !path.exists() {
        let left = path.parent().and_then(left_without_database);
        findings.push(match left {
            Some(left) => Finding::fail(
                "database",
                format!("{shown} is not there, but {left}"),
                "restore a backup into a new folder; no server starts on this one",
            ),
            None => Finding::warn(
                "database",
                format!("{shown} is not there"),
                "`tidings serve` makes it at its first start",
            ),
        });
        return None;
    }
    let is_current = match inspect(path) {
        Ok(found) => {
            findings.push(schema(path, &found));
            found.schema == found.newest_schema
        }
        Err(error) => {
            findings.push(unreadable(path, &error));
            false
        }
    };
    if !is_current {
        return None;
    }
    let examined = Examiner::open(path).and_then(|examiner| {
        findings.push(whole(&examiner.wholeness(PATIENCE)?));
        findings.push(size(path, examiner.room()?));
        findings.extend(awaited(&examiner)?);
        findings.extend(erasures(&examiner)?);
        Ok(examiner)
    });
    examined.inspect_err(|error| findings.push(unreadable(path, error))).ok()
}

fn schema(path: &Path, found: &Inspection) -> Finding {
    let shown = path.display();
    let Inspection { schema, newest_schema: newest, gives_back } = *found;
    if schema > newest {
        return Finding::fail(
            "database",
            format!("{shown} is of a newer version (schema {schema}, known are {newest})"),
            "run the newer version, or go back to a copy of the folder from before it",
        );
    }
    if schema < newest {
        return Finding::warn(
            "database",
            format!("{shown} is of an older version (schema {schema} of {newest})"),
            "the next start brings it up to date; make a `tidings backup` before, to be able to go back",
        );
    }
    if !gives_back {
        return Finding::warn(
            "database",
            format!("{shown} can be read (schema {schema}), but keeps the space of what is deleted"),
            "stop the server, and run `tidings compact` once",
        );
    }
    Finding::ok("database", format!("{shown} can be read (schema {schema})"))
}

fn unreadable(path: &Path, error: &StoreError) -> Finding {
    let advice = "run this as the user who runs the server; if it is damaged, go back to a copy";
    Finding::fail("database", format!("{}: {error}", path.display()), advice)
}

fn whole(found: &Wholeness) -> Finding {
    match found {
        Wholeness::Whole => Finding::ok("integrity", "every page and row of the database is in order"),
        Wholeness::NotKnown => Finding::ok(
            "integrity",
            format!(
                "nothing wrong was found in the database in {} seconds; it is too large for more",
                PATIENCE.as_secs()
            ),
        ),
        Wholeness::Damaged(what) => Finding::fail(
            "integrity",
            format!("the database is damaged: {what}"),
            "stop the server, keep a copy of the folder as it is, look at the disk, and restore a backup",
        ),
    }
}

fn size(path: &Path, room: Room) -> Finding {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = std::fs::metadata(log).map_or(0, |metadata| metadata.len());
    judge_size(room, log)
}

fn judge_size(room: Room, log: u64) -> Finding {
    let detail = format!(
        "{}, of which {} are free; its log has {}",
        HumanBytes(room.bytes),
        HumanBytes(room.free),
        HumanBytes(log)
    );
    if log > LONG_LOG {
        let advice = "something reads the database for long, such as a backup or somebody's shell: let it end, and the \
                      log is moved into the database";
        return Finding::warn("database size", detail, advice);
    }
    if room.free > MUCH_FREE && room.free > room.bytes / 2 {
        let advice = "it is given back to the disk a little at a time; to have it at once, stop the server and run \
                      `tidings compact`, which needs as much room again while it works";
        return Finding::warn("database size", detail, advice);
    }
    Finding::ok("database size", detail)
}

fn awaited(database: &Examiner) -> Result<Option<Finding>, StoreError> {
    Ok(database.failing_files()?.map(|failing| {
        let (count, oldest, failure) = (failing.count, failing.oldest, failing.failure);
        Finding::warn(
            "awaited files",
            format!("{count} of messages could not be fetched yet, the oldest of {oldest}: {failure}"),
            "they are tried again by themselves while the vendor keeps them (WhatsApp: 7 days); see that the channel \
             works, that the server reaches the vendor, and that there is room on the disk",
        )
    }))
}

fn erasures(database: &Examiner) -> Result<Option<Finding>, StoreError> {
    let count = database.erasures_before(SystemClock.now().minus(LONGEST_ERASURE))?;
    let advice = "the server's log says why; they go on by themselves, also after a restart";
    Ok((count > 0).then(|| Finding::fail("erasures", format!("{count} are not done after three days"), advice)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::State;

    #[test]
    fn a_long_log_and_much_that_is_free_are_told() {
        for (free, log, state) in [
            (0, 60 << 20, State::Ok),
            (0, 600 << 20, State::Warn),
            (2 << 30, 0, State::Warn),
            (500 << 20, 0, State::Ok),
        ] {
            assert_eq!(judge_size(Room { bytes: 3 << 30, free }, log).state, state, "{free} {log}");
        }
    }

    #[test]
    fn an_older_database_is_no_failure() {
        for (newest_schema, gives_back, state) in
            [(8, true, State::Fail), (9, true, State::Ok), (9, false, State::Warn), (10, true, State::Warn)]
        {
            let found = Inspection { schema: 9, newest_schema, gives_back };
            assert_eq!(schema(Path::new("tidings.db"), &found).state, state);
        }
    }
}
