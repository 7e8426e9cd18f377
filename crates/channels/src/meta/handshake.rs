//! Meta's handshake: `GET ?hub.mode=subscribe&hub.challenge=…&hub.verify_token=…` is answered with the challenge
//! (Graph API, "Webhooks: verification requests"). Nothing of the challenge is understood or changed.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::adapter::Handshake;

/// Answers a handshake. Without a token of our own nobody can know it.
pub(crate) fn answer(query: &[(String, String)], verify_token: &str) -> Handshake {
    let parameter = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let (mode, token, challenge) = (parameter("hub.mode"), parameter("hub.verify_token"), parameter("hub.challenge"));
    if mode.is_none() && token.is_none() && challenge.is_none() {
        return Handshake::NotAHandshake;
    }
    if mode != Some("subscribe") {
        return Handshake::Refused("hub.mode is not subscribe");
    }
    let token = token.unwrap_or_default();
    if verify_token.is_empty() || verify_slices_are_equal(token.as_bytes(), verify_token.as_bytes()).is_err() {
        return Handshake::Refused("hub.verify_token is not this channel's");
    }
    match challenge {
        Some(challenge) if !challenge.is_empty() => Handshake::Challenge(challenge.to_owned()),
        _ => Handshake::Refused("hub.challenge is missing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &[(&str, &str)], verify_token: &str) -> Handshake {
        let query: Vec<_> = query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        answer(&query, verify_token)
    }

    #[test]
    fn the_challenge_comes_back_to_the_byte() {
        let query = [("hub.mode", "subscribe"), ("hub.challenge", "007 <b>"), ("hub.verify_token", "sesame")];
        assert_eq!(ask(&query, "sesame"), Handshake::Challenge("007 <b>".into()));
    }

    #[test]
    fn anything_else_is_refused() {
        let refused = |query: &[(&str, &str)], token| matches!(ask(query, token), Handshake::Refused(_));
        assert!(refused(&[("hub.mode", "subscribe"), ("hub.challenge", "1"), ("hub.verify_token", "sesam")], "sesame"));
        assert!(refused(&[("hub.mode", "subscribe"), ("hub.challenge", "1"), ("hub.verify_token", "")], ""));
        assert!(refused(&[("hub.mode", "subscribe"), ("hub.challenge", "1")], "sesame"));
        assert!(refused(&[("hub.mode", "subscribe"), ("hub.verify_token", "sesame")], "sesame"));
        assert!(refused(&[("hub.mode", "unsubscribe"), ("hub.challenge", "1"), ("hub.verify_token", "s")], "s"));
        assert!(refused(&[("hub.challenge", "1"), ("hub.verify_token", "s")], "s"));
    }

    #[test]
    fn other_requests_are_none() {
        assert_eq!(ask(&[], "sesame"), Handshake::NotAHandshake);
        assert_eq!(ask(&[("page", "2")], "sesame"), Handshake::NotAHandshake);
    }
}
