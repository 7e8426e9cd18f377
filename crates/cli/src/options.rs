//! The options of `tidings serve`, from command line, environment and file.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use tidings_gateway::settings::Kept;

use crate::{config::ConfigFile, keep::KeepArguments};

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Options as they are typed.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServeArguments {
    /// Where to listen; port 0 picks a free one [default: 127.0.0.1:7777]
    #[arg(long, env = "TIDINGS_LISTEN", value_name = "ADDRESS", value_parser = address)]
    pub(crate) listen: Option<SocketAddr>,
    /// The folder for the database and the key that seals secrets [default: ./tidings-data]
    #[arg(long, env = "TIDINGS_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// What vendors and browsers reach the gateway by [default: http:// and the address]
    #[arg(long, env = "TIDINGS_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// The operator's key, which may do everything
    #[arg(long, env = "TIDINGS_ADMIN_KEY", value_name = "KEY", hide_env_values = true)]
    pub(crate) admin_key: Option<String>,
    /// The file with the key that secrets are sealed with [default: tidings.key in the data folder]
    #[arg(long, env = "TIDINGS_SEAL_KEY_FILE", value_name = "FILE")]
    pub(crate) seal_key_file: Option<PathBuf>,
    /// Private networks that webhooks and vendor calls may reach, with commas between them
    #[arg(long, env = "TIDINGS_ALLOW_NETWORKS", value_name = "NETWORKS", value_delimiter = ',')]
    pub(crate) allow_networks: Option<Vec<String>>,
    /// Networks that webhooks and vendor calls may not reach, whatever is allowed, with commas between them
    #[arg(long, env = "TIDINGS_DENY_NETWORKS", value_name = "NETWORKS", value_delimiter = ',')]
    pub(crate) deny_networks: Option<Vec<String>>,
    /// How many requests an API key may make in a minute; 0 allows any number [default: 6000]
    #[arg(long, env = "TIDINGS_REQUESTS_PER_MINUTE", value_name = "NUMBER")]
    pub(crate) requests_per_minute: Option<u32>,
    #[command(flatten)]
    pub(crate) keep: KeepArguments,
    /// What is logged, also by module [default: info]
    #[arg(long, env = "TIDINGS_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// How it is logged [default: text]
    #[arg(long, env = "TIDINGS_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// A configuration file; `tidings config` prints one
    #[arg(long, env = "TIDINGS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Options as they count.
#[derive(Debug, Clone)]
pub(crate) struct ServeOptions {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    pub(crate) public_url: Option<String>,
    pub(crate) admin_key: Option<String>,
    pub(crate) seal_key_file: PathBuf,
    pub(crate) allow_networks: Vec<ipnet::IpNet>,
    pub(crate) deny_networks: Vec<ipnet::IpNet>,
    pub(crate) requests_per_minute: Option<NonZeroU32>,
    pub(crate) kept: Kept,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
}

impl ServeArguments {
    /// Adds the file's options and the defaults.
    pub(crate) fn resolve(self) -> anyhow::Result<ServeOptions> {
        let file = self.file()?;
        self.resolve_over(file)
    }

    /// The file that is named, or one without options.
    pub(crate) fn file(&self) -> anyhow::Result<ConfigFile> {
        Ok(self.config.as_deref().map(ConfigFile::read).transpose()?.unwrap_or_default())
    }

    /// Adds these options of a file and the defaults.
    pub(crate) fn resolve_over(self, file: ConfigFile) -> anyhow::Result<ServeOptions> {
        let kept = self.keep.resolve_over(&file)?;
        let data = self.data.or(file.data).unwrap_or_else(|| PathBuf::from("./tidings-data"));
        Ok(ServeOptions {
            listen: self.listen.or(file.listen).unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 7777))),
            public_url: self.public_url.or(file.public_url).map(|url| usable_url(&url)).transpose()?,
            admin_key: self.admin_key.or(file.admin_key).map(usable_key).transpose()?,
            seal_key_file: self.seal_key_file.or(file.seal_key_file).unwrap_or_else(|| data.join("tidings.key")),
            allow_networks: networks("allow_networks", self.allow_networks.or(file.allow_networks))?,
            deny_networks: networks("deny_networks", self.deny_networks.or(file.deny_networks))?,
            requests_per_minute: NonZeroU32::new(self.requests_per_minute.or(file.requests_per_minute).unwrap_or(6000)),
            kept,
            log: self.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            log_format: self.log_format.or(file.log_format).unwrap_or(LogFormat::Text),
            data,
        })
    }
}

/// Where to listen, as it is typed.
pub(crate) fn address(typed: &str) -> Result<SocketAddr, String> {
    typed.parse().map_err(|_| format!("`{typed}` is no address and port such as 127.0.0.1:7777"))
}

/// The networks that an option names.
fn networks(option: &str, named: Option<Vec<String>>) -> anyhow::Result<Vec<ipnet::IpNet>> {
    let named = named.unwrap_or_default();
    let named = named.iter().map(|network| network.trim()).filter(|network| !network.is_empty());
    named
        .map(|network| {
            network.parse().with_context(|| format!("{option}: `{network}` is no network such as 10.1.0.0/16"))
        })
        .collect()
}

/// Links are made by putting a path behind it.
fn usable_url(url: &str) -> anyhow::Result<String> {
    let trimmed = url.trim().trim_end_matches('/');
    let usable = trimmed.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none() && !trimmed.contains('#')
    });
    anyhow::ensure!(usable, "public_url: `{url}` is not an address such as https://chat.example.com");
    Ok(trimmed.to_owned())
}

/// An empty key would let everybody in; a variable that is set to nothing is a slip.
fn usable_key(key: String) -> anyhow::Result<String> {
    anyhow::ensure!(!key.trim().is_empty(), "admin_key: it is empty; set a long random text, or leave it out");
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_has_a_scheme_and_ends_without_a_slash() {
        for (given, kept) in
            [("https://chat.example.com/", "https://chat.example.com"), ("http://a:1/b", "http://a:1/b")]
        {
            assert_eq!(usable_url(given).unwrap(), kept);
        }
        for given in ["chat.example.com", "", "ftp://a", "https://a/?b=1", "https://a/#b", "https://a b"] {
            let error = usable_url(given).unwrap_err().to_string();
            assert!(error.starts_with("public_url:") && error.contains(given), "{error}");
        }
    }
}
