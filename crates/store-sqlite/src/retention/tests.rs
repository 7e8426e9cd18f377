//! No slice goes through a table, however large that is.

use tidings_domain::{
    delivery::{DeliveryChange, Outcome},
    id::OrderedIds,
};
use tidings_store::{
    Log, Place, Records,
    conformance::{Bench, at, deliveries::Scene},
};

use super::{events, gaps, records};
use crate::{
    open::connect,
    plans::{Statements, steps, store_in},
    session::{Counters, Numbers, Reader, Session},
    tally::Tally,
};

#[tokio::test]
async fn no_slice_goes_through_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let (store, database) = store_in(folder.path());
    let bench = Bench::new(store.clone());
    let scene = Scene::new(&bench).await;
    let epoch = store.lease_acquire("endpoint", scene.endpoint.uuid(), "one").await.unwrap();
    let made = vec![scene.attempt(3, 1, Outcome::Delivered)];
    let change = DeliveryChange { attempts: made, low_water: Some(scene.log[4].position), ..scene.failure(2) };
    store.delivery_record(scene.endpoint, epoch, change).await.unwrap();
    store.close();

    let mut connection = connect(&database).unwrap();
    let (mut counters, mut appended) = (Counters::load(&connection).unwrap(), Vec::new());
    let statements = Statements::of(&mut connection);
    let mut session = Session {
        reader: Reader { connection: &connection },
        ids: &mut OrderedIds::new(|bytes: &mut [u8]| bytes.fill(2)),
        counters: &mut counters,
        appended: &mut appended,
        numbers: &mut Numbers::default(),
        tally: &mut Tally::default(),
        savepoints: false,
    };
    for which in [
        Records::AttemptDetails,
        Records::KeptUpdates,
        Records::RawBodies,
        Records::DedupKeys,
        Records::IdempotencyKeys,
        Records::Acts,
        Records::Usage,
    ] {
        records::prune(&mut session, which, at(1_000_000), Place::default()).unwrap();
    }
    let slice = events::prune(&mut session, at(1_000_000), |_, _, _| true).unwrap();
    assert_eq!((slice.events, slice.overtaken.len()), (6, 1));
    gaps::tell(&mut session, scene.endpoint, 0, at(1_000_000)).unwrap();
    events::begin(&session.reader).unwrap();

    let statements = statements.taken();
    assert!(statements.len() > 25, "{statements:#?}");
    for sql in statements {
        for step in steps(&connection, &sql) {
            // The oldest so many in the order of recording are found where a table begins.
            let ends_early = sql.contains("LIMIT");
            assert!(!step.contains("TEMP B-TREE"), "{sql}\n{step}");
            assert!(!step.starts_with("SCAN") || ends_early, "{sql}\n{step}");
        }
    }
}
