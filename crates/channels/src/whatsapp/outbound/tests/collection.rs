//! A collection of real answers, if there is one.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tidings_domain::sending::SendOutcome;

use super::{WHATSAPP, answer};

/// The files of the collection whose content has this field, or nothing if there is no collection.
fn with_field(field: &str) -> Option<Vec<(PathBuf, String)>> {
    let Some(folder) = std::env::var_os("TIDINGS_FIXTURES") else {
        println!("skipped: TIDINGS_FIXTURES names no folder of payloads");
        return None;
    };
    let files = std::fs::read_dir(Path::new(&folder).join("whatsapp-api")).unwrap();
    let texts = files.map(|file| file.unwrap().path()).map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, text)
    });
    let found: Vec<_> =
        texts.filter(|(_, text)| serde_json::from_str::<Value>(text).unwrap().get(field).is_some()).collect();
    assert!(!found.is_empty(), "no file has the field {field}");
    Some(found)
}

#[test]
fn answers_to_messages() {
    for (path, text) in with_field("messages").unwrap_or_default() {
        let outcome = WHATSAPP.read_answer(answer(200, text.as_bytes()), 0);
        assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{}: {outcome:?}", path.display());
    }
}

#[test]
fn errors() {
    for (path, text) in with_field("error").unwrap_or_default() {
        let outcome = WHATSAPP.read_answer(answer(400, text.as_bytes()), 0);
        assert!(matches!(outcome, SendOutcome::Refused { .. }), "{}: {outcome:?}", path.display());
    }
}

#[test]
fn numbers() {
    for (path, text) in with_field("display_phone_number").unwrap_or_default() {
        let account = WHATSAPP.read_probe(answer(200, text.as_bytes()));
        let phone = account.unwrap_or_else(|trouble| panic!("{}: {trouble:?}", path.display())).phone_number;
        assert!(phone.is_some_and(|phone| phone.starts_with('+')), "{}", path.display());
    }
}

#[test]
fn pages_of_templates() {
    for (path, text) in with_field("data").unwrap_or_default() {
        let items = serde_json::from_str::<Value>(&text).unwrap()["data"].as_array().cloned().unwrap_or_default();
        let templates = items.iter().filter(|item| item.get("components").is_some()).count();
        let page = WHATSAPP.read_templates(answer(200, text.as_bytes())).unwrap();
        assert_eq!(page.templates.len(), templates, "{}", path.display());
        for template in page.templates {
            let filled = WHATSAPP.fill_template(&template, &[]);
            assert!(filled.is_some(), "{}: {template:?}", path.display());
        }
    }
}
