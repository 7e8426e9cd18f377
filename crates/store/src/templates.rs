//! Templates as they were read from the vendor last.

use tidings_domain::{Timestamp, template::Template};

/// The templates of a channel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Templates {
    /// When they were read from the vendor; `None` if they never were, so that nothing is known of them.
    pub read_at: Option<Timestamp>,
    /// The templates, by name and language.
    pub templates: Vec<Template>,
}
