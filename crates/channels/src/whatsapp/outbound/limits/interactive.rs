//! The limits of a text with something to choose (Cloud API, "Interactive reply buttons messages", "Interactive list
//! messages", "Interactive call-to-action URL button messages").

use std::collections::BTreeSet;

use tidings_domain::outgoing::{Action, Interactive, ReplyButton, Section};

use super::super::complaints::Complaints;

/// Characters of the text, except in lists.
const BODY: usize = 1024;
/// Characters of a list's text.
const LIST_BODY: usize = 4096;
/// Characters of the line above.
const HEADER: usize = 60;
/// Characters of the line below.
const FOOTER: usize = 60;
/// Buttons that answer.
const BUTTONS: usize = 3;
/// Characters of such a button's id.
const BUTTON_ID: usize = 256;
/// Characters of what stands on any button.
const BUTTON_TITLE: usize = 20;
/// Sections of a list.
const SECTIONS: usize = 10;
/// Characters of a section's title.
const SECTION_TITLE: usize = 24;
/// Rows of a list, in all its sections.
const ROWS: usize = 10;
/// Characters of a row's id.
const ROW_ID: usize = 200;
/// Characters of a row's first line.
const ROW_TITLE: usize = 24;
/// Characters of a row's second line.
const ROW_DESCRIPTION: usize = 72;

/// Everything that is wrong with it.
pub(super) fn check(interactive: &Interactive, complaints: &mut Complaints) {
    let body = if matches!(interactive.action, Action::List { .. }) { LIST_BODY } else { BODY };
    complaints.text("/interactive/body", &interactive.body, body);
    if let Some(header) = &interactive.header {
        complaints.text("/interactive/header", header, HEADER);
    }
    if let Some(footer) = &interactive.footer {
        complaints.text("/interactive/footer", footer, FOOTER);
    }
    match &interactive.action {
        Action::Buttons(buttons) => reply_buttons(buttons, complaints),
        Action::List { button, sections } => {
            complaints.text("/interactive/button", button, BUTTON_TITLE);
            list(sections, complaints);
        }
        Action::Url { text, url } => {
            complaints.text("/interactive/text", text, BUTTON_TITLE);
            complaints.address("/interactive/url", url);
        }
    }
}

fn reply_buttons(buttons: &[ReplyButton], complaints: &mut Complaints) {
    if buttons.is_empty() || buttons.len() > BUTTONS {
        let detail = format!("must have 1 to {BUTTONS} buttons; it has {}", buttons.len());
        complaints.about("/interactive/buttons", detail);
    }
    let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for (index, button) in buttons.iter().enumerate() {
        let id = format!("/interactive/buttons/{index}/id");
        complaints.text(&id, &button.id, BUTTON_ID);
        complaints.unique(&id, &button.id, &mut ids);
        if button.id.trim() != button.id && !button.id.trim().is_empty() {
            complaints.about(&id, "must not begin or end with a space");
        }
        let title = format!("/interactive/buttons/{index}/title");
        complaints.text(&title, &button.title, BUTTON_TITLE);
        complaints.unique(&title, &button.title, &mut titles);
    }
}

fn list(sections: &[Section], complaints: &mut Complaints) {
    let pointer = "/interactive/sections";
    if sections.is_empty() || sections.len() > SECTIONS {
        complaints.about(pointer, format!("must have 1 to {SECTIONS} sections; it has {}", sections.len()));
    }
    let rows: usize = sections.iter().map(|section| section.rows.len()).sum();
    if rows > ROWS {
        complaints.about(pointer, format!("must have at most {ROWS} rows in all sections; it has {rows}"));
    }
    let mut ids = BTreeSet::new();
    for (index, section) in sections.iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        match &section.title {
            Some(title) => complaints.text(&format!("{pointer}/title"), title, SECTION_TITLE),
            None if sections.len() > 1 => {
                complaints.about(&format!("{pointer}/title"), "is required when there is more than one section");
            }
            None => {}
        }
        if section.rows.is_empty() {
            complaints.about(&format!("{pointer}/rows"), "must have at least one row");
        }
        for (index, row) in section.rows.iter().enumerate() {
            let pointer = format!("{pointer}/rows/{index}");
            complaints.text(&format!("{pointer}/id"), &row.id, ROW_ID);
            complaints.unique(&format!("{pointer}/id"), &row.id, &mut ids);
            complaints.text(&format!("{pointer}/title"), &row.title, ROW_TITLE);
            if let Some(description) = &row.description {
                complaints.at_most(&format!("{pointer}/description"), description, ROW_DESCRIPTION);
            }
        }
    }
}
