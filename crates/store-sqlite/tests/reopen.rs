//! What was acknowledged is there after closing and opening again, and everything goes on from there.

use std::{path::Path, sync::Arc};

use tidings_domain::{
    change::ReportedStatus,
    event::{LogEntry, Position},
    id::OrderedIds,
};
use tidings_store::{
    Answer, BodyNumber, Claim, Claimed, ConversationFilter, Intake, IntakeReceipt, KeptBodies, Log, MessageFilter,
    Page, Place, Records, Retention, Sealed, State, StoreError,
    conformance::{Bench, at, echoed, kinds, received, report, routed},
};
use tidings_store_sqlite::{Options, SqliteStore, check_whole};

const ALL: Page = Page { limit: 100, before: None };

/// `life` stands in for randomness: the ids of one life must not be those of another.
fn open(folder: &Path, life: u8) -> Arc<SqliteStore> {
    let options = Options {
        database: folder.join("tidings.db"),
        ids: Box::new(OrderedIds::new(move |bytes: &mut [u8]| bytes.fill(life))),
    };
    Arc::new(SqliteStore::open(options).expect("a store that can be opened"))
}

fn positions(entries: &[LogEntry]) -> Vec<Position> {
    entries.iter().map(|entry| entry.position).collect()
}

#[tokio::test]
async fn everything_is_there_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = open(folder.path(), 1);
    let bench = Bench::new(Arc::clone(&first) as Arc<_>);
    let workspace = bench.workspace("ant").await;
    let key = bench.new_key(workspace);
    let claim = Claim {
        workspace_id: workspace,
        key: "k".to_owned(),
        fingerprint: [3; 32],
        answer: Answer { status: 201, body: Sealed(vec![1]) },
        contact_id: None,
        at: at(0),
    };
    assert_eq!(first.key_create(key.clone(), Some(claim.clone()), None).await, Ok(Claimed::Done));
    first.setting_remember("name", vec![8]).await.unwrap();
    let channel = bench.channel(workspace, "100").await;
    let endpoint = bench.endpoint(workspace).await;
    let epoch = first.lease_acquire("endpoint", endpoint.uuid(), "one").await.unwrap();
    let updates = vec![
        routed(&channel, Some("one"), received("m1", 1)),
        routed(&channel, Some("two"), report("m2", ReportedStatus::Read, 3)),
    ];
    let webhook = bench.webhook(&channel, 1, updates.clone());
    first.intake(webhook).await.unwrap();
    let mut unparsed = bench.webhook(&channel, 2, vec![]);
    unparsed.updates = Err("not JSON".to_owned());
    first.intake(unparsed).await.unwrap();

    let which = KeptBodies::NotUnderstood(channel.id);
    let log = bench.after(Position(0)).await;
    let workspaces = first.workspace_all().await.unwrap();
    let channels = first.channel_all().await.unwrap();
    let endpoints = first.endpoint_all().await.unwrap();
    let messages = first.message_list(workspace, MessageFilter::default(), ALL).await.unwrap();
    let conversations = first.conversation_list(workspace, ConversationFilter::default(), ALL).await.unwrap();
    let bodies = first.body_kept(workspace, which, BodyNumber(0), 10).await.unwrap();
    assert_eq!((log.len(), messages.items.len(), bodies.len()), (3, 1, 1));
    first.close();
    assert_eq!(first.workspace_create(bench.new_workspace("late"), None, None).await, Err(StoreError::Stopped));

    let second = open(folder.path(), 2);
    let bench = Bench::new(Arc::clone(&second) as Arc<_>);
    assert_eq!(bench.after(Position(0)).await, log);
    assert_eq!(second.workspace_all().await, Ok(workspaces));
    assert_eq!(second.key_all().await, Ok(vec![key.clone()]));
    assert_eq!(second.setting("name").await, Ok(Some(vec![8])));
    assert_eq!(second.channel_all().await, Ok(channels));
    assert_eq!(second.endpoint_all().await, Ok(endpoints));
    assert_eq!(second.message_list(workspace, MessageFilter::default(), ALL).await, Ok(messages));
    assert_eq!(second.conversation_list(workspace, ConversationFilter::default(), ALL).await, Ok(conversations));
    assert_eq!(second.body_kept(workspace, which, BodyNumber(0), 10).await.as_ref(), Ok(&bodies));
    assert_eq!(second.key_create(key, Some(claim.clone()), None).await, Ok(Claimed::Replayed(claim.answer)));

    let repeated = second.intake(bench.webhook(&channel, 5, updates)).await;
    assert_eq!(repeated, Ok(IntakeReceipt { applied: 0, repeated: 2, kept: 0 }));
    let events = bench.events_of(&channel, 6, vec![echoed("m2", 1)]).await;
    assert_eq!(kinds(&events), ["message.sent", "message.delivered", "message.read"], "the report waited");
    assert!(events.iter().map(|entry| entry.event.sequence).eq(4..=6));
    assert!(positions(&events).iter().all(|position| *position > log[2].position), "positions go on");
    let mut unparsed = bench.webhook(&channel, 7, vec![]);
    unparsed.updates = Err("not JSON".to_owned());
    second.intake(unparsed).await.unwrap();
    let more = second.body_kept(workspace, which, bodies[0].number, 10).await.unwrap();
    assert_eq!(more.len(), 1, "the numbers of bodies go on");
    assert!(second.lease_acquire("endpoint", endpoint.uuid(), "two").await.unwrap() > epoch);
}

#[tokio::test]
async fn the_file_becomes_shorter_when_much_is_deleted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = folder.path().join("tidings.db");
    let size = || std::fs::metadata(&database).unwrap().len();
    let store = open(folder.path(), 1);
    let bench = Bench::new(Arc::clone(&store) as Arc<_>);
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    for number in 0..300 {
        let webhook =
            bench.webhook(&channel, number, vec![routed(&channel, None, received(&number.to_string(), number))]);
        store.intake(Intake { body: Ok(vec![b'x'; 20_000].into()), ..webhook }).await.unwrap();
    }
    store.close();
    let before = size();

    let store = open(folder.path(), 2);
    let mut place = Some(Place::default());
    while let Some(from) = place {
        place = store.records_prune(Records::RawBodies, at(1_000), from).await.unwrap().next;
    }
    while store.space_release().await.unwrap() {}
    store.close();
    assert!(size() * 4 < before, "{} of {before}", size());
    check_whole(&database).unwrap();
}

#[tokio::test]
async fn the_secrets_of_a_deleted_channel_are_gone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = open(folder.path(), 1);
    let bench = Bench::new(Arc::clone(&store) as Arc<_>);
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    store.channel_delete(workspace, channel.id, at(1), None).await.unwrap();
    store.close();
    let database = rusqlite::Connection::open(folder.path().join("tidings.db")).unwrap();
    let secrets: Vec<u8> = database.query_row("SELECT secrets FROM channels", [], |row| row.get(0)).unwrap();
    assert!(secrets.is_empty(), "{secrets:?}");
}
