//! The configuration file: the same options as on the command line, which win over it.

use std::{net::SocketAddr, path::Path};

use anyhow::Context as _;
use serde::{Deserialize, Deserializer, de::Error as _};

/// Every option with its default, commented: the reference.
pub(crate) const REFERENCE: &str = include_str!("../tidings.toml");

/// What stands in a configuration file. Unknown names are refused.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigFile {
    #[serde(default, deserialize_with = "address")]
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) data: Option<std::path::PathBuf>,
    pub(crate) public_url: Option<String>,
    pub(crate) admin_key: Option<String>,
    pub(crate) seal_key_file: Option<std::path::PathBuf>,
    pub(crate) allow_networks: Option<Vec<String>>,
    pub(crate) deny_networks: Option<Vec<String>>,
    pub(crate) requests_per_minute: Option<u32>,
    pub(crate) keep_events: Option<String>,
    pub(crate) keep_attempt_details: Option<String>,
    pub(crate) keep_raw_bodies: Option<String>,
    pub(crate) keep_unmatched_updates: Option<String>,
    pub(crate) keep_dedup_keys: Option<String>,
    pub(crate) keep_media: Option<String>,
    pub(crate) keep_audit: Option<String>,
    pub(crate) keep_usage: Option<String>,
    pub(crate) log: Option<String>,
    pub(crate) log_format: Option<crate::options::LogFormat>,
}

impl ConfigFile {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("cannot understand {}", path.display()))
    }

    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(toml::from_str(text)?)
    }
}

/// The address of `listen`; the error says what is expected.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let typed = String::deserialize(deserializer)?;
    crate::options::address(&typed).map(Some).map_err(|wrong| D::Error::custom(format!("listen: {wrong}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference as it is once every option is taken out of its comment.
    fn uncommented() -> String {
        let option = |line: &str| line.strip_prefix("#").filter(|rest| rest.contains(" = ")).map(str::to_owned);
        REFERENCE.lines().map(|line| option(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
    }

    #[test]
    fn the_reference_holds_every_option() {
        assert_eq!(ConfigFile::parse(REFERENCE).unwrap(), ConfigFile::default());
        let every = format!("{:?}", ConfigFile::parse(&uncommented()).unwrap());
        assert!(!every.contains("None"), "{every}");
    }

    #[test]
    fn unknown_names_are_told() {
        let error = ConfigFile::parse("listne = \"127.0.0.1:1\"").unwrap_err();
        assert!(format!("{error:#}").contains("listne"), "{error:#}");
    }

    #[test]
    fn wrong_values_are_told_with_their_key_and_what_is_expected() {
        for (line, expected) in [
            ("listen = \"nowhere\"", "127.0.0.1:7777"),
            ("requests_per_minute = \"many\"", "u32"),
            ("log_format = \"xml\"", "`text` or `json`"),
            ("allow_networks = \"10.0.0.0/8\"", "sequence"),
        ] {
            let error = format!("{:#}", ConfigFile::parse(line).unwrap_err());
            assert!(error.contains(line) && error.contains(expected), "{error}");
        }
    }
}
