//! Vendors' webhooks that bear an identity of the contact. Most are known by the events that came of them; but some changed
//! nothing, and are found by what they say.

use rusqlite::params;
use tidings_domain::{Timestamp, contact::HandleKind};
use tidings_store::StoreError;

use super::{Job, slices};
use crate::{
    codec,
    error::refused,
    session::{Reader, Session},
};

/// How many webhooks are looked through at once.
const SLICE: i64 = 500;
/// An identity that is shorter would be found in webhooks that have nothing to do with it.
const SHORTEST: usize = 5;

/// What was found in some webhooks.
pub(super) struct Found {
    bodies: Vec<i64>,
    up_to: i64,
    is_last: bool,
}

/// Looks through the next webhooks.
pub(super) fn find(reader: &Reader<'_>, job: &Job) -> Result<Found, StoreError> {
    let identities = identities(reader, job)?;
    let mut statement = reader.statement(
        "SELECT number, body FROM inbound_bodies WHERE number > ?1 AND number <= ?2 AND workspace = ?3 \
         ORDER BY number LIMIT ?4",
    )?;
    let mut rows = statement.query(params![job.body, job.last_body, job.workspace, SLICE]).map_err(refused)?;
    let mut found = Found { bodies: Vec::new(), up_to: job.body, is_last: true };
    let mut seen = 0;
    while let Some(row) = rows.next().map_err(refused)? {
        seen += 1;
        found.up_to = codec::column(row, "number")?;
        let body = row.get_ref("body").map_err(refused)?;
        let text = String::from_utf8_lossy(body.as_bytes().unwrap_or_default());
        if identities.iter().any(|identity| text.contains(identity.as_str())) {
            found.bodies.push(found.up_to);
        }
    }
    found.is_last = seen < SLICE;
    Ok(found)
}

/// The identities as vendors spell them, those too that the contact has given up.
fn identities(reader: &Reader<'_>, job: &Job) -> Result<Vec<String>, StoreError> {
    let mut statement = reader.statement("SELECT kind, value FROM handles WHERE contact = ?1")?;
    let rows = statement.query([job.contact]).map_err(refused)?;
    let all = codec::collect(rows, |row| {
        let value: String = codec::column(row, "value")?;
        Ok(match codec::word(row, "kind", HandleKind::from_name)? {
            HandleKind::PhoneNumber => value.trim_start_matches('+').to_owned(),
            _ => value,
        })
    })?;
    Ok(all.into_iter().filter(|value| value.len() >= SHORTEST).collect())
}

/// Deletes what was found.
pub(super) fn delete(
    session: &mut Session<'_>,
    job: &Job,
    found: &Found,
    told_until: Timestamp,
) -> Result<(), StoreError> {
    for body in &found.bodies {
        slices::delete_body(&session.reader, *body)?;
    }
    if found.is_last {
        return slices::deleted(session, job, told_until);
    }
    let mut statement = session.reader.statement("UPDATE erasures SET body = ?2 WHERE contact = ?1")?;
    statement.execute(params![job.contact, found.up_to]).map(drop).map_err(refused)
}
