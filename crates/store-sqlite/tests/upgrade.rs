//! A database that an older version has left goes on: nothing is lost by bringing its schema up to date.

use std::{path::Path, sync::Arc};

use refinery::Target;
use rusqlite::Connection;
use tidings_domain::{
    EventId,
    delivery::DeliveryChange,
    event::{Event, Position},
    id::OrderedIds,
};
use tidings_store::{
    ConversationFilter, Log, MessageFilter, Page, State,
    conformance::{Bench, at, deliveries::Scene, kinds, received},
};
use tidings_store_sqlite::{Options, SqliteStore, inspect};

mod migrations {
    refinery::embed_migrations!("migrations");
}

const ALL: Page = Page { limit: 100, before: None };

/// `life` stands in for randomness: the ids of one life must not be those of another.
fn open(database: &Path, life: u8) -> Arc<SqliteStore> {
    let ids = Box::new(OrderedIds::new(move |bytes: &mut [u8]| bytes.fill(life)));
    Arc::new(SqliteStore::open(Options { database: database.to_owned(), ids }).expect("a store that can be opened"))
}

/// The first version's database with everything in it that is in this one and that it had a place for.
fn turn_back(database: &Path, older: &Path) {
    let mut connection = Connection::open(older).expect("a new database");
    migrations::migrations::runner().set_target(Target::Version(1)).run(&mut connection).expect("the first schema");
    connection.execute("ATTACH ?1 AS today", [database.to_string_lossy()]).expect("today's database");
    let tables = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'refinery%' \
                  AND name NOT LIKE 'sqlite_%'";
    for table in column(&connection, tables) {
        let names = format!("SELECT name FROM pragma_table_info('{table}', 'main')");
        let columns = column(&connection, &names).join(", ");
        let copy = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}");
        connection.execute(&copy, []).expect("columns that are still there");
    }
    let counted = "UPDATE main.endpoints SET health = json_set(health, '$.told', 3)";
    connection.execute(counted, []).expect("where it was counted then");
}

/// The texts that a query finds.
fn column(connection: &Connection, query: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).expect("a query");
    let found = statement.query_map([], |row| row.get(0)).expect("a query");
    found.collect::<Result<_, _>>().expect("texts")
}

#[tokio::test]
async fn an_older_database_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [today, older] = ["today.db", "tidings.db"].map(|name| folder.path().join(name));
    let store = open(&today, 1);
    let bench = Bench::new(Arc::clone(&store) as Arc<_>);
    let scene = Scene::new(&bench).await;
    let workspace = scene.workspace;
    let epoch = store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.unwrap();
    store.delivery_record(scene.endpoint, epoch, scene.failure(2)).await.unwrap();
    let workspaces = store.workspace_all().await.unwrap();
    let channels = store.channel_all().await.unwrap();
    let endpoints = store.endpoint_all().await.unwrap();
    let messages = store.message_list(workspace, MessageFilter::default(), ALL).await.unwrap();
    let conversations = store.conversation_list(workspace, ConversationFilter::default(), ALL).await.unwrap();
    let deliveries = store.delivery_load(scene.endpoint).await.unwrap();
    assert_eq!((messages.items.len(), conversations.items.len(), deliveries.retries.len()), (4, 1, 1));
    store.close();
    turn_back(&today, &older);

    let store = open(&older, 2);
    let bench = Bench::new(Arc::clone(&store) as Arc<_>);
    assert_eq!(bench.after(Position(0)).await, scene.log);
    assert_eq!(store.workspace_all().await, Ok(workspaces));
    assert_eq!(store.channel_all().await.as_ref(), Ok(&channels));
    assert_eq!(store.endpoint_all().await, Ok(endpoints));
    assert_eq!(store.message_list(workspace, MessageFilter::default(), ALL).await, Ok(messages));
    assert_eq!(store.conversation_list(workspace, ConversationFilter::default(), ALL).await, Ok(conversations));
    assert_eq!(store.delivery_load(scene.endpoint).await, Ok(deliveries));

    // What was known is known, and what is new comes after it.
    let channel = Arc::new(channels[0].channel.clone());
    let events = bench.events_of(&channel, 10, vec![received("m1", 1), received("m9", 9)]).await;
    assert_eq!(kinds(&events), ["message.received"]);
    assert!(events[0].position > scene.log[5].position);
    assert_eq!(events[0].event.recorded_at, at(10));
    let later = store.lease_acquire("endpoint", scene.endpoint.uuid(), "two").await.unwrap();
    assert!(later > epoch);
    let told = Event { key: scene.endpoint.into(), ..Event::clone(&events[0].event) };
    let told = vec![Event { id: EventId::from_bytes(bench.id()), ..told }];
    let change = DeliveryChange { told, ..DeliveryChange::default() };
    store.delivery_record(scene.endpoint, later, change).await.unwrap();
    assert_eq!(bench.after(events[0].position).await[0].event.sequence, 4, "what an endpoint told goes on, too");
    assert!(inspect(&older).unwrap().gives_back);
}
