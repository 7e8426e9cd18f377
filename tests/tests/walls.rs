//! The walls between the rooms: who may depend on whom. The list is short because the rule is: knowledge flows one way.
//!
//! `domain` knows nobody; `channels`, `webhooks` and `store` know only `domain`; the gateway never names a backend, only
//! the binary and the tests do; the simulator shares nothing with what it is played against.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use serde_json::Value;

/// A room, whom it may use, and whom else its own tests may use.
const RULE: &[(&str, &[&str], &[&str])] = &[
    ("domain", &[], &[]),
    ("channels", &["domain"], &[]),
    ("webhooks", &["domain"], &[]),
    ("store", &["domain"], &[]),
    ("net", &[], &[]),
    ("simulator", &[], &[]),
    ("store-sqlite", &["domain", "store"], &[]),
    ("gateway", &["channels", "domain", "net", "store", "webhooks"], &["simulator", "store-sqlite"]),
    ("cli", &["channels", "domain", "gateway", "net", "simulator", "store", "store-sqlite", "webhooks"], &[]),
    ("tests", &["channels", "domain", "gateway", "net", "simulator", "store", "store-sqlite", "webhooks"], &[]),
];

#[test]
fn every_room_uses_only_whom_it_may() {
    let mut broken = Vec::new();
    for (room, uses) in rooms() {
        let Some((_, allowed, in_tests)) = RULE.iter().find(|(name, ..)| *name == room) else {
            broken.push(format!("{room} is not in the rule's table"));
            continue;
        };
        for (used, kind) in uses {
            let fine = allowed.contains(&used.as_str()) || kind == "dev" && in_tests.contains(&used.as_str());
            if !fine {
                broken.push(format!("{room} may not use {used} ({kind})"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_folder_is_a_room_and_every_room_of_the_table_exists() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut folders: BTreeSet<String> =
        std::fs::read_dir(crates).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    folders.insert("tests".to_owned());
    let table: BTreeSet<String> = RULE.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(folders, table);
    assert_eq!(rooms().into_keys().collect::<BTreeSet<_>>(), table);
}

/// Our packages without their prefix, and for each the pairs of what it uses of ours and how: `normal`, `dev` or `build`.
fn rooms() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs, it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("metadata lists packages");
    packages
        .iter()
        .map(|package| (room(&package["name"]).expect("packages are named tidings-…"), uses(package)))
        .collect()
}

fn uses(package: &Value) -> BTreeSet<(String, String)> {
    let dependencies = package["dependencies"].as_array().expect("a package lists dependencies");
    let ours = dependencies.iter().filter_map(|dependency| {
        Some((room(&dependency["name"])?, dependency["kind"].as_str().unwrap_or("normal").to_owned()))
    });
    ours.collect()
}

fn room(name: &Value) -> Option<String> {
    name.as_str()?.strip_prefix("tidings-").map(str::to_owned)
}
