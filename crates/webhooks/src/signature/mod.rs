//! Signatures: Standard Webhooks 1.0 with HMAC-SHA256 (`v1`), and one of another platform's making beside it.
//!
//! [`SigningSecret`] is one key, [`EndpointSecrets`] the keys of an endpoint with what a rotation leaves of the older
//! ones. Secrets are never shown by `Debug`; where they are stored they are sealed by somebody else.

mod legacy;
mod secret;
mod secrets;
mod standard;

pub use legacy::legacy_headers;
pub use secret::{InvalidSecret, SigningSecret};
pub use secrets::{EndpointSecrets, TimedSecret};
pub use standard::{VerifyError, sign, verify};
