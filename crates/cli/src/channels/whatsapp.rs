//! What connects a WhatsApp number: by options, and on a terminal by questions for what no option gives.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    client::Failure,
    output::{ask, ask_secret, is_conversation, note},
    verb::{document, pair, setting},
};

/// A WhatsApp number.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  tidings channels add whatsapp
  tidings channels add whatsapp --name Support --phone-number-id 106540352242922 \\
    --business-account-id 102290129340398 --access-token \"$TOKEN\" --app-secret \"$SECRET\"

Where the values are, at https://developers.facebook.com/apps:
  phone number id, business account id   your app › WhatsApp › API Setup
  app secret                             your app › App settings › Basic
  access token                           business.facebook.com › System users › Generate token,
                                         with whatsapp_business_messaging and whatsapp_business_management")]
pub(super) struct WhatsappArguments {
    /// What you call it
    #[arg(long)]
    name: Option<String>,
    /// The id of the phone number, which is not the number
    #[arg(long, value_name = "DIGITS")]
    phone_number_id: Option<String>,
    /// The id of the WhatsApp Business account, for templates
    #[arg(long, value_name = "DIGITS")]
    business_account_id: Option<String>,
    /// The access token of a system user
    #[arg(long, env = "TIDINGS_ACCESS_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    access_token: Option<String>,
    /// The app's secret
    #[arg(long, env = "TIDINGS_APP_SECRET", value_name = "SECRET", hide_env_values = true)]
    app_secret: Option<String>,
    #[arg(help = "Any other setting, such as messages_per_second=20; may be repeated")]
    #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = pair)]
    settings: Vec<(String, String)>,
}

/// Checks one value; the error says what is wrong with it.
type Check = fn(&str) -> Result<(), String>;

/// The channel to make. What is given is not asked for; where nobody can be asked, all that must be there must be given.
/// What is given is left to the server to judge: a test may have its own ideas of a secret.
pub(super) fn gather(arguments: WhatsappArguments) -> anyhow::Result<Value> {
    let is_asked = is_conversation();
    let all_given =
        arguments.phone_number_id.is_some() && arguments.access_token.is_some() && arguments.app_secret.is_some();
    if !is_asked && !all_given {
        let missing = [
            ("--phone-number-id", arguments.phone_number_id.is_none()),
            ("--access-token", arguments.access_token.is_none()),
            ("--app-secret", arguments.app_secret.is_none()),
        ];
        let missing: Vec<_> = missing.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect();
        let said = format!("nobody can be asked here; say {} as well", missing.join(", "));
        return Err(Failure::Usage(said).into());
    }
    let asks = is_asked && !all_given;
    if asks {
        note("The values are at https://developers.facebook.com/apps; `--help` says where.");
    }
    let open = |given: Option<String>, question: &str, check: Check| match given {
        Some(given) => Ok(given),
        None => ask(question, check),
    };
    let hidden = |given: Option<String>, question: &str, check: Check| match given {
        Some(given) => Ok(given),
        None => ask_secret(question, check),
    };
    let name = match arguments.name {
        None if asks => ask("Name, as you call it", name)?,
        name => name.unwrap_or_else(|| "WhatsApp".to_owned()),
    };
    let number = open(arguments.phone_number_id, "Phone number id", vendor_id)?;
    let account = match arguments.business_account_id {
        None if asks => Some(ask("Business account id, for templates (empty for none)", optional_id)?),
        account => account,
    };
    let token = hidden(arguments.access_token, "Access token", access_token)?;
    let is_secret_asked = arguments.app_secret.is_none();
    let secret = hidden(arguments.app_secret, "App secret", app_secret)?;
    if let Some(doubt) = doubt_of_secret(&secret).filter(|_| is_secret_asked) {
        note(&format!("  {doubt}; it is taken all the same"));
    }
    let mut settings = document([
        ("phone_number_id", Some(json!(number))),
        ("business_account_id", account.filter(|account| !account.is_empty()).map(Value::from)),
    ]);
    if let Some(settings) = settings.as_object_mut() {
        settings
            .extend(arguments.settings.into_iter().map(|(name, value)| (name, setting(&value))).collect::<Map<_, _>>());
    }
    Ok(json!({
        "type": "whatsapp",
        "name": name,
        "credentials": { "access_token": token, "app_secret": secret },
        "settings": settings,
    }))
}

fn name(typed: &str) -> Result<(), String> {
    let fits = (1..=200).contains(&typed.chars().count()) && !typed.chars().any(char::is_control);
    if fits { Ok(()) } else { Err("1 to 200 printable characters".to_owned()) }
}

/// Ids of Meta's are digits, and longer than a phone number, which is what people take them for.
fn vendor_id(typed: &str) -> Result<(), String> {
    let digits = !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit());
    match typed.len() {
        _ if typed.starts_with('+') => Err("that is the phone number; its id is longer and has no +".to_owned()),
        _ if !digits => Err("only digits".to_owned()),
        10..=20 => Ok(()),
        length => Err(format!("such an id has 10 to 20 digits; these are {length}")),
    }
}

fn optional_id(typed: &str) -> Result<(), String> {
    if typed.is_empty() { Ok(()) } else { vendor_id(typed) }
}

fn access_token(typed: &str) -> Result<(), String> {
    let fits = typed.bytes().all(|byte| byte.is_ascii_graphic());
    match typed.len() {
        _ if !fits => Err("a token has no spaces or special characters; it may have been pasted in part".to_owned()),
        0..20 => Err(format!("a token is much longer than {} characters", typed.len())),
        _ => Ok(()),
    }
}

fn app_secret(typed: &str) -> Result<(), String> {
    let fits = !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(()) } else { Err("a secret has no spaces or special characters, and is not empty".to_owned()) }
}

/// Why a secret may be a slip. It is no more than that: a simulator may have its own ideas of a secret.
fn doubt_of_secret(typed: &str) -> Option<String> {
    let is_hex = typed.bytes().all(|byte| byte.is_ascii_hexdigit());
    match typed.len() {
        32 if is_hex => None,
        32 => Some("Meta's app secrets are made of the digits 0-9 and a-f".to_owned()),
        length => Some(format!("Meta's app secrets have 32 characters; these are {length}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_noticed_while_they_are_typed() {
        for (check, typed, word) in [
            (vendor_id as Check, "106540352242922", ""),
            (vendor_id, "+5511987654321", "phone number"),
            (vendor_id, "10654 0352", "digits"),
            (vendor_id, "", "digits"),
            (vendor_id, "1234", "10 to 20"),
            (optional_id, "", ""),
            (optional_id, "x", "digits"),
            (access_token, "EAAJB0123456789abcdefghij", ""),
            (access_token, "EAAJB", "longer"),
            (access_token, "EAAJB 0123456789abcdefghij", "spaces"),
            (app_secret, "any-secret", ""),
            (app_secret, "two words", "spaces"),
            (app_secret, "", "empty"),
            (name, "Support", ""),
            (name, "", "1 to 200"),
        ] {
            match check(typed) {
                Ok(()) => assert_eq!(word, "", "{typed}"),
                Err(wrong) => assert!(!word.is_empty() && wrong.contains(word), "{typed}: {wrong}"),
            }
        }
    }

    #[test]
    fn a_secret_of_unusual_shape_is_doubted() {
        assert_eq!(doubt_of_secret("0123456789abcdef0123456789ABCDEF"), None);
        assert!(doubt_of_secret("0123456789abcdef").unwrap().contains("these are 16"));
        assert!(doubt_of_secret("0123456789abcdef0123456789abcdeg").unwrap().contains("0-9"));
    }

    #[test]
    fn options_are_enough() {
        let given = |text: &str| Some(text.to_owned());
        let channel = gather(WhatsappArguments {
            name: None,
            phone_number_id: given("1001"),
            business_account_id: None,
            access_token: given("token"),
            app_secret: given("secret"),
            settings: vec![("messages_per_second".to_owned(), "20".to_owned())],
        });
        assert_eq!(
            channel.unwrap(),
            json!({
                "type": "whatsapp", "name": "WhatsApp",
                "credentials": { "access_token": "token", "app_secret": "secret" },
                "settings": { "phone_number_id": "1001", "messages_per_second": 20 },
            })
        );
    }
}
