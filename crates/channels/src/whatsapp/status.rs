//! Reports on messages of ours (`value.statuses[]`). Their order is not guaranteed; making sense of it is not done
//! here.

use serde_json::{Map, Value, value::RawValue};
use tidings_domain::{
    MessageId,
    change::{Change, News, ReportedStatus, StatusReport, Update},
};

use crate::lenient::{self, Text};

use super::{errors, outbound::refusal, parse::Place, wire::Status};

/// Reads one status.
pub(super) fn read(place: &Place<'_>, raw: &RawValue) -> Update {
    let Some(status) = lenient::object::<Status<'_>>(raw) else { return place.unknown("status/malformed", raw) };
    let word = status.word.filled().unwrap_or("missing");
    let (Some(id), Some(reported)) = (status.id.filled(), reported(word)) else {
        return place.unknown(&format!("status/{word}"), raw);
    };
    let timestamp = place.moment(&status.timestamp);
    let recipients = [
        &status.recipient_id,
        &status.recipient_user_id,
        &status.recipient_participant_id,
        &status.recipient_participant_user_id,
    ];
    let [recipient, user, participant, participant_user] = recipients.map(|text| text.get().unwrap_or_default());
    let dedup = place.key(timestamp, &["status", id, word, recipient, user, participant, participant_user]);
    let tracker = status.biz_opaque_callback_data.filled().and_then(tracker);
    let errors = errors::read(status.errors);
    let report = StatusReport {
        vendor_id: id.to_owned(),
        message_id: tracker.map(|(message_id, _)| message_id),
        attempt: tracker.map(|(_, attempt)| attempt),
        status: reported,
        timestamp,
        recipient: errors.iter().find_map(refusal::of_recipient),
        trouble: errors.last().and_then(refusal::reported),
        lacks_file: reported == ReportedStatus::Failed && errors.iter().any(refusal::lacks_file),
        errors,
        vendor_details: place.details(details(&status)),
    };
    place.update(Some(dedup), News::Change(Box::new(Change::Status(report))))
}

fn reported(word: &str) -> Option<ReportedStatus> {
    match word {
        "sent" => Some(ReportedStatus::Sent),
        "delivered" => Some(ReportedStatus::Delivered),
        "read" | "played" => Some(ReportedStatus::Read),
        "failed" => Some(ReportedStatus::Failed),
        "deleted" => Some(ReportedStatus::Deleted),
        _ => None,
    }
}

/// Our id and the attempt in what we gave along: `msg_…`, from the second attempt on `msg_…:<attempt>`.
fn tracker(text: &str) -> Option<(MessageId, u32)> {
    let (id, attempt) = text.split_once(':').unwrap_or((text, "1"));
    Some((id.parse().ok()?, attempt.parse().ok()?))
}

fn details(status: &Status<'_>) -> Map<String, Value> {
    let mut details = Map::new();
    for (name, field) in [("conversation", status.conversation), ("pricing", status.pricing)] {
        if let Some(raw) = field {
            details.insert(name.to_owned(), lenient::value(raw));
        }
    }
    // Only a group's statuses say more of the recipient than the message itself does.
    if status.recipient_type.filled().is_some_and(|kind| kind != "individual") {
        let fields: [(&str, &Text<'_>); 4] = [
            ("recipient_type", &status.recipient_type),
            ("recipient_id", &status.recipient_id),
            ("recipient_participant_id", &status.recipient_participant_id),
            ("recipient_participant_user_id", &status.recipient_participant_user_id),
        ];
        for (name, text) in fields {
            if let Some(text) = text.filled() {
                details.insert(name.to_owned(), text.into());
            }
        }
    }
    details
}
