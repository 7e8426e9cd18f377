//! A list of the API that is read to its end, a page at a time, while others add to it.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use super::Kind;
use crate::{
    client::{Answer, Client, Failure, query},
    verb::text,
};

/// How many are on a page: the most that the API gives.
const PAGE: &str = "200";
/// How long is waited where the workspace makes as many requests as it may, and how often.
const PAUSE: Duration = Duration::from_secs(1);
const MOST_PAUSES: u32 = 120;

/// A list whose first page was read.
#[derive(Debug)]
pub(super) struct List {
    pub(super) kind: Kind,
    /// A page that was read and not yet given.
    page: Option<Vec<Value>>,
    cursor: Option<String>,
    /// The id of the last one that is wanted, where the list goes on to what happens meanwhile.
    last: Option<String>,
}

impl List {
    /// A list that is told newest first: what is added after this is not in it.
    pub(super) async fn begin(client: &Client, kind: Kind) -> Result<Self, Failure> {
        Self::begin_until(client, kind, None).await
    }

    /// The log, which is told oldest first, up to what is its end by now. `None` if nothing has happened.
    pub(super) async fn of_events(client: &Client) -> Result<Option<Self>, Failure> {
        let kind = Kind { name: "event", path: "/v1/events", withheld: &[] };
        let newest = get(client, &query(kind.path, &[("last", Some("1".to_owned()))])).await?;
        match newest.items().last() {
            Some(last) => Ok(Some(Self::begin_until(client, kind, Some(text(last, "/event_id"))).await?)),
            None => Ok(None),
        }
    }

    async fn begin_until(client: &Client, kind: Kind, last: Option<String>) -> Result<Self, Failure> {
        let mut begun = Self { kind, page: None, cursor: None, last };
        begun.read(client).await?;
        Ok(begun)
    }

    /// The next page, until there is none.
    pub(super) async fn page(&mut self, client: &Client) -> Result<Option<Vec<Value>>, Failure> {
        if self.page.is_none() && self.cursor.is_some() {
            self.read(client).await?;
        }
        Ok(self.page.take())
    }

    async fn read(&mut self, client: &Client) -> Result<(), Failure> {
        let parameters = [("limit", Some(PAGE.to_owned())), ("cursor", self.cursor.take())];
        let answer = get(client, &query(self.kind.path, &parameters)).await?;
        let mut page = answer.items().to_vec();
        let end = self.last.as_ref().and_then(|last| page.iter().position(|item| item["event_id"] == **last));
        match end {
            Some(end) => page.truncate(end + 1),
            None => self.cursor = answer.next_cursor().map(str::to_owned),
        }
        self.page = Some(page);
        Ok(())
    }
}

/// Asks, and asks again where it was too often.
pub(super) async fn get(client: &Client, path: &str) -> Result<Answer, Failure> {
    let mut pauses = 0;
    loop {
        match client.get(path).await {
            Err(Failure::Refused(refusal))
                if refusal.status == StatusCode::TOO_MANY_REQUESTS && pauses < MOST_PAUSES =>
            {
                pauses += 1;
                tokio::time::sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}
