//! Places in the log that are kept for those who read it by themselves.

use tidings_domain::event::Position;

use crate::{Consumer, Page};

use super::bench::{Bench, at};

/// They go on and never back, each in its own workspace, until they are forgotten.
pub async fn go_on_and_never_back(bench: &Bench) {
    let (workspace, other) = (bench.workspace("ant").await, bench.workspace("bee").await);
    let get = async |workspace| bench.store.consumer_get(workspace, "till".to_owned()).await.expect("consumers");
    assert_eq!(get(workspace).await, None);
    let till =
        |position, seconds| Consumer { name: "till".to_owned(), position: Position(position), updated_at: at(seconds) };
    for (up_to, seconds, reached) in [(5, 1, 5), (9, 2, 9), (7, 3, 9)] {
        let acknowledged =
            bench.store.consumer_acknowledge(workspace, "till".to_owned(), Position(up_to), at(seconds)).await;
        assert_eq!(acknowledged, Ok(till(reached, seconds)));
    }
    assert_eq!((get(workspace).await, get(other).await), (Some(till(9, 3)), None));
    let second = bench.store.consumer_acknowledge(workspace, "shop".to_owned(), Position(1), at(4)).await;
    let list = bench.store.consumer_list(workspace, Page { limit: 10, before: None }).await.expect("consumers");
    assert_eq!(list.items, [second.expect("a consumer"), till(9, 3)]);
    assert_eq!(bench.store.consumer_delete(other, "till".to_owned(), None).await, Ok(false));
    assert_eq!(bench.store.consumer_delete(workspace, "till".to_owned(), None).await, Ok(true));
    assert_eq!(get(workspace).await, None);
}
