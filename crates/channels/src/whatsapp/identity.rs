//! Who the contact is. Since 2026 a person may come with a phone number, with a business-scoped user id, or with both;
//! either may be absent or an empty text. The lasting one is the user id, so it stands first.

use tidings_domain::{
    change::Person,
    contact::{HandleKind, Identity},
};

use super::wire::Contact;

/// The person with this number and user id, completed from the contacts beside the message.
pub(super) fn person(phone: Option<&str>, user_id: Option<&str>, contacts: &[Contact<'_>]) -> Person {
    let contact = contact_of(phone, user_id, contacts);
    let contradicts = contact.is_some_and(|contact| {
        let differs = |ours: Option<&str>, theirs: Option<&str>| ours.is_some() && theirs.is_some() && ours != theirs;
        !is_of(contact, phone, user_id)
            && (differs(phone, contact.wa_id.filled()) || differs(user_id, contact.user_id.filled()))
    });
    let completing = contact.filter(|_| !contradicts);
    let user_id = user_id.or_else(|| completing?.user_id.filled());
    let phone = phone.or_else(|| completing?.wa_id.filled());
    let profile = contact.and_then(|contact| contact.profile.get());
    let username = profile.and_then(|profile| profile.username.filled());
    Person {
        identities: identities(phone, user_id),
        name: profile.and_then(|profile| profile.name.owned()),
        username: username.map(|name| name.trim_start_matches('@')).filter(|name| !name.is_empty()).map(str::to_owned),
    }
}

/// These as identities, the lasting one first.
pub(super) fn identities(phone: Option<&str>, user_id: Option<&str>) -> Vec<Identity> {
    let mut identities = Vec::new();
    for identity in [user_id.map(of_user_id), phone.map(of_phone)].into_iter().flatten() {
        if !identities.contains(&identity) {
            identities.push(identity);
        }
    }
    identities
}

/// A field for phone numbers may hold a user id instead; what is not all digits is one.
fn of_phone(text: &str) -> Identity {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Identity::phone(digits)
    } else {
        of_user_id(text)
    }
}

fn of_user_id(text: &str) -> Identity {
    Identity::new(HandleKind::WhatsappUserId, text)
}

/// The contact with this number or user id; the only one there is, if none says so.
fn contact_of<'c, 'a>(
    phone: Option<&str>,
    user_id: Option<&str>,
    contacts: &'c [Contact<'a>],
) -> Option<&'c Contact<'a>> {
    contacts.iter().find(|contact| is_of(contact, phone, user_id)).or(match contacts {
        [only] => Some(only),
        _ => None,
    })
}

fn is_of(contact: &Contact<'_>, phone: Option<&str>, user_id: Option<&str>) -> bool {
    (phone.is_some() && contact.wa_id.filled() == phone) || (user_id.is_some() && contact.user_id.filled() == user_id)
}
