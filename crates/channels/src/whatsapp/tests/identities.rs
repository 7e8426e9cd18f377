//! Who somebody is, and how that changes.

use serde_json::{Value, json};
use tidings_domain::{
    change::{Change, IdentityChanged, Notice, Person},
    contact::Identity,
};

use super::{body, change_of, message, metadata, phone, unknown_kind, update, user_id};

fn value(message: &Value, contacts: &Value) -> Value {
    json!({"metadata": metadata(), "contacts": contacts, "messages": [message]})
}

/// Who a text with these fields is from.
fn person(fields: &Value, contacts: &Value) -> Person {
    let mut message = json!({"id": "wamid.A", "timestamp": "1790000001", "type": "text", "text": {"body": "Hi"}});
    message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    match change_of(update(&body("messages", &value(&message, contacts)))) {
        Change::Received(said) => said.contact,
        other => panic!("{other:?}"),
    }
}

#[test]
fn number_and_user_id_in_every_combination() {
    let table: [(Value, Value, Vec<Identity>); 9] = [
        (json!({"from": "49151"}), json!([{"wa_id": "49151"}]), vec![phone("49151")]),
        (json!({"from": "49151"}), json!(null), vec![phone("49151")]),
        (
            json!({"from": "49151"}),
            json!([{"wa_id": "49151", "user_id": "DE.7"}]),
            vec![user_id("DE.7"), phone("49151")],
        ),
        (json!({"from_user_id": "DE.7"}), json!([{"user_id": "DE.7"}]), vec![user_id("DE.7")]),
        (json!({"from": "", "from_user_id": "DE.7"}), json!([{"wa_id": "", "user_id": "DE.7"}]), vec![user_id("DE.7")]),
        (
            json!({"from_user_id": "DE.7"}),
            json!([{"wa_id": "49151", "user_id": "DE.7"}]),
            vec![user_id("DE.7"), phone("49151")],
        ),
        (json!({}), json!([{"wa_id": "49151", "user_id": "DE.7"}]), vec![user_id("DE.7"), phone("49151")]),
        (json!({"from": "DE.7"}), json!([]), vec![user_id("DE.7")]),
        (json!({"from": "+49151", "from_user_id": "user.0a"}), json!([]), vec![user_id("user.0a"), phone("49151")]),
    ];
    for (fields, contacts, expected) in table {
        assert_eq!(person(&fields, &contacts).identities, expected, "{fields} {contacts}");
    }
}

#[test]
fn the_contact_beside_it_is_the_right_one() {
    let contacts = json!([
        {"wa_id": "491", "profile": {"name": "One"}},
        {"wa_id": "492", "user_id": "DE.2", "profile": {"name": "Two", "username": "two"}},
    ]);
    let two = person(&json!({"from": "492"}), &contacts);
    assert_eq!((two.name.as_deref(), two.username.as_deref()), (Some("Two"), Some("two")));
    assert_eq!(
        person(&json!({"from": "493"}), &contacts),
        Person { identities: vec![phone("493")], ..Person::default() }
    );

    // The only contact lends its name, but not the identity of somebody else.
    let other =
        person(&json!({"from": "493"}), &json!([{"wa_id": "492", "user_id": "DE.2", "profile": {"name": "Two"}}]));
    assert_eq!(other.identities, [phone("493")]);
    assert_eq!(other.name.as_deref(), Some("Two"));
}

#[test]
fn nobody_is_kept_as_unknown() {
    let nobody =
        json!({"id": "wamid.A", "from": "", "timestamp": "1790000001", "type": "text", "text": {"body": "Hi"}});
    let update = update(&body("messages", &value(&nobody, &json!([]))));
    assert_eq!(unknown_kind(&update), "messages/text");
    assert!(update.dedup.is_some());
}

fn identity_change(change: Change) -> (Vec<Identity>, Vec<Identity>) {
    match change {
        Change::IdentityChanged(IdentityChanged { before, after, .. }) => (before, after),
        other => panic!("{other:?}"),
    }
}

fn system(fields: &Value, system: &Value) -> Change {
    let mut whole = json!({"type": "system", "system": system});
    whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    message(whole)
}

#[test]
fn numbers_change() {
    let from_ada = json!({});
    let old = vec![phone("4915100000001")];
    for (given, after) in [
        (json!({"type": "user_changed_number", "wa_id": "499"}), vec![phone("499")]),
        (json!({"type": "customer_changed_number", "new_wa_id": "499"}), vec![phone("499")]),
    ] {
        assert_eq!(identity_change(system(&from_ada, &given)), (old.clone(), after));
    }
    let with_id = json!({"type": "user_changed_number", "wa_id": "499", "user_id": "DE.900"});
    let both = (vec![user_id("DE.700"), phone("4915100000001")], vec![user_id("DE.900"), phone("499")]);
    assert_eq!(identity_change(system(&from_ada, &with_id)), both);
}

#[test]
fn user_ids_change() {
    let nobody = json!({"from": null});
    let told = json!({
        "type": "user_changed_user_id", "user_id": "DE.900",
        "body": "User Ada changed from DE.1 to DE.900 changed from DE.700 to DE.900",
    });
    let moved = (vec![user_id("DE.700")], vec![user_id("DE.900")]);
    assert_eq!(identity_change(system(&nobody, &told)), moved);
    let given = json!({"type": "user_changed_user_id", "user_id": "DE.900", "previous_user_id": "DE.700"});
    assert_eq!(identity_change(system(&nobody, &given)), moved);

    // Without the id before, the number says whose it is, and stays.
    let silent =
        json!({"type": "user_changed_user_id", "user_id": "DE.900", "body": "User changed from DE.700 to DE.901"});
    let found = (vec![], vec![user_id("DE.900"), phone("4915100000001")]);
    assert_eq!(identity_change(system(&json!({}), &silent)), found);
}

#[test]
fn other_system_messages_are_notices() {
    for (given, name) in [
        (json!({"type": "customer_identity_changed", "body": "New device"}), "customer_identity_changed"),
        (json!({"type": "user_changed_number"}), "user_changed_number"),
        (json!({"type": "user_changed_user_id", "body": "?"}), "user_changed_user_id"),
        (json!("odd"), "system"),
    ] {
        let Change::Notice(Notice { notice, details, .. }) = system(&json!({}), &given) else { panic!() };
        assert_eq!(notice, name);
        assert_eq!(details["system"], given);
    }
}

#[test]
fn the_field_user_id_update() {
    let item = json!({
        "wa_id": "49151", "timestamp": "1790000007",
        "user_id": {"previous": "DE.700", "current": "DE.900"},
    });
    let value = json!({"metadata": metadata(), "user_id_update": [item]});
    let changed = change_of(update(&body("user_id_update", &value)));
    assert_eq!(identity_change(changed), (vec![user_id("DE.700")], vec![user_id("DE.900")]));

    let odd = json!({"metadata": metadata(), "user_id_update": [item, {"user_id": "?"}]});
    let Change::Notice(notice) = change_of(update(&body("user_id_update", &odd))) else { panic!() };
    assert_eq!(notice.notice, "user_id_update");
}
