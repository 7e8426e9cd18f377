//! Fetches the files of messages (Cloud API, "Media: retrieve media URL" and "download media"): Meta tells an address that
//! works for five minutes and wants the channel's token again.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::{
    files::{Files, Location, NotLocated},
    lenient::Text,
    outbound::{Access, Call, CallAnswer},
};

use super::{
    Whatsapp,
    outbound::{graph, refusal},
};

/// Meta keeps what came in for a week ("Media": "media IDs from webhooks are valid for 7 days").
const KEPT_FOR: Duration = Duration::from_hours(7 * 24);
/// The domains of Meta's own that addresses of media are on. Nobody else is shown the channel's token.
const OWN_DOMAINS: [&str; 4] = ["fbsbx.com", "facebook.com", "whatsapp.net", "fbcdn.net"];
/// "Unsupported get request: object with this id does not exist" (Graph API, "Handling errors").
const NO_SUCH_OBJECT: &str = "100";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    mime_type: Text<'a>,
    #[serde(borrow)]
    sha256: Text<'a>,
    #[serde(borrow)]
    file_size: Text<'a>,
}

impl Files for Whatsapp {
    fn kept_for(&self) -> Duration {
        KEPT_FOR
    }

    fn locate(&self, access: Access<'_>, vendor_id: &str) -> Call {
        let number = graph::encoded(graph::setting(access, "phone_number_id"));
        graph::get(access, vendor_id, &format!("?phone_number_id={number}"))
    }

    fn read_location(&self, access: Access<'_>, answer: CallAnswer<'_>) -> Result<Location, NotLocated> {
        let found: Option<Answer<'_>> = refusal::taken(answer);
        if let Some(found) = found
            && let Some(url) = found.url.owned()
        {
            return Ok(Location {
                headers: authorization(access, &url).into_iter().collect(),
                url,
                size: found.file_size.filled().and_then(|size| size.parse().ok()),
                content_type: found.mime_type.owned(),
                sha256: found.sha256.owned(),
            });
        }
        let trouble = refusal::trouble(answer);
        if trouble.code == NO_SUCH_OBJECT || answer.status == 404 {
            return Err(NotLocated::Unknown(trouble.message));
        }
        Err(NotLocated::ForNow(trouble.message, answer.retry_after.map(Duration::from_secs)))
    }
}

/// The token, if the address is Meta's own or where the channel's API is.
fn authorization(access: Access<'_>, url: &str) -> Option<(&'static str, String)> {
    let url = Url::parse(url).ok()?;
    let base = access.settings.get("api_base").and_then(Value::as_str).and_then(|base| Url::parse(base).ok());
    let is_own = |host: &str| {
        OWN_DOMAINS.iter().any(|own| host.strip_suffix(own).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    };
    let is_trusted = base.is_some_and(|base| base.origin() == url.origin())
        || url.scheme() == "https" && url.host_str().is_some_and(is_own);
    is_trusted.then(|| graph::authorization(access))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn with_access<T>(make: impl FnOnce(Access<'_>) -> T) -> T {
        let object = |value: Value| value.as_object().cloned().unwrap_or_else(Map::new);
        let credentials = object(json!({"access_token": "token-1"}));
        let settings =
            object(json!({"api_version": "v26.0", "phone_number_id": "44", "api_base": "https://graph.example:8443"}));
        make(Access { credentials: &credentials, settings: &settings })
    }

    fn read(status: u16, body: &Value) -> Result<Location, NotLocated> {
        let body = body.to_string();
        with_access(|access| {
            Whatsapp.read_location(access, CallAnswer { status, retry_after: Some(7), body: body.as_bytes() })
        })
    }

    #[test]
    fn a_file_is_asked_for_by_its_id() {
        let call = with_access(|access| Whatsapp.locate(access, "1/?2"));
        assert_eq!(call.path, "/v26.0/1%2F%3F2?phone_number_id=44");
        assert_eq!(call.headers, [("authorization", "Bearer token-1".to_owned())]);
    }

    #[test]
    fn where_it_is_is_read_and_only_meta_is_shown_the_token() {
        for (url, shown) in [
            ("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", true),
            ("https://graph.example:8443/media/1", true),
            ("https://graph.example/media/1", false),
            ("http://lookaside.fbsbx.com/1", false),
            ("https://notfbsbx.com/1", false),
            ("https://fbsbx.com.example/1", false),
            ("nonsense", false),
        ] {
            let body = json!({"url": url, "mime_type": "image/png", "sha256": "ab", "file_size": 3, "id": "1"});
            let location = read(200, &body).unwrap();
            assert_eq!((location.url.as_str(), location.size), (url, Some(3)));
            assert_eq!(location.content_type.as_deref(), Some("image/png"));
            assert_eq!(!location.headers.is_empty(), shown, "{url}");
            assert!(!format!("{location:?}").contains("http"), "an address is never shown");
        }
    }

    #[test]
    fn what_may_pass_is_told_from_what_is_gone() {
        let error = |code: u32| json!({"error": {"code": code, "message": "No"}});
        assert!(matches!(read(400, &error(100)), Err(NotLocated::Unknown(_))));
        assert!(matches!(read(404, &json!({})), Err(NotLocated::Unknown(_))));
        for (status, body) in [(401, error(190)), (429, error(4)), (500, json!({})), (200, json!({"id": "1"}))] {
            let after = Some(Duration::from_secs(7));
            assert!(matches!(read(status, &body), Err(NotLocated::ForNow(_, asked)) if asked == after), "{status}");
        }
    }
}
