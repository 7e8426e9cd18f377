//! Reports on messages of ours.

use serde_json::{Value, json};
use tidings_domain::{
    MessageId, Timestamp,
    change::{Change, ReportedStatus, StatusReport, Update},
    id::OrderedIds,
};

use super::{body, change_of, metadata, unknown_kind, update};

fn status_update(fields: &Value) -> Update {
    let mut status = json!({"id": "wamid.S", "timestamp": "1790000002", "recipient_id": "49151"});
    status.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    update(&body("messages", &json!({"metadata": metadata(), "statuses": [status]})))
}

fn report(fields: &Value) -> StatusReport {
    match change_of(status_update(fields)) {
        Change::Status(report) => report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_rung() {
    for (word, expected) in [
        ("sent", ReportedStatus::Sent),
        ("delivered", ReportedStatus::Delivered),
        ("read", ReportedStatus::Read),
        ("played", ReportedStatus::Read),
        ("failed", ReportedStatus::Failed),
        ("deleted", ReportedStatus::Deleted),
    ] {
        let report = report(&json!({ "status": word }));
        assert_eq!(report.status, expected);
        assert_eq!(report.vendor_id, "wamid.S");
        assert_eq!(report.timestamp, Timestamp::from_seconds(1_790_000_002));
        assert!(report.message_id.is_none());
        assert_eq!(report.vendor_details, Some(json!({"whatsapp": {"phone_number_id": "number-1"}})));
    }
}

#[test]
fn unknown_words_are_kept() {
    assert_eq!(unknown_kind(&status_update(&json!({"status": "warning"}))), "status/warning");
    assert_eq!(unknown_kind(&status_update(&json!({"status": "teleported"}))), "status/teleported");
    assert_eq!(unknown_kind(&status_update(&json!({}))), "status/missing");
    assert_eq!(unknown_kind(&status_update(&json!({"status": "read", "id": ""}))), "status/read");
}

#[test]
fn our_own_id_comes_back() {
    let mut ids = OrderedIds::new(|bytes: &mut [u8]| bytes.fill(7));
    let id = MessageId::next(&mut ids, Timestamp::from_seconds(1_790_000_000));
    let carried = |text: &str| report(&json!({"status": "sent", "biz_opaque_callback_data": text})).message_id;
    assert_eq!(carried(&id.to_string()), Some(id));
    assert_eq!(carried(&format!("{id}:3")), Some(id));
    assert_eq!(carried("campaign-7"), None);
    assert_eq!(carried(""), None);
}

#[test]
fn errors_in_the_vendors_words() {
    let report = report(&json!({"status": "failed", "errors": [
        {
            "code": 131_047, "title": "Re-engagement", "message": "Too late", "type": "OAuthException",
            "error_data": {"details": "More than a day has passed."}, "fbtrace_id": "trace",
        },
        {"code": "x", "title": "Only a title"},
        {"code": 1, "error_data": "text"},
        "odd",
    ]}));
    let [window, titled, plain] = report.errors.as_slice() else { panic!("{:?}", report.errors) };
    assert_eq!((window.key.as_str(), window.message.as_str()), ("131047", "More than a day has passed."));
    let vendor = window.vendor.as_ref().unwrap();
    assert_eq!(vendor.message.as_deref(), Some("Too late"));
    assert_eq!((vendor.kind.as_deref(), vendor.trace_id.as_deref()), (Some("OAuthException"), Some("trace")));
    assert_eq!((titled.key.as_str(), titled.message.as_str()), ("x", "Only a title"));
    assert_eq!((plain.key.as_str(), plain.message.as_str()), ("1", "text"));
}

#[test]
fn conversation_pricing_and_groups_stand_beside_it() {
    let pricing = json!({"billable": true, "pricing_model": "PMP", "category": "utility"});
    let conversation = json!({"id": "c", "origin": {"type": "utility"}});
    let priced = report(&json!({"status": "sent", "pricing": pricing, "conversation": conversation}));
    let details =
        json!({"whatsapp": {"phone_number_id": "number-1", "pricing": pricing, "conversation": conversation}});
    assert_eq!(priced.vendor_details, Some(details));

    let in_group = |participant: &str| {
        status_update(&json!({"status": "read", "recipient_type": "group", "recipient_participant_id": participant}))
    };
    assert_ne!(in_group("491").dedup, in_group("492").dedup);
    let Change::Status(report) = change_of(in_group("491")) else { panic!() };
    let details = json!({"whatsapp": {
        "phone_number_id": "number-1",
        "recipient_type": "group", "recipient_id": "49151", "recipient_participant_id": "491",
    }});
    assert_eq!(report.vendor_details, Some(details));
}
