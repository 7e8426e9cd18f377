//! Bodies of the released schema, byte for byte. `TIDINGS_BLESS=1` writes them anew; a released body is never blessed
//! again, since consumers may hold a hash of it.

use std::{collections::BTreeSet, fs, path::PathBuf};

use tidings_domain::{
    endpoint::WebhookFormat,
    event::{EventKind, SCHEMA},
};
use tidings_webhooks::render;

use crate::samples::{self, Links};

fn folder(format: WebhookFormat) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(SCHEMA.to_string()).join(format.name())
}

#[test]
fn every_body_is_what_it_was() {
    let bless = std::env::var_os("TIDINGS_BLESS").is_some();
    for format in WebhookFormat::ALL.iter().copied() {
        let folder = folder(format);
        fs::create_dir_all(&folder).unwrap();
        let mut known = BTreeSet::new();
        for (name, event) in samples::all() {
            let Some(body) = render(&event, format, &Links) else {
                assert_eq!((format, &*name), (WebhookFormat::Object, "message.updated.revived"));
                continue;
            };
            let file = folder.join(format!("{name}.json"));
            if bless {
                fs::write(&file, &body).unwrap();
            }
            let golden = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert_eq!(String::from_utf8(body.to_vec()).unwrap(), String::from_utf8(golden).unwrap(), "{name}");
            known.insert(file);
        }
        let found: BTreeSet<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(found, known, "files without a sample");
    }
}

#[test]
fn every_kind_that_can_happen_has_a_sample() {
    let sampled: BTreeSet<EventKind> = samples::all().into_iter().map(|(_, event)| event.kind).collect();
    let without: Vec<&str> =
        EventKind::ALL.iter().filter(|kind| !sampled.contains(kind)).map(|kind| kind.name()).collect();
    assert_eq!(without, ["agent.handoff_started", "agent.handoff_completed", "agent.transferred"], "reserved kinds");
}
