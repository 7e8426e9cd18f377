//! What Meta would not take.

use tidings_domain::{
    content::{ContactCard, ListRow},
    outgoing::{Action, Interactive, MediaFile, MediaKind, Outgoing, OutgoingMedia, ReplyButton, Section},
};

use super::{WHATSAPP, media_id, message_id, text};

/// A message and the fields that are told to be wrong.
#[track_caller]
fn check(outgoing: &Outgoing, wrong: &[&str]) {
    let errors = WHATSAPP.check(outgoing);
    let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, wrong, "{errors:#?}");
}

fn long(characters: usize) -> String {
    "ü".repeat(characters)
}

#[test]
fn texts() {
    check(&text(&long(4096)), &[]);
    check(&text(&long(4097)), &["/text"]);
    check(&text(" \n"), &["/text"]);
}

/// A file that is uploaded, of this type and size.
fn file(media_kind: MediaKind, content_type: &str, size: u64) -> OutgoingMedia {
    let file = MediaFile::Uploaded { id: media_id(), content_type: content_type.to_owned(), size };
    OutgoingMedia { media_kind, file, caption: None, filename: None, voice: false }
}

#[test]
fn types_and_sizes_of_files() {
    const MEGABYTE: u64 = 1024 * 1024;
    for (kind, content_type, most) in [
        (MediaKind::Image, "image/jpeg", 5 * MEGABYTE),
        (MediaKind::Image, "Image/PNG", 5 * MEGABYTE),
        (MediaKind::Audio, "audio/ogg; codecs=opus", 16 * MEGABYTE),
        (MediaKind::Audio, "audio/mpeg", 16 * MEGABYTE),
        (MediaKind::Video, "video/mp4", 16 * MEGABYTE),
        (MediaKind::Video, "video/3gpp", 16 * MEGABYTE),
        (MediaKind::Document, "application/x-anything", 100 * MEGABYTE),
        (MediaKind::Sticker, "image/webp", 500 * 1024),
    ] {
        check(&Outgoing::Media(file(kind, content_type, most)), &[]);
        check(&Outgoing::Media(file(kind, content_type, most + 1)), &["/media/media_id"]);
    }
    for (kind, content_type) in [
        (MediaKind::Image, "image/webp"),
        (MediaKind::Audio, "audio/wav"),
        (MediaKind::Video, "video/webm"),
        (MediaKind::Sticker, "image/png"),
        (MediaKind::Image, ""),
    ] {
        check(&Outgoing::Media(file(kind, content_type, 1)), &["/media/media_id"]);
    }
    check(&Outgoing::Media(file(MediaKind::Image, "image/gif", u64::MAX)), &["/media/media_id", "/media/media_id"]);
}

#[test]
fn what_stands_beside_a_file() {
    let linked = |kind, link: &str| OutgoingMedia { file: MediaFile::Url(link.to_owned()), ..file(kind, "", 0) };
    check(&Outgoing::Media(linked(MediaKind::Image, "https://a.example/f.png")), &[]);
    for odd in ["f.png", "ftp://a.example/f.png", ""] {
        check(&Outgoing::Media(linked(MediaKind::Image, odd)), &["/media/url"]);
    }
    for (kind, content_type, takes_caption) in [
        (MediaKind::Image, "image/png", true),
        (MediaKind::Video, "video/mp4", true),
        (MediaKind::Document, "text/plain", true),
        (MediaKind::Audio, "audio/mpeg", false),
        (MediaKind::Sticker, "image/webp", false),
    ] {
        let with = |length| OutgoingMedia { caption: Some(long(length)), ..file(kind, content_type, 1) };
        check(&Outgoing::Media(with(1024)), if takes_caption { &[] } else { &["/media/caption"] });
        check(&Outgoing::Media(with(1025)), &["/media/caption"]);
        let named = OutgoingMedia { filename: Some("f".to_owned()), ..file(kind, content_type, 1) };
        let takes_name = kind == MediaKind::Document;
        check(&Outgoing::Media(named), if takes_name { &[] } else { &["/media/filename"] });
        let voice = OutgoingMedia { voice: true, ..file(kind, content_type, 1) };
        check(&Outgoing::Media(voice), &["/media/voice"]);
    }
    check(&Outgoing::Media(OutgoingMedia { voice: true, ..file(MediaKind::Audio, "audio/ogg", 1) }), &[]);
}

fn choice(action: Action) -> Interactive {
    Interactive { body: "Pick".to_owned(), header: None, footer: None, action }
}

fn buttons(buttons: &[(&str, &str)]) -> Action {
    let button = |(id, title): &(&str, &str)| ReplyButton { id: (*id).to_owned(), title: (*title).to_owned() };
    Action::Buttons(buttons.iter().map(button).collect())
}

#[test]
fn buttons_that_answer() {
    let check = |given: &[(&str, &str)], wrong: &[&str]| check(&Outgoing::Interactive(choice(buttons(given))), wrong);
    check(&[("1", "A"), ("2", "B"), ("3", "C")], &[]);
    check(&[(&long(256), &long(20))], &[]);
    check(&[], &["/interactive/buttons"]);
    check(&[("1", "A"), ("2", "B"), ("3", "C"), ("4", "D")], &["/interactive/buttons"]);
    check(&[("1", "A"), ("1", "B")], &["/interactive/buttons/1/id"]);
    check(&[("1", "A"), ("2", "A")], &["/interactive/buttons/1/title"]);
    check(&[(&long(257), "A"), ("2", &long(21))], &["/interactive/buttons/0/id", "/interactive/buttons/1/title"]);
    check(
        &[("", "A"), (" x", "")],
        &["/interactive/buttons/0/id", "/interactive/buttons/1/id", "/interactive/buttons/1/title"],
    );
}

#[test]
fn what_stands_around_a_choice() {
    let whole = |header: &str, body: usize, footer: &str, action| {
        let around = (Some(header.to_owned()), Some(footer.to_owned()));
        Outgoing::Interactive(Interactive { header: around.0, footer: around.1, body: long(body), action })
    };
    let list = || Action::List { button: "Open".to_owned(), sections: sections(&[(None, 1)]) };
    check(&whole(&long(60), 1024, &long(60), buttons(&[("1", "A")])), &[]);
    check(&whole(&long(60), 4096, &long(60), list()), &[]);
    let all = ["/interactive/body", "/interactive/header", "/interactive/footer"];
    check(&whole(&long(61), 1025, &long(61), buttons(&[("1", "A")])), &all);
    check(&whole("", 4097, "", list()), &all);
    check(&whole("a", 0, "a", list()), &["/interactive/body"]);
    let link = |text: &str, url: &str| {
        Outgoing::Interactive(choice(Action::Url { text: text.to_owned(), url: url.to_owned() }))
    };
    check(&link(&long(20), "https://pay.example"), &[]);
    check(&link(&long(21), "pay.example"), &["/interactive/text", "/interactive/url"]);
}

/// Sections with these titles and numbers of rows.
fn sections(of: &[(Option<&str>, usize)]) -> Vec<Section> {
    let mut number = 0;
    of.iter()
        .map(|(title, rows)| {
            let rows = (0..*rows).map(|_| {
                number += 1;
                ListRow { id: number.to_string(), title: "Row".to_owned(), description: None }
            });
            Section { rows: rows.collect(), title: title.map(str::to_owned) }
        })
        .collect()
}

#[test]
fn lists() {
    let checked = |button: &str, sections, wrong: &[&str]| {
        check(&Outgoing::Interactive(choice(Action::List { button: button.to_owned(), sections })), wrong);
    };
    let of = |of: &[(Option<&str>, usize)], wrong: &[&str]| checked("Open", sections(of), wrong);
    of(&[(None, 10)], &[]);
    of(&[(Some("A"), 1); 10], &[]);
    of(&[], &["/interactive/sections"]);
    of(&[(None, 11)], &["/interactive/sections"]);
    of(&[(Some("A"), 6), (Some("B"), 5)], &["/interactive/sections"]);
    of(&[(Some("A"), 1); 11], &["/interactive/sections", "/interactive/sections"]);
    of(&[(Some("A"), 1), (None, 1)], &["/interactive/sections/1/title"]);
    of(&[(Some(&long(25)), 0)], &["/interactive/sections/0/title", "/interactive/sections/0/rows"]);
    checked(&long(21), sections(&[(None, 1)]), &["/interactive/button"]);

    let mut rows = sections(&[(Some("A"), 2), (Some("B"), 2)]);
    rows[0].rows[0] = ListRow { id: long(200), title: long(24), description: Some(long(72)) };
    checked("Open", rows.clone(), &[]);
    rows[0].rows[1] = ListRow { id: long(201), title: long(25), description: Some(long(73)) };
    rows[1].rows[1].id = rows[1].rows[0].id.clone();
    rows[1].rows[1].title = String::new();
    checked(
        "Open",
        rows,
        &[
            "/interactive/sections/0/rows/1/id",
            "/interactive/sections/0/rows/1/title",
            "/interactive/sections/0/rows/1/description",
            "/interactive/sections/1/rows/1/id",
            "/interactive/sections/1/rows/1/title",
        ],
    );
}

#[test]
fn places_cards_and_reactions() {
    let place = |latitude, longitude| Outgoing::Location { latitude, longitude, name: None, address: None };
    check(&place(90.0, -180.0), &[]);
    check(&place(90.1, 180.1), &["/location/lat", "/location/lng"]);
    check(&place(f64::NAN, f64::NEG_INFINITY), &["/location/lat", "/location/lng"]);

    let card = |name: &str| ContactCard { name: name.to_owned(), ..ContactCard::default() };
    check(&Outgoing::Contacts { cards: vec![card("Ana")] }, &[]);
    check(&Outgoing::Contacts { cards: vec![card("Ana"), card(" ")] }, &["/contacts/1/name"]);
    check(&Outgoing::Contacts { cards: Vec::new() }, &["/contacts"]);

    let reaction = |emoji: &str| Outgoing::Reaction { message_id: message_id(), emoji: Some(emoji.to_owned()) };
    for emoji in ["👍", "❤️", "1️⃣", "👩🏽‍❤️‍💋‍👨🏿", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "Ⓜ️"]
    {
        check(&reaction(emoji), &[]);
    }
    for odd in ["", "ok", "👍 👍", "👍\n", &"👍".repeat(21)] {
        check(&reaction(odd), &["/reaction/emoji"]);
    }
    check(&Outgoing::Reaction { message_id: message_id(), emoji: None }, &[]);
}

#[test]
fn names_and_languages_of_templates() {
    let template = |name: &str, language: &str| Outgoing::Template {
        name: name.to_owned(),
        language: language.to_owned(),
        components: Vec::new(),
        text: None,
        is_marketing: false,
    };
    for language in ["en", "pt_BR", "fil", "prs_AF"] {
        check(&template("order_ready_2", language), &[]);
    }
    for odd in ["", "e", "EN", "en-US", "en_", "en_US_x", "english"] {
        check(&template("a", odd), &["/template/language"]);
    }
    for odd in ["", "Order", "order ready", "größe", &"a".repeat(513)] {
        check(&template(odd, "en"), &["/template/name"]);
    }
    let components = vec![serde_json::json!({}), serde_json::json!("body")];
    let odd = Outgoing::Template {
        name: "a".to_owned(),
        language: "en".to_owned(),
        components,
        text: None,
        is_marketing: false,
    };
    check(&odd, &["/template/components/1"]);
}
