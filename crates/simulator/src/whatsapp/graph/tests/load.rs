//! Many callers at once.

use tokio::task::JoinSet;

use super::{message_request, options, text};
use crate::{
    Connection,
    whatsapp::graph::{Graph, GraphOptions},
};

#[tokio::test]
async fn counts_without_keeping_and_gives_each_message_its_own_id() {
    let graph = Graph::start(GraphOptions { record: false, ..options() }).await.unwrap();
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let mut connection = Connection::to(&graph.base()).unwrap();
        callers.spawn(async move {
            let mut ids = Vec::new();
            for _ in 0..100 {
                let answer = connection.send(message_request(&text("1", "msg_1"))).await.unwrap();
                ids.push(super::body(&answer)["messages"][0]["id"].to_string());
            }
            ids
        });
    }
    graph.reached(800).await;
    let mut ids = callers.join_all().await.concat();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), graph.accepted_count(), graph.calls().len()), (800, 800, 0));
}
