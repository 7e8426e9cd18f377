//! What an operator gives to connect a WhatsApp number.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::{
    adapter::{Configuration, FieldError},
    configure::Fields,
};

/// Where the Graph API is.
const API_BASE: &str = "https://graph.facebook.com";
/// The version of it that we speak.
const API_VERSION: &str = "v26.0";
/// For how many hours messages wait for a channel that is disconnected, if nobody says otherwise.
const HOLD_HOURS: u64 = 24;
/// From an hour to a week.
const HOLD_HOURS_RANGE: RangeInclusive<u64> = 1..=168;
/// How many messages a second a number may send (Cloud API, "Throughput"): 80 at first, up to a thousand once Meta has
/// raised it, and 20 for a number that is also used in the app, which its operator has to say.
pub(super) const MESSAGES_PER_SECOND: u32 = 80;
/// What Meta may grant.
const MESSAGES_PER_SECOND_RANGE: RangeInclusive<u64> = 1..=1000;

/// Checks credentials and settings and fills in the defaults.
pub(super) fn check(
    credentials: &Map<String, Value>,
    settings: &Map<String, Value>,
) -> Result<Configuration, Vec<FieldError>> {
    let mut secret = Fields::new("credentials", credentials);
    secret.required("access_token");
    secret.required("app_secret");

    let mut open = Fields::new("settings", settings);
    let account = open.required("phone_number_id");
    let group = open.optional("business_account_id");
    let api_base = open.address("api_base", API_BASE);
    let version = open.with_default("api_version", API_VERSION);
    if !is_version(&version) {
        open.refuse("api_version", "must look like v26.0");
    }
    open.number("hold_hours", HOLD_HOURS, &HOLD_HOURS_RANGE);
    open.number("messages_per_second", MESSAGES_PER_SECOND.into(), &MESSAGES_PER_SECOND_RANGE);
    let addresses = vec![(open.pointer("api_base"), api_base)];

    let (credentials, mut errors) = secret.finish();
    let (settings, more) = open.finish();
    errors.extend(more);
    if errors.is_empty() { Ok(Configuration { account, group, credentials, settings, addresses }) } else { Err(errors) }
}

fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|digit| digit.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|numbers| numbers.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn configure(credentials: &Value, settings: &Value) -> Result<Configuration, Vec<FieldError>> {
        check(credentials.as_object().unwrap(), settings.as_object().unwrap())
    }

    fn secrets() -> Value {
        json!({"access_token": "token", "app_secret": "secret"})
    }

    /// The pointers of what is refused.
    fn refused(credentials: &Value, settings: &Value) -> Vec<String> {
        let errors = configure(credentials, settings).unwrap_err();
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn defaults_are_filled_in() {
        let configuration =
            configure(&secrets(), &json!({"phone_number_id": "4400", "business_account_id": null})).unwrap();
        assert_eq!(configuration.account, "4400");
        assert_eq!(configuration.group, None);
        assert_eq!(Value::Object(configuration.credentials), secrets());
        assert_eq!(
            Value::Object(configuration.settings),
            json!({
                "phone_number_id": "4400", "api_base": "https://graph.facebook.com", "api_version": "v26.0",
                "hold_hours": 24, "messages_per_second": 80,
            })
        );
        assert_eq!(configuration.addresses, [("/settings/api_base".into(), "https://graph.facebook.com".into())]);
    }

    #[test]
    fn what_is_given_is_kept() {
        let settings = json!({
            "phone_number_id": "4400", "business_account_id": "55", "api_base": "http://127.0.0.1:9/graph/",
            "api_version": "v25.0", "hold_hours": 168, "messages_per_second": 1,
        });
        let configuration = configure(&secrets(), &settings).unwrap();
        assert_eq!(configuration.group.as_deref(), Some("55"));
        assert_eq!(configuration.settings["api_base"], "http://127.0.0.1:9/graph");
        assert_eq!(configuration.settings["api_version"], "v25.0");
        assert_eq!(configuration.settings["hold_hours"], 168);
        assert_eq!(configuration.settings["messages_per_second"], 1);
    }

    #[test]
    fn numbers_are_whole_and_within_their_range() {
        for odd in [json!(0), json!(1001), json!(-1), json!(1.5), json!("80"), json!(true), json!([])] {
            let settings = json!({"phone_number_id": "4400", "messages_per_second": odd, "hold_hours": odd});
            assert_eq!(refused(&secrets(), &settings), ["/settings/hold_hours", "/settings/messages_per_second"]);
        }
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        assert_eq!(
            refused(
                &json!({"access_token": "", "bot_token": "x"}),
                &json!({"phone_number_id": 4400, "colour/~": "red", "api_version": "26", "api_base": "graph"})
            ),
            [
                "/credentials/access_token",
                "/credentials/app_secret",
                "/credentials/bot_token",
                "/settings/phone_number_id",
                "/settings/api_base",
                "/settings/api_version",
                "/settings/colour~1~0",
            ]
        );
    }

    #[test]
    fn odd_addresses_and_texts_are_refused() {
        for base in
            ["ftp://graph.example", "https://me:pw@graph.example", "https://graph.example/?a=b", "//graph", "https://"]
        {
            let settings = json!({"phone_number_id": "4400", "api_base": base});
            assert_eq!(refused(&secrets(), &settings), ["/settings/api_base"], "{base}");
        }
        let pasted = json!({"access_token": "token\n", "app_secret": "sec ret"});
        let settings = json!({"phone_number_id": "4400"});
        assert_eq!(refused(&pasted, &settings), ["/credentials/access_token", "/credentials/app_secret"]);
    }
}
