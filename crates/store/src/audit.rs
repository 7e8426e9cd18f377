//! How acts are asked for.

use tidings_domain::{KeyId, Timestamp, audit::Action};

/// Whose acts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByWhom {
    /// The operator's.
    Operator,
    /// Those done with this key.
    Key(KeyId),
}

/// Which acts are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActFilter {
    /// Done by this one.
    pub actor: Option<ByWhom>,
    /// Of this kind.
    pub action: Option<Action>,
    /// To this thing.
    pub object: Option<String>,
    /// Done at this time or later.
    pub since: Option<Timestamp>,
    /// Done before this time.
    pub until: Option<Timestamp>,
}
