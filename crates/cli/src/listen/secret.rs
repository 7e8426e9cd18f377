//! What the webhooks are signed with.

use tidings_gateway::clock::{Random as _, SystemRandom};
use tidings_webhooks::SigningSecret;

use crate::client::Failure;

/// The secret that was given, or a new one.
pub(crate) fn signing_secret(given: Option<&str>) -> Result<SigningSecret, Failure> {
    let Some(text) = given.filter(|text| !text.is_empty()) else {
        let mut random = [0; SigningSecret::LENGTH];
        SystemRandom.fill(&mut random);
        return Ok(SigningSecret::generate(random));
    };
    SigningSecret::from_text(text)
        .map_err(|_| Failure::Usage("--secret: expected whsec_ followed by 24 to 64 bytes in base64".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_is_kept_and_otherwise_each_is_another() {
        let given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert_eq!(signing_secret(Some(given)).unwrap().to_text(), given);
        assert_ne!(signing_secret(None).unwrap(), signing_secret(None).unwrap());
        let refused = signing_secret(Some("whsec_short")).unwrap_err().to_string();
        assert!(refused.contains("--secret") && !refused.contains("short"), "{refused}");
    }
}
