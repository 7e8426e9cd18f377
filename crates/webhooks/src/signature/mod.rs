//! Signatures: Standard Webhooks 1.0 with HMAC-SHA256 (`v1`) and Ed25519 (`v1a`), and one of another platform's making
//! beside them.
//!
//! [`SigningSecret`] and [`SigningKeyPair`] are one key, [`EndpointSecrets`] the keys of an endpoint with what a rotation
//! leaves of the older ones. Secrets are never shown by `Debug`; where they are stored they are sealed by somebody else.

mod key_pair;
mod legacy;
mod secret;
mod secrets;
mod standard;

pub use key_pair::SigningKeyPair;
pub use legacy::legacy_headers;
pub use secret::{InvalidSecret, SigningSecret};
pub use secrets::{EndpointSecrets, Timed};
pub use standard::{VerifyError, sign, verify};
