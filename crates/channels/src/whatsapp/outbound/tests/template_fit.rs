//! Whether a message fits a template, and what it then says.

use serde_json::{Value, json};

use super::{WHATSAPP, list, template};

/// A template's parts, a message's components, and the fields that are told to be wrong.
#[track_caller]
fn check(parts: Value, components: Value, wrong: &[&str]) {
    let errors = WHATSAPP.check_template(&template(parts), &list(components));
    let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
    let wrong: Vec<String> = wrong.iter().map(|place| format!("/template/components{place}")).collect();
    assert_eq!(pointers, wrong, "{errors:#?}");
}

fn body(text: &str) -> Value {
    json!([{"type": "BODY", "text": text}])
}

fn header(format: &str, text: &str) -> Value {
    json!([{"type": "HEADER", "format": format, "text": text}])
}

fn buttons(buttons: Value) -> Value {
    with("BUTTONS", "buttons", buttons)
}

fn filled(kind: &str, parameters: Value) -> Value {
    with(kind, "parameters", parameters)
}

/// One part of this type, with one field.
fn with(kind: &str, name: &str, field: Value) -> Value {
    let mut part = json!({ "type": kind });
    part[name] = field;
    Value::Array(vec![part])
}

fn word(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn named(name: &str, text: &str) -> Value {
    json!({"type": "text", "parameter_name": name, "text": text})
}

#[test]
fn only_approved_templates_are_sent() {
    for (status, is_good) in [
        ("approved", true),
        ("reinstated", true),
        ("flagged", true),
        ("paused", false),
        ("disabled", false),
        ("rejected", false),
        ("pending", false),
        ("", false),
    ] {
        let mut template = template(body("Hello"));
        template.status = status.to_owned();
        template.quality = Some("pending".to_owned());
        let errors = WHATSAPP.check_template(&template, &[]);
        assert_eq!(errors.is_empty(), is_good, "{status}");
        assert!(errors.iter().all(|error| error.pointer == "/template/name" && error.detail.contains(status)));
    }
}

#[test]
fn numbered_places() {
    let two = || body("Hello {{1}}, order {{2}} of {{1}}");
    check(two(), filled("body", json!([word("Ada"), word("7")])), &[]);
    check(two(), filled("BODY", json!([word("Ada"), word("7")])), &[]);
    let money = json!({"type": "currency", "currency": {"fallback_value": "5 €", "code": "EUR", "amount_1000": 5000}});
    check(two(), filled("body", json!([word("Ada"), money])), &[]);
    check(two(), json!([]), &[""]);
    check(two(), filled("body", json!([word("Ada")])), &["/0/parameters"]);
    check(two(), filled("body", json!([word("a"), word("b"), word("c")])), &["/0/parameters"]);
    check(two(), filled("body", json!({})), &["/0/parameters"]);
    check(two(), filled("body", json!([word("Ada"), word(" ")])), &["/0/parameters/1"]);
    check(two(), filled("body", json!([7, {"type": "image"}])), &["/0/parameters/0", "/0/parameters/1"]);
    check(body("Hello"), json!([]), &[]);
    check(body("Hello"), filled("body", json!([])), &[]);
    check(body("Hello"), filled("body", json!([word("Ada")])), &["/0/parameters"]);
    let twice = json!([{"type": "body", "parameters": [word("a")]}, {"type": "body", "parameters": [word("b")]}]);
    check(body("Hello {{1}}"), twice, &["/1"]);
}

#[test]
fn named_places() {
    let two = || body("Hello {{name}}, order {{ order_id }}");
    check(two(), filled("body", json!([named("order_id", "7"), named("name", "Ada")])), &[]);
    check(two(), json!([]), &[""]);
    check(two(), filled("body", json!([named("name", "Ada")])), &["/0/parameters"]);
    check(
        two(),
        filled("body", json!([word("Ada"), word("7")])),
        &["/0/parameters", "/0/parameters/0/parameter_name", "/0/parameters/1/parameter_name"],
    );
    let three = json!([named("name", "Ada"), named("order_id", "7"), named("name", "Bo")]);
    check(two(), filled("body", three), &["/0/parameters/2/parameter_name"]);
}

#[test]
fn headers() {
    check(header("TEXT", "Order {{1}}"), filled("header", json!([word("7")])), &[]);
    check(header("TEXT", "Order {{1}}"), json!([]), &[""]);
    check(header("TEXT", "Order"), filled("header", json!([word("7")])), &["/0/parameters"]);
    check(body("Hello"), filled("header", json!([word("7")])), &["/0/parameters"]);
    let image = json!({"type": "image", "image": {"id": "900"}});
    check(header("IMAGE", ""), filled("header", json!([image])), &[]);
    check(header("IMAGE", ""), json!([]), &[""]);
    check(header("IMAGE", ""), filled("header", json!([])), &["/0/parameters"]);
    check(header("VIDEO", ""), filled("header", json!([image])), &["/0/parameters/0/type"]);
    check(header("IMAGE", ""), filled("header", json!([{"type": "image"}])), &["/0/parameters/0/image"]);
    let place = json!({"type": "location", "location": {"latitude": "1", "longitude": "2"}});
    check(header("LOCATION", ""), filled("header", json!([place])), &[]);
}

#[test]
fn buttons_of_templates() {
    let all = || {
        buttons(json!([
            {"type": "QUICK_REPLY", "text": "Stop"},
            {"type": "URL", "text": "Track", "url": "https://a.example/{{1}}"},
            {"type": "COPY_CODE", "text": "Copy"},
            {"type": "URL", "text": "Shop", "url": "https://a.example"},
        ]))
    };
    let button = |kind: &str, index: Value, parameter: Value| json!({"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]});
    let code = json!({"type": "coupon_code", "coupon_code": "25OFF"});
    let url = || button("url", json!(1), word("7"));
    let copy = || button("copy_code", json!("2"), code.clone());
    let stop = button("quick_reply", json!("0"), json!({"type": "payload", "payload": "stop"}));
    check(all(), json!([url(), copy()]), &[]);
    check(all(), json!([stop, url(), copy()]), &[]);
    check(all(), json!([]), &["", ""]);
    check(all(), json!([copy()]), &[""]);
    check(all(), json!([url(), copy(), button("url", json!(9), word("7"))]), &["/2/index"]);
    check(all(), json!([url(), copy(), button("url", json!(-1), word("7"))]), &["/2/index"]);
    check(all(), json!([button("quick_reply", json!(1), word("7")), copy()]), &["/0/sub_type"]);
    check(all(), json!([button("url", json!(1), word("")), copy()]), &["/0/parameters/0"]);
    check(all(), json!([url(), button("COPY_CODE", json!(2), word("25OFF"))]), &["/1/parameters/0"]);
    check(all(), json!([{"type": "button", "sub_type": "url", "index": 1}, copy()]), &["/0/parameters"]);
}

#[test]
fn what_is_not_known_is_not_judged() {
    check(json!([]), filled("body", json!([word("a"), word("b")])), &[]);
    check(json!([7, {"type": 1}]), json!([7, {"type": "carousel", "cards": []}]), &[]);
}

#[test]
fn places_for_people() {
    let parts = json!([
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BODY", "text": "{{name}} {{2}} {{name}} {{}} {{a b}} {{ {{x}} }} {{{y}}} {{"},
        {"type": "FOOTER", "text": "Bye"},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY"}, {"type": "URL", "url": "https://a.example/{{1}}"}]},
    ]);
    let names = WHATSAPP.template_parameters(&template(parts));
    assert_eq!(names, ["header/image", "body/name", "body/2", "body/x", "body/y", "button/1"]);
    assert_eq!(WHATSAPP.template_parameters(&template(header("TEXT", "Order {{1}}"))), ["header/1"]);
}

#[test]
fn what_the_receiver_reads() {
    let parts = json!([
        {"type": "FOOTER", "text": "Bye {{1}"},
        {"type": "BODY", "text": "{{2}} for {{1}}, {{3}}"},
        {"type": "HEADER", "format": "TEXT", "text": "Order {{id}}"},
    ]);
    let time = json!({"type": "date_time", "date_time": {"fallback_value": "noon"}});
    let components = list(json!([
        {"type": "body", "parameters": [word("Ada"), time]},
        {"type": "header", "parameters": [named("id", "{{1}}")]},
    ]));
    let fill = |parts: Value, components: &[Value]| WHATSAPP.fill_template(&template(parts), components);
    assert_eq!(fill(parts.clone(), &components).unwrap(), "Order {{1}}\n\nnoon for Ada, {{3}}\n\nBye {{1}");
    assert_eq!(fill(parts, &[]).unwrap(), "Order {{id}}\n\n{{2}} for {{1}}, {{3}}\n\nBye {{1}");
    assert_eq!(fill(header("IMAGE", ""), &[]), None);
    assert_eq!(fill(json!([]), &components), None);
}
