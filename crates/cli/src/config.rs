//! The configuration file: the same options as on the command line, which win over it.

use std::{net::SocketAddr, path::Path};

use anyhow::Context as _;
use serde::Deserialize;

/// Every option with its default, commented: the reference.
pub(crate) const REFERENCE: &str = include_str!("../tidings.toml");

/// What stands in a configuration file. Unknown names are refused.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigFile {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) data: Option<std::path::PathBuf>,
    pub(crate) public_url: Option<String>,
    pub(crate) admin_key: Option<String>,
    pub(crate) seal_key_file: Option<std::path::PathBuf>,
    pub(crate) allow_networks: Option<Vec<String>>,
    pub(crate) deny_networks: Option<Vec<String>>,
    pub(crate) requests_per_minute: Option<u32>,
    pub(crate) log: Option<String>,
    pub(crate) log_format: Option<crate::options::LogFormat>,
}

impl ConfigFile {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("cannot understand {}", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(toml::from_str(text)?)
    }
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
}
