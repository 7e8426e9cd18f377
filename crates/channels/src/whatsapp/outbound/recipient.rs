//! Who a text in the API's `to` means: all digits is a phone number, and a business-scoped user id has a dot behind its
//! country (Cloud API, "Business-scoped user IDs"). Anything else is a slip, and nobody who could be written to.

use tidings_domain::contact::{HandleKind, Identity};

/// The longest phone number (E.164), and shorter than the shortest there is.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// The longest user id that is accepted; Meta names 128 characters after the country's code.
const LONGEST_USER_ID: usize = 256;

/// Reads it. People write numbers with blanks, dashes and brackets; these are passed over.
pub(super) fn read(to: &str) -> Result<Identity, String> {
    let to = to.trim();
    let plain: String = to.chars().filter(|character| !matches!(character, ' ' | '-' | '(' | ')' | '.')).collect();
    let digits = plain.strip_prefix('+').unwrap_or(&plain);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return if PHONE_DIGITS.contains(&digits.len()) && !digits.starts_with('0') {
            Ok(Identity::phone(digits))
        } else {
            Err("a phone number has its country code and 7 to 15 digits, such as +5511987654321".to_owned())
        };
    }
    let is_plain = |character: char| !character.is_whitespace() && !character.is_control();
    let is_user_id = to.split_once('.').is_some_and(|(country, rest)| !country.is_empty() && !rest.is_empty());
    if !is_user_id || to.len() > LONGEST_USER_ID || to.starts_with('+') || !to.chars().all(is_plain) {
        return Err("expected a phone number with its country code, such as +5511987654321, or the vendor's id of a \
                    user, such as BR.13491208655302741918"
            .to_owned());
    }
    Ok(Identity::new(HandleKind::WhatsappUserId, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_digits_are_a_number_and_with_a_dot_it_is_an_id() {
        for text in ["5511987654321", "+5511987654321", " +55 (11) 98765-4321 "] {
            assert_eq!(read(text), Ok(Identity::phone("5511987654321")), "{text}");
        }
        let id = Identity::new(HandleKind::WhatsappUserId, "BR.13491208655302741918");
        assert_eq!(read("BR.13491208655302741918"), Ok(id));
        for text in ["", "12", "+", "0049170123456", "+1x", "two words", "1234567890123456", "abc", "abc.", ".abc"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
