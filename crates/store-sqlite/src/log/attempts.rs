//! The delivery log. An attempt's id is made of the endpoint's number and its own.

use rusqlite::Row;
use tidings_domain::{
    AttemptId, EndpointId, EventId, Timestamp, WorkspaceId,
    delivery::{Attempt, AttemptRecord, Outcome, Trigger},
    event::Position,
};
use tidings_store::{AttemptFilter, Listing, Page, StoreError};
use uuid::Uuid;

use crate::{
    codec::{self, signed},
    erasure::ERASED,
    error::refused,
    session::{Reader, Session},
    state::listing,
};

const SELECT: &str = "SELECT attempts.*, endpoints.id AS endpoint_id, events.id AS event_id FROM attempts \
     JOIN endpoints ON endpoints.number = attempts.endpoint JOIN events ON events.position = attempts.position";

fn read(row: &Row<'_>) -> Result<(i64, AttemptRecord), StoreError> {
    let number: i64 = codec::column(row, "number")?;
    let attempt = Attempt {
        position: Position(codec::count(row, "position")?),
        event_id: EventId::from_bytes(codec::id(row, "event_id")?),
        number: codec::column(row, "attempt")?,
        trigger: codec::word(row, "cause", Trigger::from_name)?,
        at: codec::time(row, "at")?,
        duration_ms: codec::count(row, "duration_ms")?,
        outcome: codec::word(row, "outcome", Outcome::from_name)?,
        status_code: codec::column(row, "status_code")?,
        error: codec::column(row, "error")?,
        signature: codec::column(row, "signature")?,
        late: codec::column(row, "late")?,
        response_headers: codec::column(row, "response_headers")?,
        response_body: codec::column::<Option<Vec<u8>>>(row, "response_body")?.unwrap_or_default(),
        next_at: codec::optional_time(row, "next_at")?,
    };
    let id = AttemptId::from_uuid(Uuid::from_u64_pair(codec::count(row, "endpoint")?, codec::unsigned(number)));
    let endpoint_id = EndpointId::from_bytes(codec::id(row, "endpoint_id")?);
    Ok((number, AttemptRecord { id, endpoint_id, attempt }))
}

fn is_erased(reader: &Reader<'_>, position: Position) -> Result<bool, StoreError> {
    let mut statement = reader.statement("SELECT 1 FROM events WHERE position = ?1 AND payload = ?2")?;
    statement.exists(rusqlite::params![signed(position.0), ERASED]).map_err(refused)
}

pub(crate) fn insert(session: &mut Session<'_>, endpoint: i64, attempt: &Attempt) -> Result<(), StoreError> {
    let mut body = (!attempt.response_body.is_empty()).then_some(&attempt.response_body);
    let mut headers = attempt.response_headers.as_deref();
    if (body.is_some() || headers.is_some()) && is_erased(&session.reader, attempt.position)? {
        // It was on its way when that happened, and the answer may repeat what was sent.
        (headers, body) = (None, None);
    }
    let number = session.counters.next_attempt();
    session
        .reader
        .statement(
            "INSERT INTO attempts (endpoint, number, position, attempt, cause, at, duration_ms, outcome, status_code, error, \
             signature, late, response_headers, response_body, next_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(rusqlite::params![
            endpoint,
            signed(number),
            signed(attempt.position.0),
            attempt.number,
            attempt.trigger.name(),
            attempt.at.as_millis(),
            signed(attempt.duration_ms),
            attempt.outcome.name(),
            attempt.status_code,
            attempt.error,
            attempt.signature,
            attempt.late,
            headers,
            body,
            attempt.next_at.map(Timestamp::as_millis),
        ])
        .map_err(refused)?;
    Ok(())
}

/// The attempts at an event of a workspace, to whatever endpoint: those of one endpoint after the other, the oldest
/// first.
pub(crate) fn of_event(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    position: Position,
) -> Result<Vec<AttemptRecord>, StoreError> {
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(Vec::new()) };
    // The endpoints come first: each has an index by position, and there are fewer of them than of anything else.
    let mut statement = reader.statement(
        "SELECT attempts.*, endpoints.id AS endpoint_id, events.id AS event_id FROM endpoints \
         CROSS JOIN attempts INDEXED BY attempts_by_position \
         ON attempts.endpoint = endpoints.number AND attempts.position = ?2 \
         CROSS JOIN events ON events.position = attempts.position \
         WHERE endpoints.workspace = ?1 ORDER BY attempts.endpoint, attempts.number",
    )?;
    let rows = statement.query([workspace, signed(position.0)]).map_err(refused)?;
    codec::collect(rows, |row| read(row).map(|(_, record)| record))
}

/// An attempt at an endpoint of a workspace.
pub(crate) fn get(
    reader: &Reader<'_>,
    workspace: WorkspaceId,
    id: AttemptId,
) -> Result<Option<AttemptRecord>, StoreError> {
    let (endpoint, number) = id.uuid().as_u64_pair();
    let (Ok(endpoint), Ok(number)) = (i64::try_from(endpoint), i64::try_from(number)) else { return Ok(None) };
    let Some(workspace) = reader.find_workspace(workspace)? else { return Ok(None) };
    let mut statement = reader.statement(&format!(
        "{SELECT} WHERE attempts.endpoint = ?1 AND attempts.number = ?2 AND endpoints.workspace = ?3"
    ))?;
    let rows = statement.query([endpoint, number, workspace]).map_err(refused)?;
    Ok(codec::first(rows, read)?.map(|(_, record)| record))
}

/// The attempts at an endpoint, newest first.
pub(crate) fn list(
    reader: &Reader<'_>,
    endpoint: EndpointId,
    filter: &AttemptFilter,
    page: Page,
) -> Result<Listing<AttemptRecord>, StoreError> {
    let endpoint = super::deliveries::endpoint_number(reader, endpoint)?;
    let (select, outcome) = match filter.outcome {
        Some(Outcome::Dead) => {
            (listing::by_index(SELECT, "attempts", "attempts_dead"), Some("attempts.outcome = 'dead'"))
        }
        Some(Outcome::Failed) => {
            (listing::by_index(SELECT, "attempts", "attempts_failed"), Some("attempts.outcome = 'failed'"))
        }
        Some(Outcome::Delivered) => (SELECT.to_owned(), Some("attempts.outcome = 'delivered'")),
        None => (SELECT.to_owned(), None),
    };
    let mut query = listing::Query::new(&select, "attempts", ("endpoint", endpoint), page);
    query.any(
        "attempts.number IN (SELECT number FROM attempts INDEXED BY attempts_by_position \
         WHERE endpoint = ?1 AND position IN (SELECT position FROM events WHERE id IN (",
        filter.events.as_deref().map(|ids| ids.iter().map(|id| id.to_bytes()).collect()),
        ")))",
    );
    query.and("attempts.status_code", filter.status_code);
    if let Some(outcome) = outcome {
        query.only(outcome);
    }
    if filter.untaken {
        query.only(
            "NOT EXISTS (SELECT 1 FROM attempts AS taken WHERE taken.endpoint = attempts.endpoint \
             AND taken.position = attempts.position AND taken.outcome = 'delivered')",
        );
    }
    query.compare("attempts.at", ">=", filter.since.map(Timestamp::as_millis));
    query.compare("attempts.at", "<", filter.until.map(Timestamp::as_millis));
    query.run(reader, read)
}

/// What came of the newest attempts at an endpoint, and how long each took.
pub(crate) fn newest(
    reader: &Reader<'_>,
    endpoint: EndpointId,
    limit: usize,
) -> Result<Vec<(Outcome, u64)>, StoreError> {
    let endpoint = super::deliveries::endpoint_number(reader, endpoint)?;
    let mut statement = reader
        .statement("SELECT outcome, duration_ms FROM attempts WHERE endpoint = ?1 ORDER BY number DESC LIMIT ?2")?;
    let rows = statement.query([endpoint, signed(limit as u64)]).map_err(refused)?;
    codec::collect(rows, |row| {
        Ok((codec::word(row, "outcome", Outcome::from_name)?, codec::count(row, "duration_ms")?))
    })
}

/// How many events an endpoint was given up on and has not taken since.
pub(crate) fn dead(reader: &Reader<'_>, endpoint: EndpointId) -> Result<u64, StoreError> {
    let endpoint = super::deliveries::endpoint_number(reader, endpoint)?;
    let mut statement = reader.statement(
        "SELECT count(DISTINCT position) AS dead FROM attempts AS given_up INDEXED BY attempts_dead \
         WHERE endpoint = ?1 AND outcome = 'dead' AND NOT EXISTS (SELECT 1 FROM attempts WHERE endpoint = ?1 \
         AND position = given_up.position AND outcome = 'delivered')",
    )?;
    let rows = statement.query([endpoint]).map_err(refused)?;
    Ok(codec::first(rows, |row| codec::count(row, "dead"))?.unwrap_or(0))
}
