//! What a caller says of a contact. Everything that is wrong with it is told at once.

use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::{Map, Value};
use tidings_domain::{
    contact::{self, ContactDraft, ContactPatch, HandleKind, HandleWish, Identity, OptOut},
    event::Actor,
};
use url::Url;
use utoipa::ToSchema;

use super::super::record::{ActorInput, LONGEST_ID, tags};
use crate::http::{auth::Caller, problem::Answer, wrong::Wrong};

pub(super) const NO_PHONE: &str = "expected an international phone number, such as +5511987654321";
pub(super) const NO_EMAIL: &str = "expected an e-mail address, such as ana@example.com";
/// What a change can clear.
pub(super) const FIELDS: [&str; 10] =
    ["name", "phone", "email", "avatar_url", "source", "tags", "custom_fields", "assigned_to", "handles", "by"];
/// How many characters a name may have.
const LONGEST_NAME: usize = 256;
/// How many characters an identity may have.
const LONGEST_HANDLE: usize = 256;
/// How many identities a contact may have.
const MOST_HANDLES: usize = 50;
/// How many characters the address of a picture may have.
const LONGEST_URL: usize = 2048;

/// Where a contact that is made by hand comes from.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SourceWord {
    Api,
    Manual,
    Import,
}

/// One identity that a contact is to have.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HandleInput {
    /// What kind: `phone_number`, `email`, `instagram_id`, `messenger_id`, `telegram_id`, `visitor_id` or
    /// `whatsapp_user_id`.
    #[schema(value_type = String, example = "phone_number")]
    r#type: HandleKind,
    /// The identity itself. Phone numbers and e-mail addresses are spelled in one way; any other is taken as it is.
    #[schema(example = "+5511987654321")]
    value: String,
    /// Whether nothing reaches it. What is absent stays.
    #[serde(default)]
    blocked: Option<bool>,
    /// As it was read, and not looked at: `blocked` says what is to be.
    #[serde(default, rename = "blocked_at")]
    #[schema(value_type = Option<String>)]
    _blocked_at: IgnoredAny,
    /// What it does not want to be sent: `marketing`, `all`, or `none`, as which null is taken. What is absent stays.
    #[serde(default, deserialize_with = "none_if_null")]
    #[schema(value_type = Option<String>)]
    opted_out: Option<OptOutWord>,
}

/// What somebody does not want to be sent.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OptOutWord {
    None,
    Marketing,
    All,
}

/// A word that is null where one is read that says none.
fn none_if_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OptOutWord>, D::Error> {
    Option::deserialize(deserializer).map(|word| Some(word.unwrap_or(OptOutWord::None)))
}

impl OptOutWord {
    const fn read(self) -> Option<OptOut> {
        match self {
            Self::None => None,
            Self::Marketing => Some(OptOut::Marketing),
            Self::All => Some(OptOut::All),
        }
    }
}

/// A contact. Nothing of it is mandatory.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactInput {
    /// What you call it.
    #[serde(default)]
    name: Option<String>,
    /// A phone number in any usual international spelling. It becomes one of the handles.
    #[serde(default)]
    #[schema(example = "+55 11 98765-4321")]
    phone: Option<String>,
    /// An e-mail address. It becomes one of the handles.
    #[serde(default)]
    email: Option<String>,
    /// A picture: an `http` or `https` address.
    #[serde(default)]
    avatar_url: Option<String>,
    /// `api` (unless told), `manual` or `import`. Cannot be changed.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    source: Option<SourceWord>,
    /// Tags: 50 at most, of 64 characters each.
    #[serde(default)]
    tags: Option<Vec<String>>,
    /// Your own fields: 16 KiB at most. A change is merged into them; null takes a field away.
    #[serde(default)]
    custom_fields: Option<Map<String, Value>>,
    /// Who looks after it: an id of your making.
    #[serde(default)]
    assigned_to: Option<String>,
    /// Its identities: 50 at most. A change gives all of them; those that it leaves out are given up.
    #[serde(default)]
    handles: Option<Vec<HandleInput>>,
    /// With a change: who wants it, if not the key.
    #[serde(default)]
    by: Option<ActorInput>,
}

/// What can be read of it, spelled as it is stored.
struct Spelled {
    phone: Option<String>,
    email: Option<String>,
    tags: Option<Vec<String>>,
    handles: Option<Vec<HandleWish>>,
}

impl ContactInput {
    /// A contact to make.
    pub(super) fn draft(self) -> Answer<ContactDraft> {
        let mut wrong = Wrong::default();
        wrong.needless("/by", self.by.is_some(), "a change");
        let spelled = self.spelled(&mut wrong);
        wrong.none()?;
        let source = match self.source.unwrap_or(SourceWord::Api) {
            SourceWord::Api => "api",
            SourceWord::Manual => "manual",
            SourceWord::Import => "import",
        };
        Ok(ContactDraft {
            name: self.name,
            phone: spelled.phone,
            email: spelled.email,
            avatar_url: self.avatar_url,
            source: source.to_owned(),
            tags: spelled.tags.unwrap_or_default(),
            custom_fields: self.custom_fields.unwrap_or_default(),
            assigned_to: self.assigned_to,
            handles: spelled.handles.unwrap_or_default(),
        })
    }

    /// A contact to change, and who wants it. `cleared` are the fields that are null.
    pub(super) fn patch(self, cleared: &[String], caller: &Caller) -> Answer<(ContactPatch, Actor)> {
        let mut wrong = Wrong::default();
        let is_cleared = |field: &str| cleared.iter().any(|cleared| cleared == field);
        if self.source.is_some() || is_cleared("source") {
            wrong.tell("/source", "cannot be changed");
        }
        let spelled = self.spelled(&mut wrong);
        let by = ActorInput::read(self.by.as_ref(), caller, &mut wrong);
        wrong.none()?;
        let text = |field: &str, value: Option<String>| if is_cleared(field) { Some(None) } else { value.map(Some) };
        let patch = ContactPatch {
            name: text("name", self.name),
            phone: text("phone", spelled.phone),
            email: text("email", spelled.email),
            avatar_url: text("avatar_url", self.avatar_url),
            tags: spelled.tags.or_else(|| is_cleared("tags").then(Vec::new)),
            custom_fields: if is_cleared("custom_fields") { Some(None) } else { self.custom_fields.map(Some) },
            assigned_to: text("assigned_to", self.assigned_to),
            handles: spelled.handles.or_else(|| is_cleared("handles").then(Vec::new)),
        };
        Ok((patch, by))
    }

    fn spelled(&self, wrong: &mut Wrong) -> Spelled {
        wrong.text("/name", self.name.as_deref(), LONGEST_NAME);
        wrong.text("/assigned_to", self.assigned_to.as_deref(), LONGEST_ID);
        if self.avatar_url.as_deref().is_some_and(|text| !is_picture(text)) {
            wrong.tell("/avatar_url", format!("expected an http or https address of at most {LONGEST_URL} characters"));
        }
        let mut spell = |pointer: &str, text: Option<&str>, spelling: fn(&str) -> Option<String>, told: &str| {
            let spelled = spelling(text?);
            if spelled.is_none() {
                wrong.tell(pointer, told);
            }
            spelled
        };
        let phone = spell("/phone", self.phone.as_deref(), contact::phone, NO_PHONE);
        let email = spell("/email", self.email.as_deref(), contact::email, NO_EMAIL);
        let tags = self.tags.as_ref().map(|asked| tags(asked, wrong));
        let handles = self.handles.as_ref().map(|asked| handles(asked, wrong));
        Spelled { phone, email, tags, handles }
    }
}

fn is_picture(text: &str) -> bool {
    let is_web = |url: Url| matches!(url.scheme(), "http" | "https");
    text.chars().count() <= LONGEST_URL && Url::parse(text).is_ok_and(is_web)
}

fn handles(asked: &[HandleInput], wrong: &mut Wrong) -> Vec<HandleWish> {
    let mut wishes: Vec<HandleWish> = Vec::with_capacity(asked.len());
    for (index, input) in asked.iter().enumerate() {
        let pointer = format!("/handles/{index}/value");
        let value = match input.r#type {
            HandleKind::PhoneNumber => contact::phone(&input.value).ok_or(NO_PHONE),
            HandleKind::Email => contact::email(&input.value).ok_or(NO_EMAIL),
            _ => Ok(input.value.clone()),
        };
        match value {
            Err(told) => wrong.tell(pointer, told),
            Ok(value) => {
                wrong.text(&pointer, Some(&value), LONGEST_HANDLE);
                let identity = Identity::new(input.r#type, value);
                if wishes.iter().any(|wish| wish.identity == identity) {
                    wrong.tell(pointer, "stands there twice");
                }
                let opted_out = input.opted_out.map(OptOutWord::read);
                wishes.push(HandleWish { identity, blocked: input.blocked, opted_out });
            }
        }
    }
    if asked.len() > MOST_HANDLES {
        wrong.tell("/handles", format!("takes {MOST_HANDLES} identities"));
    }
    wishes
}
