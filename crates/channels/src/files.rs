//! How the files of messages are fetched from a vendor: where one is, is asked by its id; what was answered is an address
//! from which it is read at once, since such addresses live for minutes. Pure, as all of this crate.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

use crate::outbound::{Access, Call, CallAnswer};

/// One vendor's way of handing out files.
pub trait Files: Send + Sync {
    /// For how long the vendor keeps the file of a message, from the message on.
    fn kept_for(&self) -> Duration;

    /// The request that asks where a file is.
    fn locate(&self, access: Access<'_>, vendor_id: &str) -> Call;

    /// Where it is.
    fn read_location(&self, access: Access<'_>, answer: CallAnswer<'_>) -> Result<Location, NotLocated>;
}

/// Where a file is. It may hold credentials and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    /// The whole address.
    pub url: String,
    /// The headers that it is asked for with, with names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// Bytes, if the vendor says.
    pub size: Option<u64>,
    /// MIME type, if the vendor says.
    pub content_type: Option<String>,
    /// SHA-256 of its content in the vendor's spelling, if the vendor says: see [`sha256`].
    pub sha256: Option<String>,
}

impl fmt::Debug for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Location({:?} bytes)", self.size)
    }
}

/// Why it is not known where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotLocated {
    /// The vendor says that it does not have it (any more).
    Unknown(String),
    /// Something else, which may pass; perhaps after so long.
    ForNow(String, Option<Duration>),
}

/// A SHA-256 in a vendor's spelling: 64 hexadecimal digits, or base64.
pub fn sha256(text: &str) -> Option<[u8; 32]> {
    let bytes =
        if text.len() == 64 { hexadecimal(text)? } else { STANDARD_NO_PAD.decode(text.trim_end_matches('=')).ok()? };
    bytes.try_into().ok()
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_hash_is_read_in_both_spellings() {
        let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let bytes = sha256(hello).unwrap();
        assert_eq!((bytes[0], bytes[31]), (0x2c, 0x24));
        assert_eq!(sha256(&hello.to_uppercase()), Some(bytes));
        assert_eq!(sha256("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="), Some(bytes));
        assert_eq!(sha256("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"), Some(bytes));
        for none in ["", "LPJN", &hello[..62], &hello.replace('2', "x"), &"é".repeat(32)] {
            assert_eq!(sha256(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_hash_or_none(text: String) {
            let _ = sha256(&text);
        }
    }
}
