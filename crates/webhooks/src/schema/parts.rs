//! What stands in both formats: the parts of a message in their thirteen kinds, as the lifecycle format spells them, and what
//! is told of an endpoint in either.

use super::field::{Field, Holds, field};

/// Every kind by its word, with the fields beside `type`.
pub(super) fn parts() -> Vec<(&'static str, Vec<Field>)> {
    let mut all = Vec::new();
    for (word, further) in [
        ("image", vec![field("is_sticker", Holds::Bool, "True if it is a sticker.").optional()]),
        ("video", vec![]),
        ("document", vec![]),
        ("audio", vec![field("is_voice_note", Holds::Bool, "Whether it was recorded in the app.")]),
    ] {
        all.push((word, with_id(media().into_iter().chain(further).collect())));
    }
    all.extend([
        ("location", with_id(location())),
        ("contact", with_id(contact())),
        ("button", with_id(button())),
        ("list_section", with_id(list_section())),
        (
            "quick_reply",
            with_id(vec![
                field("text", Holds::Text, "What was pressed, as it is shown."),
                field("payload", Holds::Text, "What the business gave it to be recognised by.").optional(),
            ]),
        ),
        (
            "comment",
            with_id(vec![
                field("text", Holds::Text, "What was commented."),
                field("post_id", Holds::Text, "The vendor's id of the post.").optional(),
                field("url", Holds::Text, "Where the post is.").optional(),
            ]),
        ),
        ("ai_tool_call", with_id(ai_tool_call())),
        ("referral", with_id(referral())),
        (
            "content_reference",
            with_id(vec![
                field("reference_type", Holds::Text, "What is referred to: `story`, `post`, `reel`, `share` …"),
                field("url", Holds::Text, "Where it is.").optional(),
                field("reference_id", Holds::Text, "The vendor's id of it.").optional(),
            ]),
        ),
    ]);
    all
}

fn with_id(fields: Vec<Field>) -> Vec<Field> {
    [field("id", Holds::Id("att"), "The part.")].into_iter().chain(fields).collect()
}

fn media() -> Vec<Field> {
    vec![
        field("url", Holds::Text, "Where the file is: a link of ours that expires, or that by which it was sent."),
        field(
            "file",
            Holds::Object(vec![
                field("id", Holds::Id("med"), "The file."),
                field("url", Holds::Text, "The same link."),
                field("name", Holds::Text, "Its name, if the sender gave one.").or_null(),
                field("size", Holds::Integer, "Its size in bytes, if it is known.").or_null(),
                field("content_type", Holds::Text, "Its media type, if it is known.").or_null(),
            ]),
            "The file.",
        ),
    ]
}

fn location() -> Vec<Field> {
    vec![
        field("latitude", Holds::Number, "Degrees to the north."),
        field("longitude", Holds::Number, "Degrees to the east."),
        field("name", Holds::Text, "What the place is called.").optional(),
        field("address", Holds::Text, "Its address.").optional(),
    ]
}

fn contact() -> Vec<Field> {
    vec![
        field("name", Holds::Text, "Whose card it is; empty if it does not say."),
        field("phones", Holds::Text.list_of(), "Phone numbers, as they stand on the card."),
        field("emails", Holds::Text.list_of(), "E-mail addresses."),
        field("organization", Holds::Text, "Where that person works.").optional(),
        field("urls", Holds::Text.list_of(), "Web addresses."),
        field("addresses", Holds::Text.list_of(), "Postal addresses, each in one line."),
    ]
}

fn button() -> Vec<Field> {
    vec![
        field("button_type", Holds::Text, "`quick_reply`, `url`, `phone`, `flow` …"),
        field("text", Holds::Text, "What stands on it."),
        field("data", Holds::Anything, "Where it leads: `url`, `phone_number` …").optional(),
        field("payload", Holds::Text, "What the business gave it to be recognised by.").optional(),
    ]
}

fn list_section() -> Vec<Field> {
    let row = vec![
        field("id", Holds::Text, "What the business gave it to be recognised by."),
        field("title", Holds::Text, "What stands in it."),
        field("description", Holds::Text, "What stands below.").optional(),
    ];
    vec![
        field("text", Holds::Text, "The list's text, or what was chosen."),
        field("title", Holds::Text, "The section's title.").or_null(),
        field("description", Holds::Text, "What stands below what was chosen.").optional(),
        field("rows", Holds::Object(row).list_of(), "The rows."),
        field("button_text", Holds::Text, "What stands on the button that opens the list.").optional(),
        field("selected_row_id", Holds::Text, "The row that was chosen.").optional(),
    ]
}

fn ai_tool_call() -> Vec<Field> {
    vec![
        field("tool_name", Holds::Text, "The tool."),
        field("tool_call_id", Holds::Text, "The call."),
        field("arguments", Holds::Anything, "What it was called with."),
        field("result", Holds::Anything, "What it answered.").optional(),
        field("status", Holds::Text, "How far it has come."),
    ]
}

fn referral() -> Vec<Field> {
    [
        ("source_url", "The advertisement or post that the customer came from."),
        ("source_id", "The vendor's id of it."),
        ("source_type", "What it is: `ad`, `post` …"),
        ("body", "Its text."),
        ("headline", "Its headline."),
        ("media_type", "What it shows: `image`, `video`."),
        ("image_url", "Its picture."),
        ("video_url", "Its film."),
        ("thumbnail_url", "Its film's small picture."),
        ("click_id", "The vendor's id of the click."),
        ("welcome_message", "What the customer was greeted with."),
    ]
    .map(|(name, about)| field(name, Holds::Text, about).or_null())
    .into()
}

/// How much an endpoint has before it.
pub(super) fn backlog() -> Field {
    field(
        "backlog",
        Holds::Integer,
        "How many events of the workspace come after its place, or wait to be tried again.",
    )
}

/// What an endpoint was not told, because it is no longer kept.
pub(super) fn passed_over() -> [Field; 3] {
    [
        field("from", Holds::Integer, "The first place in the log that was passed over."),
        field("to", Holds::Integer, "The last one."),
        field("count", Holds::Integer, "How many events that were, at most: its filter is not asked about them."),
    ]
}
