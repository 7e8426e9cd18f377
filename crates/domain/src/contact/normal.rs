//! One spelling for phone numbers and e-mail addresses, so that the same is found the same.

/// The digits that an international number can have (ITU-T E.164 allows 15; nothing shorter than 5 is dialled abroad).
const DIGITS: std::ops::RangeInclusive<usize> = 5..=15;
/// The longest address that can be delivered to (RFC 5321, section 4.5.3.1.3).
const LONGEST_EMAIL: usize = 254;

/// A phone number as `+` and digits, from how people write it: with or without `+`, or with `00` before the country code;
/// with spaces, dots, dashes, slashes and brackets. `None` if it is no international number.
pub fn phone(written: &str) -> Option<String> {
    let mut digits = String::with_capacity(written.len());
    for character in written.trim().chars() {
        match character {
            '0'..='9' => digits.push(character),
            '+' if digits.is_empty() => {}
            ' ' | '\u{a0}' | '.' | '-' | '/' | '(' | ')' => {}
            _ => return None,
        }
    }
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    (DIGITS.contains(&digits.len()) && !digits.starts_with('0')).then(|| format!("+{digits}"))
}

/// An e-mail address in lower case. `None` if it cannot be one.
pub fn email(written: &str) -> Option<String> {
    let written = written.trim();
    let (local, domain) = written.rsplit_once('@')?;
    let is_odd = |character: char| character.is_whitespace() || character.is_control();
    let domain_is_whole = domain.split('.').all(|label| !label.is_empty());
    let is_address = !local.is_empty() && domain_is_whole && !written.chars().any(is_odd);
    (is_address && written.len() <= LONGEST_EMAIL).then(|| written.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_spelled_in_one_way() {
        for written in ["+55 11 98765-4321", "5511987654321", "0055 (11) 98765.4321", " +55/11/987654321 "] {
            assert_eq!(phone(written).as_deref(), Some("+5511987654321"), "{written}");
        }
        for written in ["", "+", "1234", "+1234567890123456", "011 98765", "call me", "+55 11 9876x", "55+11987654"] {
            assert_eq!(phone(written), None, "{written}");
        }
    }

    #[test]
    fn addresses_are_in_lower_case() {
        assert_eq!(email(" Ana.Souza@Example.COM ").as_deref(), Some("ana.souza@example.com"));
        assert_eq!(email("\"a@b\"@example.com").as_deref(), Some("\"a@b\"@example.com"));
        for written in ["", "ana", "@example.com", "ana@", "ana@.com", "ana@example..com", "a b@example.com"] {
            assert_eq!(email(written), None, "{written}");
        }
    }
}
