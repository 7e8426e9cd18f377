//! Paths into a document: names with dots between them (`data.content.text`), or a JSON pointer (`/metadata/a.b`) where a
//! name has a dot of its own.

use serde_json::Value;

/// How many names a path may have.
const MOST_NAMES: usize = 32;

/// A path into a document.
#[derive(Debug)]
pub(super) struct Path(Vec<String>);

impl Path {
    /// Reads one, or says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let names: Vec<String> = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(|name| name.replace("~1", "/").replace("~0", "~")).collect(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        if text.starts_with('/') && text.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
            return Err("in a JSON pointer `~` stands for nothing by itself: write `~0` for it, and `~1` for a slash"
                .to_owned());
        }
        if names.iter().any(String::is_empty) {
            return Err("a path is names with dots between them, such as data.channel_id".to_owned());
        }
        if names.len() > MOST_NAMES {
            return Err(format!("a path has at most {MOST_NAMES} names"));
        }
        Ok(Self(names))
    }

    /// Everything that stands there. A name leads into every item of a list, and a number into that item.
    pub(super) fn find<'a>(&self, document: &'a Value) -> Vec<&'a Value> {
        let mut found = Vec::new();
        follow(document, &self.0, &mut found);
        found
    }
}

fn follow<'a>(value: &'a Value, names: &[String], found: &mut Vec<&'a Value>) {
    let Some((name, rest)) = names.split_first() else {
        // What stands there is a list, or any of its items.
        found.push(value);
        found.extend(value.as_array().into_iter().flatten());
        return;
    };
    match value {
        Value::Object(object) => {
            if let Some(value) = object.get(name) {
                follow(value, rest, found);
            }
        }
        Value::Array(items) => match name.parse::<usize>() {
            Ok(index) => {
                if let Some(item) = items.get(index) {
                    follow(item, rest, found);
                }
            }
            Err(_) => items.iter().for_each(|item| follow(item, names, found)),
        },
        _ => {}
    }
}
