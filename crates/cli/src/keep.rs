//! For how long the server keeps what is old.

use anyhow::Context as _;
use clap::Args;
use tidings_gateway::settings::{Keep, Kept};

use crate::config::ConfigFile;

/// The options as they are typed: a number of days such as `30d`, or `forever`.
#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_field_names, reason = "they are spelled as the options are")]
pub(crate) struct KeepArguments {
    /// For how long events are kept, 7d at least; or `forever` [default: 30d]
    #[arg(long, env = "TIDINGS_KEEP_EVENTS", value_name = "DAYS")]
    pub(crate) keep_events: Option<String>,
    /// For how long what endpoints answered is kept [default: 7d]
    #[arg(long, env = "TIDINGS_KEEP_ATTEMPT_DETAILS", value_name = "DAYS")]
    pub(crate) keep_attempt_details: Option<String>,
    /// For how long vendors' webhooks are kept as they came [default: 7d]
    #[arg(long, env = "TIDINGS_KEEP_RAW_BODIES", value_name = "DAYS")]
    pub(crate) keep_raw_bodies: Option<String>,
    /// For how long vendors' updates are kept that changed nothing yet, 7d at least [default: 30d]
    #[arg(long, env = "TIDINGS_KEEP_UNMATCHED_UPDATES", value_name = "DAYS")]
    pub(crate) keep_unmatched_updates: Option<String>,
    /// For how long repetitions of a vendor's webhooks are told, 30d at least [default: 30d]
    #[arg(long, env = "TIDINGS_KEEP_DEDUP_KEYS", value_name = "DAYS")]
    pub(crate) keep_dedup_keys: Option<String>,
    /// For how long files are kept, from when they came [default: 365d]
    #[arg(long, env = "TIDINGS_KEEP_MEDIA", value_name = "DAYS")]
    pub(crate) keep_media: Option<String>,
    /// For how long it is kept who set up what [default: 365d]
    #[arg(long, env = "TIDINGS_KEEP_AUDIT", value_name = "DAYS")]
    pub(crate) keep_audit: Option<String>,
    /// For how long it is kept what each workspace did on each day [default: 400d]
    #[arg(long, env = "TIDINGS_KEEP_USAGE", value_name = "DAYS")]
    pub(crate) keep_usage: Option<String>,
}

impl KeepArguments {
    /// Adds the file's options and the defaults.
    pub(crate) fn resolve_over(&self, file: &ConfigFile) -> anyhow::Result<Kept> {
        let mut kept = Kept::default();
        for (option, typed, in_file, kept, fewest) in [
            ("keep_events", &self.keep_events, &file.keep_events, &mut kept.events, Kept::FEWEST_DAYS_OF_EVENTS),
            (
                "keep_attempt_details",
                &self.keep_attempt_details,
                &file.keep_attempt_details,
                &mut kept.attempt_details,
                1,
            ),
            ("keep_raw_bodies", &self.keep_raw_bodies, &file.keep_raw_bodies, &mut kept.raw_bodies, 1),
            (
                "keep_unmatched_updates",
                &self.keep_unmatched_updates,
                &file.keep_unmatched_updates,
                &mut kept.unmatched_updates,
                Kept::FEWEST_DAYS_OF_UNMATCHED_UPDATES,
            ),
            (
                "keep_dedup_keys",
                &self.keep_dedup_keys,
                &file.keep_dedup_keys,
                &mut kept.dedup_keys,
                Kept::FEWEST_DAYS_OF_DEDUP_KEYS,
            ),
            ("keep_media", &self.keep_media, &file.keep_media, &mut kept.media, 1),
            ("keep_audit", &self.keep_audit, &file.keep_audit, &mut kept.audit, 1),
            ("keep_usage", &self.keep_usage, &file.keep_usage, &mut kept.usage, 1),
        ] {
            if let Some(text) = typed.as_ref().or(in_file.as_ref()) {
                *kept = keep(option, text, fewest)?;
            }
        }
        Ok(kept)
    }
}

/// What is typed for an option; it must be so many days at least.
fn keep(option: &str, text: &str, fewest: u32) -> anyhow::Result<Keep> {
    let kept: Keep = text.trim().parse().with_context(|| option.to_owned())?;
    anyhow::ensure!(kept.is_at_least(fewest), "{option}: {kept} is too short; keep them for {fewest}d at least");
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(events: &str, file: &str) -> anyhow::Result<Kept> {
        let arguments = KeepArguments {
            keep_events: Some(events.to_owned()).filter(|events| !events.is_empty()),
            ..KeepArguments::default()
        };
        arguments.resolve_over(&ConfigFile::parse(file).unwrap())
    }

    #[test]
    fn what_is_typed_wins_over_the_file_and_the_file_over_the_default() {
        assert_eq!(resolved("", "").unwrap(), Kept::default());
        let kept = resolved("forever", "keep_events = \"90d\"\nkeep_usage = \"31d\"").unwrap();
        assert_eq!((kept.events, kept.usage.to_string().as_str()), (Keep::Forever, "31d"));
        assert_eq!(kept.audit, Kept::default().audit);
    }

    #[test]
    fn what_is_too_short_or_no_time_is_told_with_what_is_expected() {
        for (events, file, expected) in [
            ("6d", "", "keep_events: 6d is too short; keep them for 7d at least"),
            ("", "keep_dedup_keys = \"29d\"", "keep_dedup_keys: 29d is too short; keep them for 30d at least"),
            ("", "keep_unmatched_updates = \"6d\"", "keep_unmatched_updates: 6d is too short"),
            ("a week", "", "keep_events: `a week` is no number of days such as 30d, and not `forever`"),
            ("", "keep_audit = \"0d\"", "keep_audit: `0d` is no number of days"),
        ] {
            let error = format!("{:#}", resolved(events, file).unwrap_err());
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
