//! What was erased stands nowhere in the files, also not where SQLite has moved it from.

use std::{path::Path, sync::Arc};

use tidings_domain::{ContactId, WorkspaceId, contact::ContactDraft, id::OrderedIds};
use tidings_store::{ContactCreation, Shown, State as _, conformance};
use tidings_store_sqlite::{Options, SqliteStore, check_whole};

/// A name that is nobody else's, in no order.
fn name(number: u64) -> String {
    format!("name-{:016x} {}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15), "of some length ".repeat(8))
}

async fn contact(store: &SqliteStore, workspace_id: WorkspaceId, number: u64) -> ContactId {
    let draft = ContactDraft { name: Some(name(number)), source: "api".to_owned(), ..ContactDraft::default() };
    let creation = ContactCreation { workspace_id, draft, at: conformance::at(1) };
    match store.contact_create(creation, None).await {
        Ok(Shown::Done(contact)) => contact.id,
        other => panic!("a contact that can be made, not {other:?}"),
    }
}

/// What stands somewhere in a folder's files.
fn found<'a>(folder: &Path, texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let files = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| std::fs::read(entry.expect("a file").path()).expect("a file"));
    let files: Vec<String> = files.map(|file| String::from_utf8_lossy(&file).into_owned()).collect();
    texts.filter(|text| files.iter().any(|file| file.contains(text))).collect()
}

fn open(folder: &Path) -> Arc<SqliteStore> {
    let ids = Box::new(OrderedIds::new(|bytes: &mut [u8]| bytes.fill(7)));
    Arc::new(SqliteStore::open(Options { database: folder.join("tidings.db"), ids }).expect("a store"))
}

/// Writes something into the free part of a page, where SQLite may leave what it has moved elsewhere.
fn leave_behind(database: &Path, text: &str) {
    const PAGE: usize = 4096;
    let mut file = std::fs::read(database).expect("a database");
    let two_bytes = |at: usize| usize::from(u16::from_be_bytes([file[at], file[at + 1]]));
    let gap = |page: usize| page + 8 + 2 * two_bytes(page + 3)..page + two_bytes(page + 5);
    // A leaf with some room, not the first of the file.
    let leaf = (1..file.len() / PAGE)
        .map(|number| number * PAGE)
        .find(|page| file[*page] == 13 && two_bytes(page + 3) > 0 && gap(*page).len() > 2 * text.len());
    let room = gap(leaf.expect("a leaf with room"));
    file[room.start + 4..][..text.len()].copy_from_slice(text.as_bytes());
    std::fs::write(database, file).expect("a database");
}

#[tokio::test]
async fn nothing_is_left_of_some_of_many_and_the_others_are_whole() {
    const ALL: u64 = 60;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let bench = conformance::Bench::new(store.clone());
    let workspace = bench.workspace("ant").await;
    let mut contacts = Vec::new();
    for number in 0..ALL {
        contacts.push(contact(&store, workspace, number).await);
    }
    let names: Vec<String> = (0..ALL).map(name).collect();
    assert_eq!(found(folder.path(), names.iter().map(String::as_str)).len(), names.len());
    for contact in contacts.iter().step_by(3) {
        bench.erase(workspace, *contact).await.unwrap();
    }
    bench.go_on_erasing(100).await;
    let left: Vec<&str> =
        names.iter().enumerate().filter(|(number, _)| number % 3 != 0).map(|(_, name)| &**name).collect();
    assert_eq!(found(folder.path(), names.iter().map(String::as_str)), left);
    for (number, contact) in contacts.iter().enumerate() {
        let known = store.contact_get(workspace, *contact).await.unwrap().and_then(|contact| contact.name);
        assert_eq!(known, (number % 3 != 0).then(|| names[number].clone()));
    }
}

#[tokio::test]
async fn copies_that_were_left_behind_are_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let bench = conformance::Bench::new(store.clone());
    let workspace = bench.workspace("ant").await;
    let (gone, stays) = (contact(&store, workspace, 1).await, contact(&store, workspace, 2).await);
    drop((bench, store));
    leave_behind(&folder.path().join("tidings.db"), "left by a page that was divided");
    let left = || found(folder.path(), ["left by a page that was divided"].into_iter()).len();
    let store = open(folder.path());
    assert_eq!(left(), 1);
    let bench = conformance::Bench::new(store.clone());
    bench.erase(workspace, gone).await.unwrap();
    bench.go_on_erasing(100).await;
    assert_eq!(left(), 0);
    assert_eq!(store.contact_get(workspace, stays).await.unwrap().and_then(|contact| contact.name), Some(name(2)));
    drop((bench, store));
    assert_eq!(check_whole(&folder.path().join("tidings.db")), Ok(()));
}

#[tokio::test]
async fn the_number_of_a_webhook_that_went_with_a_contact_is_not_given_to_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let bench = conformance::Bench::new(store.clone());
    let workspace = bench.workspace("ant").await;
    let channel = bench.channel(workspace, "100").await;
    let both = vec![conformance::received_from("1555", "a", 1), conformance::received_from("1666", "b", 1)];
    let events = bench.events_of(&channel, 1, both).await;
    let (gone, stays) = (events[2].clone(), events[5].clone());
    bench.erase(workspace, conformance::message_of(&gone).contact_id).await.unwrap();
    bench.go_on_erasing(100).await;
    drop((bench, store));

    let store = open(folder.path());
    let bench = conformance::Bench::new(store.clone());
    let later = bench.events_of(&channel, 500, vec![conformance::received_from("1777", "c", 500)]).await;
    let body = async |position| store.body_of_event(workspace, position).await.unwrap().map(|body| body.body);
    assert!(body(later.last().unwrap().position).await.is_some());
    assert_eq!(body(stays.position).await, None, "its webhook went with the other one");
}
