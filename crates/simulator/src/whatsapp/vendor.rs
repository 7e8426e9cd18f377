//! Meta's servers, as far as a webhook can tell: posts signed updates to one callback over a connection kept open.
//!
//! Unlike Meta it does not repeat what was refused: a caller that wants a repetition posts again.

use bytes::Bytes;
use http::{Request, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use serde_json::Value;

use super::{encode, sign};
use crate::client::{ClientError, Connection};

/// Posts webhooks of one app to one callback.
#[derive(Debug)]
pub struct Vendor {
    url: String,
    app_secret: String,
    connection: Connection,
}

impl Vendor {
    /// A vendor whose callback is this URL and whose app has this secret.
    pub fn new(callback_url: &str, app_secret: &str) -> Result<Vendor, ClientError> {
        Ok(Vendor {
            url: callback_url.to_owned(),
            app_secret: app_secret.to_owned(),
            connection: Connection::to(callback_url)?,
        })
    }

    /// Posts a webhook as Meta would, and answers the status of the reply.
    pub async fn post(&mut self, webhook: &Value) -> Result<StatusCode, ClientError> {
        let body = encode(webhook);
        let signature = sign(&self.app_secret, &body);
        self.post_raw(body, &signature).await
    }

    /// Posts any bytes under any signature: for what Meta would never send.
    pub async fn post_raw(&mut self, body: Bytes, signature: &str) -> Result<StatusCode, ClientError> {
        let request = Request::post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header("user-agent", "facebookexternalua")
            .header("x-hub-signature-256", signature)
            .body(Full::new(body))
            .map_err(|_| ClientError::Address(self.url.clone()))?;
        Ok(self.connection.send(request).await?.status())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::receiver::Receiver;

    #[tokio::test]
    async fn posts_what_it_signed() {
        let mut callback = Receiver::start().await.unwrap();
        let mut vendor = Vendor::new(&callback.url("/in/chan_1"), "secret").unwrap();
        let status = vendor.post(&json!({ "object": "whatsapp_business_account", "note": "é" })).await.unwrap();
        assert_eq!(status, StatusCode::OK);
        let arrival = callback.next().await.unwrap();
        assert_eq!(arrival.path, "/in/chan_1");
        assert_eq!(arrival.header("x-hub-signature-256"), Some(sign("secret", &arrival.body).as_str()));
        assert_eq!(arrival.body, r#"{"note":"\u00e9","object":"whatsapp_business_account"}"#);
    }
}
