//! What a path of the API names. Source: "Graph API › Overview": a version, a node's id, and perhaps an edge of the node.

use super::nodes::media::LINK_PATH;

/// A path, without its version: which one it is, is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// A link to media.
    Link,
    /// The node with this id.
    Node(&'a str),
    /// Of the node with this id, the edge of this name.
    Edge(&'a str, &'a str),
    /// None of the API's paths.
    Nowhere,
}

impl Place<'_> {
    pub(super) fn of(path: &str) -> Place<'_> {
        if path == LINK_PATH {
            return Place::Link;
        }
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        match segments[..] {
            [version, id] if is_version(version) => Place::Node(id),
            [version, id, edge] if is_version(version) => Place::Edge(id, edge),
            _ => Place::Nowhere,
        }
    }
}

/// Such as `v26.0`.
fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v').and_then(|number| number.split_once('.'));
    number.is_some_and(|(major, minor)| major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_with_a_version() {
        assert_eq!(Place::of("/v26.0/1"), Place::Node("1"));
        assert_eq!(Place::of("/v19.0/1/media"), Place::Edge("1", "media"));
        assert_eq!(Place::of(LINK_PATH), Place::Link);
        for nowhere in ["/1", "/1/media", "/v26/1", "/v26.0", "/v26.0/1/media/2", "/"] {
            assert_eq!(Place::of(nowhere), Place::Nowhere, "{nowhere}");
        }
    }
}
