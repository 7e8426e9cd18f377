//! Paths and queries, spelled so that nothing that was typed can lead elsewhere.

use url::form_urlencoded::{Serializer, byte_serialize};

/// A path of these segments: `path(&["endpoints", id, "stats"])` is `/v1/endpoints/…/stats`.
pub(crate) fn path(segments: &[&str]) -> String {
    let spelled = segments.iter().map(|segment| byte_serialize(segment.as_bytes()).collect::<String>());
    spelled
        .fold("/v1".to_owned(), |path, segment| format!("{path}/{}", segment.replace('+', "%20").replace('.', "%2E")))
}

/// A path with those parameters that are given.
pub(crate) fn query(path: &str, parameters: &[(&str, Option<String>)]) -> String {
    let mut spelled = Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            spelled.append_pair(name, value);
        }
    }
    let spelled = spelled.finish();
    if spelled.is_empty() { path.to_owned() } else { format!("{path}?{spelled}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_in_its_segment() {
        assert_eq!(path(&["endpoints", "ep_1", "stats"]), "/v1/endpoints/ep_1/stats");
        assert_eq!(path(&["channels", "../keys?a=b #"]), "/v1/channels/%2E%2E%2Fkeys%3Fa%3Db%20%23");
    }

    #[test]
    fn only_what_is_given_is_asked() {
        assert_eq!(query("/v1/events", &[("types", None)]), "/v1/events");
        let asked = query("/v1/events", &[("types", Some("message.*,a&b".into())), ("last", Some("3".into()))]);
        assert_eq!(asked, "/v1/events?types=message.*%2Ca%26b&last=3");
    }
}
