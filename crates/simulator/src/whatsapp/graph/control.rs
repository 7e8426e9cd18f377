//! What can be told to a running server: how to treat calls, what it knows, and what is wrong with the account.

use bytes::Bytes;
use serde_json::Value;

use super::{Behaviour, Graph, nodes::media::Media, shared::locked};
use crate::whatsapp::Customer;

impl Graph {
    /// The next call to this recipient, after those that were told before. First of all to be asked.
    pub fn next_for(&self, recipient: &str, behaviour: Behaviour) {
        locked(&self.shared.choice).next_for(recipient, behaviour);
    }

    /// The next call to anybody for whom nothing is queued, after those that were told before.
    pub fn next(&self, behaviour: Behaviour) {
        locked(&self.shared.choice).next(behaviour);
    }

    /// Every call to this recipient when nothing is queued, until told otherwise.
    pub fn always_for(&self, recipient: &str, behaviour: Behaviour) {
        locked(&self.shared.choice).always_for(recipient, behaviour);
    }

    /// Every other call by chance, each behaviour as often as its weight says. An empty list ends it.
    pub fn mix(&self, weighted: Vec<(u32, Behaviour)>) {
        locked(&self.shared.choice).mix(weighted);
    }

    /// Forgets all that was told about behaviours, and treats every call so from now on.
    pub fn behave(&self, default: Behaviour) {
        locked(&self.shared.choice).reset(Some(default));
    }

    /// Where statuses are posted from now on, also those that are under way. Nothing drops them.
    pub fn set_callback(&self, url: Option<String>) {
        self.shared.poster.set_callback(url);
    }

    /// The templates of the account, as the API lists them. From now on no other template can be sent.
    pub fn set_templates(&self, templates: Vec<Value>) {
        self.shared.set_templates(templates);
    }

    /// A customer whom the vendor knows: who is dialled by the phone number or the user id has the other as well, and the
    /// name, in answers and statuses.
    pub fn introduce(&self, customer: &Customer) {
        self.shared.introduce(customer);
    }

    /// Media that a customer sent, under the id that this answers.
    pub fn add_media(&self, mime_type: &str, bytes: impl Into<Bytes>) -> String {
        self.shared.keep_media(Media { mime_type: mime_type.to_owned(), bytes: bytes.into(), link_is_dead: false })
    }

    /// From now on no upload of a file of this name is answered.
    pub fn stall_upload(&self, filename: &str) {
        locked(&self.shared.stalled_uploads).insert(filename.to_owned());
    }

    /// From now on links to media answer only once this is taken back.
    pub fn hold_links(&self, held: bool) {
        self.shared.held_links.send_replace(held);
    }

    /// From now on links to media lead nowhere, or do again.
    pub fn kill_links(&self, dead: bool) {
        self.shared.set_dead_links(dead);
    }

    /// All media is gone: no id of it is known any more.
    pub fn forget_media(&self) {
        locked(&self.shared.media).clear();
    }

    /// From now on every call is answered 401 with code 190.
    pub fn revoke_token(&self) {
        self.shared.set_token(None);
    }

    /// From now on this token is good, and no other.
    pub fn restore_token(&self, token: &str) {
        self.shared.set_token(Some(token.to_owned()));
    }

    /// How many messages are taken in any second; those beyond are answered 429 with code 130429. Nothing lifts the limit.
    pub fn throttle(&self, calls_per_second: Option<u32>) {
        self.shared.set_throttle(calls_per_second);
    }
}
