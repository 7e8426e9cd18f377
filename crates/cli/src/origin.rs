//! Which options a server uses, and where each of them comes from, so that nobody has to guess.

use std::collections::BTreeSet;

use clap::{ArgMatches, Command, parser::ValueSource};

use crate::{client::VARIABLES, config::ConfigFile, options::ServeOptions};

/// An option as it is used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Used {
    /// Its name in the configuration file.
    pub(crate) name: &'static str,
    /// Its value; of a secret only that there is one.
    pub(crate) value: String,
    /// `flag`, `variable`, `file` or `default`.
    pub(crate) origin: &'static str,
}

/// All options in the order of the reference.
pub(crate) fn used(options: &ServeOptions, file: &ConfigFile, matches: Option<&ArgMatches>) -> Vec<Used> {
    let option = |name: &'static str, value: String, is_in_file: bool| {
        let origin = match matches.and_then(|matches| matches.value_source(name)) {
            Some(ValueSource::CommandLine) => "flag",
            Some(ValueSource::EnvVariable) => "variable",
            _ if is_in_file => "file",
            _ => "default",
        };
        Used { name, value, origin }
    };
    let networks = |networks: &[ipnet::IpNet]| match networks {
        [] => "none".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let secret = |is_set: bool| if is_set { "set, and hidden" } else { "not set" }.to_owned();
    let not_set = || "not set".to_owned();
    let pace = options.requests_per_minute.map_or_else(|| "any number".to_owned(), |number| number.to_string());
    let format = format!("{:?}", options.log_format).to_lowercase();
    vec![
        option("listen", options.listen.to_string(), file.listen.is_some()),
        option("data", options.data.display().to_string(), file.data.is_some()),
        option("public_url", options.public_url.clone().unwrap_or_else(not_set), file.public_url.is_some()),
        option("admin_key", secret(options.admin_key.is_some()), file.admin_key.is_some()),
        option("seal_key_file", options.seal_key_file.display().to_string(), file.seal_key_file.is_some()),
        option("allow_networks", networks(&options.allow_networks), file.allow_networks.is_some()),
        option("deny_networks", networks(&options.deny_networks), file.deny_networks.is_some()),
        option("requests_per_minute", pace, file.requests_per_minute.is_some()),
        option("keep_events", options.kept.events.to_string(), file.keep_events.is_some()),
        option("keep_attempt_details", options.kept.attempt_details.to_string(), file.keep_attempt_details.is_some()),
        option("keep_raw_bodies", options.kept.raw_bodies.to_string(), file.keep_raw_bodies.is_some()),
        option(
            "keep_unmatched_updates",
            options.kept.unmatched_updates.to_string(),
            file.keep_unmatched_updates.is_some(),
        ),
        option("keep_dedup_keys", options.kept.dedup_keys.to_string(), file.keep_dedup_keys.is_some()),
        option("keep_media", options.kept.media.to_string(), file.keep_media.is_some()),
        option("keep_audit", options.kept.audit.to_string(), file.keep_audit.is_some()),
        option("keep_usage", options.kept.usage.to_string(), file.keep_usage.is_some()),
        option("log", options.log.clone(), file.log.is_some()),
        option("log_format", format, file.log_format.is_some()),
    ]
}

/// Those of these variables that look like ours and that no verb knows, such as a misspelled one.
pub(crate) fn unknown(variables: impl Iterator<Item = String>, command: &Command) -> Vec<String> {
    let known: BTreeSet<&str> = known(command).chain(VARIABLES).collect();
    variables.filter(|name| name.starts_with("TIDINGS_") && !known.contains(name.as_str())).collect()
}

fn known(command: &Command) -> Box<dyn Iterator<Item = &str> + '_> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env()?.to_str());
    Box::new(own.chain(command.get_subcommands().flat_map(known)))
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;
    use crate::{config::REFERENCE, options::ServeArguments};

    fn told(line: &[&str], file: &str) -> Vec<Used> {
        let command = ServeArguments::augment_args(Command::new("serve"));
        let matches = command.get_matches_from([&["serve"], line].concat());
        let file = ConfigFile::parse(file).unwrap();
        let options = ServeArguments::from_arg_matches(&matches).unwrap().resolve_over(file.clone()).unwrap();
        used(&options, &file, Some(&matches))
    }

    #[test]
    fn a_misspelled_variable_is_found() {
        let command = Command::new("tidings").subcommand(ServeArguments::augment_args(Command::new("serve")));
        let variables = ["TIDINGS_KEEP_EVNTS", "TIDINGS_KEEP_EVENTS", "TIDINGS_KEY", "KEEP_EVNTS"].map(str::to_owned);
        assert_eq!(unknown(variables.into_iter(), &command), ["TIDINGS_KEEP_EVNTS"]);
    }

    #[test]
    fn each_option_has_the_origin_that_won() {
        let file = "log = \"warn\"\nrequests_per_minute = 0\nadmin_key = \"very-secret\"";
        let all = told(&["--log", "debug", "--deny-networks", "10.0.0.0/8"], file);
        let of = |name: &str| {
            let found = all.iter().find(|used| used.name == name).unwrap();
            (&*found.value, found.origin)
        };
        assert_eq!(of("log"), ("debug", "flag"));
        assert_eq!(of("deny_networks"), ("10.0.0.0/8", "flag"));
        assert_eq!(of("requests_per_minute"), ("any number", "file"));
        assert_eq!(of("admin_key"), ("set, and hidden", "file"));
        assert_eq!(of("log_format"), ("text", "default"));
    }

    #[test]
    fn no_option_is_left_out() {
        let names: Vec<_> = told(&[], "").into_iter().map(|used| used.name).collect();
        let reference = REFERENCE.lines().filter_map(|line| line.strip_prefix('#')?.split_once(" = "));
        let reference: Vec<_> = reference.map(|(name, _)| name).filter(|name| !name.contains(' ')).collect();
        assert_eq!(names, reference);
    }
}
