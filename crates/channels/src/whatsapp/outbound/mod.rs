//! How Meta's Cloud API is written to.
//!
//! The story: a message is first measured against Meta's limits (`limits`; a template also against what Meta has
//! approved, `template`). It becomes a request (`request`, with the words of it in `content`; `media` uploads its file
//! beforehand). Meta answers (`answer`) with an id or an error object (`refusal`), and what an error means is a row of
//! `error_table`. Beside that stand small requests: that a message was read (`read_mark`), whether the number works
//! (`probe`), and which templates there are (`template`). All requests look alike from outside (`graph`).
//!
//! Nothing here sends anything, and no answer makes it fail: what cannot be read is an outcome, too.

mod answer;
mod callback;
mod complaints;
mod content;
mod error_table;
pub(super) mod graph;
mod limits;
mod media;
mod pace;
mod probe;
mod read_mark;
mod recipient;
pub(super) mod refusal;
mod request;
mod template;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};
use tidings_domain::{
    change::Notice,
    contact::Identity,
    message::MessageError,
    outgoing::Outgoing,
    sending::{SendOutcome, Trouble},
    template::{Template, TemplateNews},
};

use crate::{
    adapter::FieldError,
    outbound::{Access, Account, Call, CallAnswer, Letter, Outbound, Pace, TemplatePage, Upload},
};

use super::Whatsapp;

impl Outbound for Whatsapp {
    fn pace(&self, settings: &Map<String, Value>) -> Pace {
        pace::of(settings)
    }

    fn recipient(&self, to: &str) -> Result<Identity, String> {
        recipient::read(to)
    }

    fn check(&self, outgoing: &Outgoing) -> Vec<FieldError> {
        limits::check(outgoing)
    }

    fn send(&self, access: Access<'_>, letter: &Letter<'_>) -> Call {
        request::send(access, letter)
    }

    fn read_answer(&self, answer: CallAnswer<'_>, tries: u32) -> SendOutcome {
        answer::read(answer, tries)
    }

    fn mark_read(&self, access: Access<'_>, vendor_id: &str, typing: bool) -> Option<Call> {
        Some(read_mark::request(access, vendor_id, typing))
    }

    fn read_mark_answer(&self, answer: CallAnswer<'_>) -> Result<(), Trouble> {
        read_mark::answer(answer)
    }

    fn upload(&self, access: Access<'_>, file: &Upload<'_>) -> Call {
        media::request(access, file)
    }

    fn read_upload(&self, answer: CallAnswer<'_>, tries: u32) -> Result<String, Box<SendOutcome>> {
        media::answer(answer, tries)
    }

    fn lacks_file(&self, error: &MessageError) -> bool {
        refusal::lacks_file(error)
    }

    fn probe(&self, access: Access<'_>) -> Call {
        probe::request(access)
    }

    fn read_probe(&self, answer: CallAnswer<'_>) -> Result<Account, Trouble> {
        probe::answer(answer)
    }

    fn callback(&self, access: Access<'_>) -> Option<Call> {
        Some(callback::request(access))
    }

    fn read_callback(&self, answer: CallAnswer<'_>) -> Option<String> {
        callback::answer(answer)
    }

    fn templates(&self, access: Access<'_>, after: Option<&str>) -> Option<Call> {
        template::list::request(access, after)
    }

    fn read_templates(&self, answer: CallAnswer<'_>) -> Result<TemplatePage, Trouble> {
        template::list::answer(answer)
    }

    fn check_template(&self, template: &Template, components: &[Value]) -> Vec<FieldError> {
        template::check::check(template, components)
    }

    fn fill_template(&self, template: &Template, components: &[Value]) -> Option<String> {
        template::fill::fill(template, components)
    }

    fn is_marketing(&self, template: &Template) -> bool {
        template.category.as_deref() == Some("marketing")
    }

    fn template_parameters(&self, template: &Template) -> Vec<String> {
        template::places::Places::of(template).names()
    }

    fn template_news(&self, notice: &Notice) -> Option<TemplateNews> {
        template::news::read(notice)
    }
}
