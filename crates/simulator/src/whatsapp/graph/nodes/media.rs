//! Media: uploaded in a form, described under an id, fetched from a link that lives for five minutes, deleted. Source:
//! "Cloud API › Reference › Media".

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use serde_json::{Value, json};

use super::fields::parameter;
use crate::whatsapp::graph::{error::GraphError, multipart::Part};

/// The path of the links to media, which Meta has on a host of its own.
pub(crate) const LINK_PATH: &str = "/whatsapp_business/attachments/";
/// How long a link to media works.
const LINK_SECONDS: i64 = 5 * 60;

const MEGABYTE: usize = 1024 * 1024;
/// What can be uploaded, and how large it may be.
const TYPES: [(&str, usize); 20] = [
    ("audio/aac", 16 * MEGABYTE),
    ("audio/amr", 16 * MEGABYTE),
    ("audio/mp4", 16 * MEGABYTE),
    ("audio/mpeg", 16 * MEGABYTE),
    ("audio/ogg", 16 * MEGABYTE),
    ("application/msword", 100 * MEGABYTE),
    ("application/pdf", 100 * MEGABYTE),
    ("application/vnd.ms-excel", 100 * MEGABYTE),
    ("application/vnd.ms-powerpoint", 100 * MEGABYTE),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", 100 * MEGABYTE),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 100 * MEGABYTE),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", 100 * MEGABYTE),
    ("text/plain", 100 * MEGABYTE),
    ("image/jpeg", 5 * MEGABYTE),
    ("image/png", 5 * MEGABYTE),
    ("image/webp", 500 * 1024),
    ("video/3gp", 16 * MEGABYTE),
    ("video/3gpp", 16 * MEGABYTE),
    ("video/mp4", 16 * MEGABYTE),
    ("video/quicktime", 16 * MEGABYTE),
];

/// How much is kept; then the oldest files go. It is more than any test brings, and less than a machine has.
const MOST_BYTES: usize = 512 * MEGABYTE;

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct Media {
    pub(crate) mime_type: String,
    pub(crate) bytes: Bytes,
    /// Whether every link to it is answered as one that is too old.
    pub(crate) link_is_dead: bool,
}

/// All files of a server.
#[derive(Debug)]
pub(crate) struct MediaStore {
    files: HashMap<String, Media>,
    /// Whether every link is answered as one that is too old.
    pub(crate) links_are_dead: bool,
    /// The number that the next id is made of.
    next: u64,
}

impl MediaStore {
    /// Ids of different starts are different.
    pub(crate) fn new(start: u64) -> MediaStore {
        MediaStore {
            files: HashMap::new(),
            links_are_dead: false,
            next: 1_000_000_000_000_000 + start % 8_000_000_000 * 1_000_000,
        }
    }

    pub(crate) fn add(&mut self, media: Media) -> String {
        let id = self.next.to_string();
        self.next += 1;
        self.files.insert(id.clone(), media);
        while self.files.len() > 1 && self.files.values().map(|media| media.bytes.len()).sum::<usize>() > MOST_BYTES {
            // Ids have as many digits as each other, and grow.
            let Some(oldest) = self.files.keys().min().cloned() else { break };
            self.files.remove(&oldest);
        }
        id
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.files.contains_key(id)
    }

    pub(crate) fn get(&self, id: &str) -> Option<Media> {
        self.files.get(id).cloned()
    }

    pub(crate) fn remove(&mut self, id: &str) -> bool {
        self.files.remove(id).is_some()
    }

    pub(crate) fn clear(&mut self) {
        self.files.clear();
    }

    /// What is known of a file, with a link that begins with `base`.
    pub(crate) fn describe(&self, id: &str, base: &str, seconds: i64) -> Option<Value> {
        let media = self.files.get(id)?;
        let expires = seconds + LINK_SECONDS;
        let sha256 = hexadecimal(digest(&SHA256, &media.bytes).as_ref());
        Some(json!({
            "messaging_product": "whatsapp",
            "url": format!("{base}{LINK_PATH}?mid={id}&ext={expires}&hash={}", &sha256[..16]),
            "mime_type": media.mime_type,
            "sha256": sha256,
            "file_size": media.bytes.len(),
            "id": id,
        }))
    }

    /// The file behind the query of a link, if the link is not too old.
    pub(crate) fn behind(&self, query: &str, seconds: i64) -> Option<Media> {
        let expires: i64 = parameter(query, "ext")?.parse().ok()?;
        if seconds > expires || self.links_are_dead {
            return None;
        }
        self.files.get(&parameter(query, "mid")?).filter(|media| !media.link_is_dead).cloned()
    }
}

/// The file of a form that uploads one.
pub(crate) fn uploaded(parts: Option<&[Part]>) -> Result<Media, GraphError> {
    let parts = parts.ok_or_else(|| GraphError::parameter("The parameter file is required."))?;
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    if part("messaging_product").is_none_or(|product| product.content != "whatsapp") {
        return Err(GraphError::parameter("The parameter messaging_product is required."));
    }
    let file = part("file").ok_or_else(|| GraphError::parameter("The parameter file is required."))?;
    let mime_type = file.content_type.as_deref().unwrap_or("application/octet-stream");
    // `audio/ogg; codecs=opus` is allowed as `audio/ogg` is.
    let essence = mime_type.split(';').next().unwrap_or(mime_type).trim();
    let Some((_, most)) = TYPES.iter().find(|(name, _)| *name == essence) else {
        let all = TYPES.map(|(name, _)| name).join(", ");
        return Err(GraphError::parameter(&format!(
            "Param file must be a file with one of the following types: {all}. Received file of type '{mime_type}'."
        )));
    };
    if file.content.len() > *most {
        return Err(GraphError::parameter(&format!("Param file must be at most {most} bytes large.")));
    }
    Ok(Media { mime_type: mime_type.to_owned(), bytes: file.content.clone(), link_is_dead: false })
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
