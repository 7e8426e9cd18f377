//! Lists in pages: `?limit=` and an opaque `?cursor=`, answered by `{"data": […], "next_cursor": …}`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize};
use tidings_domain::Timestamp;
use tidings_store::{Listing, Mark, Page};
use utoipa::ToSchema;

use super::problem::{Answer, Problem};

const DEFAULT_LIMIT: usize = 50;
const HIGHEST_LIMIT: usize = 200;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The items.
    pub(crate) data: Vec<T>,
    /// What to give as `cursor` to get the next page; null if this is the last one.
    pub(crate) next_cursor: Option<String>,
}

/// The limit that was asked for, within bounds.
pub(crate) fn limit(asked: Option<usize>) -> Answer<usize> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit @ 1..=HIGHEST_LIMIT) => Ok(limit),
        Some(_) => Err(Problem::field("/limit", format!("expected a number from 1 to {HIGHEST_LIMIT}"))),
    }
}

/// A place in a list, as the caller sees it.
pub(crate) fn cursor(place: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

/// The place that a cursor of ours names.
pub(crate) fn place<const N: usize>(cursor: &str) -> Answer<[u8; N]> {
    URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(foreign_cursor)
}

/// The page of a stored list that was asked for. A cursor bears the list's name: it is good for no other.
pub(crate) fn page(list: &str, limit_asked: Option<usize>, cursor_asked: Option<&str>) -> Answer<Page> {
    let before = cursor_asked.map(|cursor| mark(list, cursor).ok_or_else(foreign_cursor)).transpose()?;
    Ok(Page { limit: limit(limit_asked)?, before })
}

/// A place in a stored list: after its name the number, and the time if the list is in the order of time.
fn mark(list: &str, cursor: &str) -> Option<Mark> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (number, at) = bytes.strip_prefix(list.as_bytes())?.split_at_checked(8)?;
    let at = if at.is_empty() { None } else { Some(i64::from_be_bytes(at.try_into().ok()?)) };
    Some(Mark { number: u64::from_be_bytes(number.try_into().ok()?), at: at.map(Timestamp::from_millis) })
}

fn foreign_cursor() -> Problem {
    Problem::field("/cursor", "expected the `next_cursor` of an earlier answer of this list")
}

/// A page of a stored list, as the caller sees it.
pub(crate) fn listed<T, V>(list: &str, listing: Listing<T>, view: impl FnMut(T) -> V) -> List<V> {
    let next_cursor = listing.next.map(|Mark { number, at }| {
        let place = list.bytes().chain(number.to_be_bytes());
        let at = at.map(|at| at.as_millis().to_be_bytes()).into_iter().flatten();
        cursor(&place.chain(at).collect::<Vec<u8>>())
    });
    List { data: listing.items.into_iter().map(view).collect(), next_cursor }
}

/// A page of a list that is in memory, newest first; `id` gives the 16 bytes that an item is known and ordered by.
pub(crate) fn in_memory<T, V>(
    mut items: Vec<T>,
    limit_asked: Option<usize>,
    cursor_asked: Option<&str>,
    id: impl Fn(&T) -> [u8; 16],
    view: impl FnMut(&T) -> V,
) -> Answer<List<V>> {
    let limit = limit(limit_asked)?;
    let before = cursor_asked.map(place::<16>).transpose()?;
    items.retain(|item| before.is_none_or(|before| id(item) < before));
    items.sort_unstable_by_key(|item| std::cmp::Reverse(id(item)));
    let next_cursor = (items.len() > limit).then(|| cursor(&id(&items[limit - 1])));
    items.truncate(limit);
    Ok(List { data: items.iter().map(view).collect(), next_cursor })
}

/// Which page of a list is asked for, where nothing else can be.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageParams {
    /// How many items at most: 50 unless told, 200 at most.
    #[serde(default, deserialize_with = "number")]
    pub(crate) limit: Option<usize>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    pub(crate) cursor: Option<String>,
}

/// Reads a limit so that what is no number is told as such.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is not a number")))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_without_gap_or_overlap() {
        let items: Vec<u8> = vec![3, 1, 5, 4, 2];
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let page =
                in_memory(items.clone(), Some(2), cursor.as_deref(), |number| [*number; 16], |item| *item).unwrap();
            seen.extend(page.data);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, [5, 4, 3, 2, 1]);
    }

    #[test]
    fn limits_and_foreign_cursors_are_refused() {
        assert!(limit(Some(0)).is_err() && limit(Some(201)).is_err());
        assert_eq!(limit(None).unwrap(), 50);
        assert!(page("things", None, Some("!")).is_err() && page("things", None, Some("AAAA")).is_err());
    }

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        for mark in [
            Mark::at_number(u64::MAX - 7),
            Mark { number: 1 << 40, at: Some(Timestamp::from_millis(-1_776_609_000_123)) },
        ] {
            let Some(cursor) = listed("things", Listing { items: vec![()], next: Some(mark) }, |()| ()).next_cursor
            else {
                panic!("there is a next page");
            };
            assert_eq!(page("things", None, Some(&cursor)).unwrap().before, Some(mark));
            assert!(page("others", None, Some(&cursor)).is_err());
        }
    }
}
