//! The oldest events, with the attempts at delivering them; and the endpoints that had not come so far.
//!
//! An endpoint goes on after what is deleted. What it had still to be sent of that is lost, and added up until it is told:
//! what comes after its place and is not settled, what is to be tried again, and what a lane's head holds up. A head that is
//! deleted keeps its row, settled, for as long as its lane needs an anchor to go on from; nothing else refers to an event
//! that is gone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, hash_map::Entry};

use rusqlite::Row;
use tidings_domain::{
    ChannelId, EndpointId, Timestamp,
    delivery::Lost,
    event::{EventKind, Position},
};
use tidings_store::{EventSlice, StoreError, Wants};

use super::{gaps, pruned, step::Stopwatch};
use crate::{
    codec,
    error::refused,
    session::{Reader, Session},
    state::endpoints,
};

/// How many events one step deletes.
const STEP: i64 = 128;

/// When the oldest event was recorded.
pub(super) fn begin(reader: &Reader<'_>) -> Result<Option<Timestamp>, StoreError> {
    let mut statement = reader.statement("SELECT recorded_at FROM events ORDER BY position LIMIT 1")?;
    let rows = statement.query([]).map_err(refused)?;
    codec::first(rows, |row| codec::time(row, "recorded_at"))
}

/// Deletes some of the oldest, up to the first that was recorded at a time or later.
pub(super) fn prune(session: &mut Session<'_>, before: Timestamp, wants: Wants) -> Result<EventSlice, StoreError> {
    let stopwatch = Stopwatch::start();
    let mut slice = EventSlice::default();
    let mut overtaken = BTreeSet::new();
    loop {
        let old = oldest(&session.reader, before)?;
        let (Some(first), Some(last)) = (old.first(), old.last()) else {
            slice.is_last = true;
            break;
        };
        let step = Step { reader: &session.reader, first: first.position, last: last.position, wants };
        for (workspace, events) in by_workspace(&old) {
            slice.attempts += step.overtake(workspace, &events, &mut overtaken)?;
        }
        step.delete()?;
        slice.events += old.len() as u64;
        slice.up_to = Position(codec::unsigned(last.position));
        if stopwatch.is_over() {
            break;
        }
    }
    if slice.attempts > 0 {
        pruned::mark(&session.reader, "attempt", session.counters.attempt)?;
    }
    slice.overtaken = overtaken.into_iter().collect();
    Ok(slice)
}

/// An event that is old.
struct Old {
    position: i64,
    workspace: i64,
    kind: EventKind,
    key: [u8; 16],
    channel: Option<ChannelId>,
}

/// The next step's. The clock may have gone back: what comes after one that is younger waits until that is old.
fn oldest(reader: &Reader<'_>, before: Timestamp) -> Result<Vec<Old>, StoreError> {
    let mut statement = reader.statement(
        "SELECT events.position, events.workspace, events.kind, events.key, events.recorded_at, \
         channels.id AS channel_id FROM events LEFT JOIN channels ON channels.number = events.channel \
         ORDER BY events.position LIMIT ?1",
    )?;
    let mut rows = statement.query([STEP]).map_err(refused)?;
    let mut old = Vec::new();
    while let Some(row) = rows.next().map_err(refused)? {
        if codec::time(row, "recorded_at")? >= before {
            break;
        }
        old.push(Old {
            position: codec::column(row, "position")?,
            workspace: codec::column(row, "workspace")?,
            kind: codec::word(row, "kind", EventKind::from_name)?,
            key: codec::id(row, "key")?,
            channel: codec::column::<Option<[u8; 16]>>(row, "channel_id")?.map(ChannelId::from_bytes),
        });
    }
    Ok(old)
}

fn by_workspace(old: &[Old]) -> BTreeMap<i64, Vec<&Old>> {
    let mut workspaces: BTreeMap<i64, Vec<&Old>> = BTreeMap::new();
    for event in old {
        workspaces.entry(event.workspace).or_default().push(event);
    }
    workspaces
}

/// One step: the events from a position to another are deleted.
struct Step<'a> {
    reader: &'a Reader<'a>,
    first: i64,
    last: i64,
    wants: Wants,
}

impl Step<'_> {
    /// Lets the endpoints of a workspace, of which these are the events, go on after them, and deletes the attempts at
    /// delivering them. Answers how many these were.
    fn overtake(
        &self,
        workspace: i64,
        events: &[&Old],
        overtaken: &mut BTreeSet<EndpointId>,
    ) -> Result<u64, StoreError> {
        let newest = events.last().map_or(self.last, |event| event.position);
        self.reader
            .statement("UPDATE workspaces SET pruned_up_to = ?2 WHERE number = ?1")?
            .execute([workspace, newest])
            .map_err(refused)?;
        let mut attempts = 0;
        let mut endpoints = self.reader.statement("SELECT number, low_water FROM endpoints WHERE workspace = ?1")?;
        let endpoints = endpoints.query([workspace]).map_err(refused)?;
        let endpoints = codec::collect(endpoints, |row| {
            Ok((codec::column::<i64>(row, "number")?, codec::column::<i64>(row, "low_water")?))
        })?;
        for (endpoint, low_water) in endpoints {
            if low_water < newest || self.has_retries(endpoint)? {
                self.lose(endpoint, low_water, events)?;
                overtaken.insert(self.go_on(endpoint)?);
            }
            attempts += self
                .reader
                .statement("DELETE FROM attempts WHERE endpoint = ?1 AND position BETWEEN ?2 AND ?3")?
                .execute([endpoint, self.first, self.last])
                .map_err(refused)? as u64;
        }
        Ok(attempts)
    }

    /// Whether an endpoint has something to be tried again, or held up, up to here.
    fn has_retries(&self, endpoint: i64) -> Result<bool, StoreError> {
        let mut statement =
            self.reader.statement("SELECT 1 FROM retries WHERE endpoint = ?1 AND position <= ?2 LIMIT 1")?;
        statement.exists([endpoint, self.last]).map_err(refused)
    }

    /// Adds up what an endpoint loses.
    fn lose(&self, endpoint: i64, low_water: i64, events: &[&Old]) -> Result<(), StoreError> {
        let known = endpoints::get(self.reader, endpoint)?;
        let settled = self.positions(
            "SELECT position FROM attempts WHERE endpoint = ?1 AND position BETWEEN ?2 AND ?3 \
             AND outcome IN ('delivered', 'dead')",
            endpoint,
        )?;
        let tried = self.positions(
            "SELECT position FROM retries WHERE endpoint = ?1 AND position BETWEEN ?2 AND ?3 AND settled = 0",
            endpoint,
        )?;
        let mut holders = HashMap::new();
        let mut lost: Option<Lost> = None;
        for event in events.iter().filter(|event| !settled.contains(&event.position)) {
            let is_lost = tried.contains(&event.position)
                || (self.wants)(&known, event.kind, event.channel)
                    // Of its own trouble nobody is told himself.
                    && event.key != known.id.to_bytes()
                    && (event.position > low_water || self.is_held_up(endpoint, event, &mut holders)?);
            if is_lost {
                let position = Position(codec::unsigned(event.position));
                let lost = lost.get_or_insert(Lost { from: position, to: position, count: 0 });
                lost.to = position;
                lost.count += 1;
            }
        }
        lost.map_or(Ok(()), |lost| gaps::add(self.reader, endpoint, lost))
    }

    /// Whether an event waits behind another one of its key.
    fn is_held_up(
        &self,
        endpoint: i64,
        event: &Old,
        holders: &mut HashMap<[u8; 16], Option<i64>>,
    ) -> Result<bool, StoreError> {
        let holder = match holders.entry(event.key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(unknown) => {
                let mut statement = self.reader.statement(
                    "SELECT min(position) AS holder FROM retries WHERE endpoint = ?1 AND key = ?2 AND holds",
                )?;
                let rows = statement.query(rusqlite::params![endpoint, event.key]).map_err(refused)?;
                *unknown.insert(codec::first(rows, |row| codec::column(row, "holder"))?.flatten())
            }
        };
        Ok(holder.is_some_and(|holder| holder < event.position))
    }

    fn positions(&self, sql: &str, endpoint: i64) -> Result<HashSet<i64>, StoreError> {
        let mut statement = self.reader.statement(sql)?;
        let rows = statement.query([endpoint, self.first, self.last]).map_err(refused)?;
        Ok(codec::collect(rows, |row| codec::column(row, "position"))?.into_iter().collect())
    }

    /// The endpoint's place is after this step's events, and nothing of them is tried again. Answers the endpoint's id.
    fn go_on(&self, endpoint: i64) -> Result<EndpointId, StoreError> {
        for sql in [
            "DELETE FROM retries WHERE endpoint = ?1 AND position BETWEEN ?2 AND ?3 AND NOT holds",
            "UPDATE retries SET settled = 1 WHERE endpoint = ?1 AND position BETWEEN ?2 AND ?3",
        ] {
            self.reader.statement(sql)?.execute([endpoint, self.first, self.last]).map_err(refused)?;
        }
        let mut statement = self
            .reader
            .statement("UPDATE endpoints SET low_water = max(low_water, ?2) WHERE number = ?1 RETURNING id")?;
        let rows = statement.query([endpoint, self.last]).map_err(refused)?;
        let id = codec::first(rows, |row: &Row<'_>| codec::id(row, "id").map(EndpointId::from_bytes))?;
        id.ok_or(StoreError::NotFound("the endpoint"))
    }

    fn delete(&self) -> Result<(), StoreError> {
        self.reader
            .statement("DELETE FROM events WHERE position BETWEEN ?1 AND ?2")?
            .execute([self.first, self.last])
            .map_err(refused)?;
        pruned::mark(self.reader, "event", codec::unsigned(self.last))
    }
}
