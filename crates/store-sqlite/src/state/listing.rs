//! Lists, newest first, a page at a time: in the order of recording, or of time, which is another one where a clock was set
//! back.

use rusqlite::{Row, ToSql};
use tidings_domain::Timestamp;
use tidings_store::{Listing, Mark, Page, StoreError};

use crate::{codec, error::refused, session::Reader};

/// How many bytes of documents one page holds at most, but for the last row's.
const PAGE_BYTES: usize = 4 << 20;

/// Nothing, and no next page.
pub(crate) fn empty<T>() -> Listing<T> {
    Listing { items: Vec::new(), next: None }
}

/// What is selected from a table, found by one of its indexes. The planner does not know what there is much of.
pub(crate) fn by_index(select: &str, table: &str, index: &str) -> String {
    select.replacen(&format!("FROM {table}"), &format!("FROM {table} INDEXED BY {index}"), 1)
}

/// A list of a table's rows, newest first by `number`, or by a time and then by `number`.
pub(crate) struct Query {
    sql: String,
    table: &'static str,
    time: Option<&'static str>,
    values: Vec<Box<dyn ToSql>>,
    page: Page,
}

impl Query {
    /// Of one owner's rows: `(column, number)`.
    pub(crate) fn new(select: &str, table: &'static str, (owner, number): (&str, i64), page: Page) -> Self {
        Self {
            sql: format!("{select} WHERE {table}.{owner} = ?1"),
            table,
            time: None,
            values: vec![Box::new(number)],
            page,
        }
    }

    /// Only what has a time from one on or before another, if they are given; then in the order of that time.
    pub(crate) fn between(&mut self, time: &'static str, since: Option<Timestamp>, until: Option<Timestamp>) {
        let column = format!("{}.{time}", self.table);
        self.compare(&column, ">=", since.map(Timestamp::as_millis));
        self.compare(&column, "<", until.map(Timestamp::as_millis));
        if since.is_some() || until.is_some() {
            self.by_time(time);
        }
    }

    /// In the order of a time.
    pub(crate) fn by_time(&mut self, time: &'static str) {
        self.time = Some(time);
    }

    /// Only where the column has the value, if there is one.
    pub(crate) fn and<V: ToSql + 'static>(&mut self, column: &str, value: Option<V>) {
        self.compare(column, "=", value);
    }

    /// Only where what stands before and after these values holds for them, if they are given.
    pub(crate) fn any<V: ToSql + 'static>(&mut self, before: &str, values: Option<Vec<V>>, after: &str) {
        let Some(values) = values else { return };
        let places: Vec<String> = values.into_iter().map(|value| self.place(value)).collect();
        self.sql = format!("{} AND {before}{}{after}", self.sql, places.join(", "));
    }

    /// Where a value stands that a condition speaks of.
    pub(crate) fn place<V: ToSql + 'static>(&mut self, value: V) -> String {
        self.values.push(Box::new(value));
        format!("?{}", self.values.len())
    }

    /// Only where this holds.
    pub(crate) fn only(&mut self, condition: &str) {
        self.sql = format!("{} AND {condition}", self.sql);
    }

    /// Only where the column compares so with the value, if there is one.
    pub(crate) fn compare<V: ToSql + 'static>(&mut self, column: &str, operator: &str, value: Option<V>) {
        if let Some(value) = value {
            let place = self.place(value);
            self.sql = format!("{} AND {column} {operator} {place}", self.sql);
        }
    }

    /// The page. `read` answers a row's number and record.
    pub(crate) fn run<T>(
        mut self,
        reader: &Reader<'_>,
        mut read: impl FnMut(&Row<'_>) -> Result<(i64, T), StoreError>,
    ) -> Result<Listing<T>, StoreError> {
        let order = self.begin()?;
        // One more than asked for, to know whether there is a next page.
        self.values.push(Box::new(codec::signed(self.page.limit as u64 + 1)));
        let Self { sql, values, time, page: Page { limit, .. }, .. } = &self;
        let mut statement = reader.statement(&format!("{sql} ORDER BY {order} LIMIT ?{}", values.len()))?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(refused)?;
        let (mut items, mut bytes, mut last) = (Vec::new(), 0, None);
        while let Some(row) = rows.next().map_err(refused)? {
            if items.len() == *limit || bytes >= PAGE_BYTES {
                return Ok(Listing { items, next: last });
            }
            // What has no document is small.
            bytes += row.get_ref("document").ok().and_then(|document| document.as_bytes().ok()).map_or(0, <[u8]>::len);
            let (number, item) = read(row)?;
            let at = time.map(|time| codec::time(row, time)).transpose()?;
            last = Some(Mark { number: codec::unsigned(number), at });
            items.push(item);
        }
        Ok(Listing { items, next: None })
    }

    /// Leaves out what the pages before had. Answers the order.
    fn begin(&mut self) -> Result<String, StoreError> {
        let (number, before) = (format!("{}.number", self.table), self.page.before);
        let Some(time) = self.time.map(|time| format!("{}.{time}", self.table)) else {
            if before.is_some_and(|mark| mark.at.is_some()) {
                return Err(StoreError::ForeignMark);
            }
            self.compare(&number, "<", before.map(|mark| codec::signed(mark.number)));
            return Ok(format!("{number} DESC"));
        };
        if let Some(Mark { number: last, at }) = before {
            let at = self.place(at.ok_or(StoreError::ForeignMark)?.as_millis());
            let last = self.place(codec::signed(last));
            self.sql = format!("{} AND ({time}, {number}) < ({at}, {last})", self.sql);
        }
        Ok(format!("{time} DESC, {number} DESC"))
    }
}

#[cfg(test)]
mod tests;
