//! Account, template and policy notices, and fields that are kept.

use serde_json::{Value, json};
use tidings_domain::{
    Timestamp,
    change::{Change, Notice, Route, Update},
    contact::OptOut,
};

use super::{body, change_of, metadata, unknown_kind, update, updates};

#[test]
fn notices_carry_the_whole_value() {
    for field in [
        "account_update",
        "account_review_update",
        "account_settings_update",
        "business_capability_update",
        "business_username_update",
        "flows",
        "message_template_components_update",
        "message_template_quality_update",
        "message_template_status_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "phone_number_username_update",
        "security",
        "template_category_update",
    ] {
        let value = json!({"event": "SOMETHING", "nested": {"n": [1, 2.5, null]}});
        let told = update(&body(field, &value));
        assert_eq!(told.route, Route::Group("waba-1".to_owned()));
        assert!(told.dedup.is_some());
        let timestamp = Some(Timestamp::from_seconds(1_790_000_000));
        assert_eq!(change_of(told), Change::Notice(Notice { notice: field.to_owned(), details: value, timestamp }));
    }
}

fn preferences(preference: &Value) -> Vec<Update> {
    updates(&body("user_preferences", &json!({"metadata": metadata(), "user_preferences": [preference]})))
}

#[test]
fn a_persons_choice_is_followed_and_told_as_a_notice_of_its_number() {
    let choice = |value: &str| {
        json!({"wa_id": "49151", "user_id": "US.1", "category": "marketing_messages", "value": value,
            "timestamp": 1_790_000_000})
    };
    for (value, opted_out) in [("stop", Some(OptOut::Marketing)), ("resume", None)] {
        let [followed, told] = <[Update; 2]>::try_from(preferences(&choice(value))).unwrap();
        assert_eq!(told.route, Route::Account("number-1".to_owned()));
        assert!(followed.dedup.is_some() && followed.dedup != told.dedup);
        let Change::Preferred(preferred) = change_of(followed) else { panic!() };
        assert_eq!((preferred.opted_out, preferred.contact.identities.len()), (opted_out, 2));
        assert_eq!(preferred.timestamp, Timestamp::from_seconds(1_790_000_000));
        let Change::Notice(notice) = change_of(told) else { panic!() };
        assert_eq!(notice.details["user_preferences"][0]["value"], value);
    }
}

#[test]
fn a_choice_that_we_do_not_understand_is_a_notice_alone() {
    for odd in [
        json!({"wa_id": "49151", "category": "marketing_messages", "value": "perhaps"}),
        json!({"wa_id": "49151", "category": "service_messages", "value": "stop"}),
        json!({"category": "marketing_messages", "value": "stop"}),
        json!(7),
    ] {
        let [told] = <[Update; 1]>::try_from(preferences(&odd)).unwrap();
        assert!(matches!(change_of(told), Change::Notice(_)), "{odd}");
    }
}

#[test]
fn what_says_no_time_may_be_said_again() {
    let mut timeless = body("account_update", &json!({"event": "DISABLED_UPDATE"}));
    timeless["entry"][0]["time"] = json!(null);
    assert_eq!(update(&timeless).dedup, None);
    let mut other = body("account_update", &json!({"event": "DISABLED_UPDATE"}));
    let first = update(&other).dedup;
    assert!(first.is_some());
    other["entry"][0]["time"] = json!(1_790_000_060);
    assert_ne!(first, update(&other).dedup);
}

#[test]
fn errors_without_a_message_are_a_notice() {
    let errors = json!([{"code": 130_429, "title": "Rate limit hit"}]);
    let told = update(&body("messages", &json!({"metadata": metadata(), "errors": errors})));
    let Change::Notice(notice) = change_of(told) else { panic!() };
    assert_eq!((notice.notice.as_str(), notice.details), ("errors", json!({ "errors": errors })));
}

#[test]
fn fields_that_are_not_understood_are_kept() {
    for field in [
        "history",
        "smb_app_state_sync",
        "calls",
        "group_participants_update",
        "automatic_events",
        "messaging_handovers",
        "standby",
        "a_field_of_next_year",
    ] {
        let told = update(&body(field, &json!({"metadata": metadata(), "messages": [{}]})));
        assert_eq!(unknown_kind(&told), format!("field/{field}"));
    }
    assert_eq!(unknown_kind(&update(&body("messages", &json!({})))), "field/messages");
    assert_eq!(unknown_kind(&update(&body("messages", &json!("odd")))), "field/messages");
    let long = "x".repeat(500);
    assert_eq!(unknown_kind(&update(&body(&long, &json!({})))).len(), 64);
}
