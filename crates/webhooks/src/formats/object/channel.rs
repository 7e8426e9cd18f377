//! `channel.*` in the object format.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use tidings_domain::{
    Timestamp,
    channel::{ChannelStatus, ChannelType, Provider},
    event::{ChannelDetail, ChannelEvent, Event},
};

use super::{
    super::spelling::{AnyId, Hyphenated, Millis},
    seal,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChannelBody<'a> {
    id: Hyphenated,
    r#type: ChannelType,
    name: &'a str,
    phone_number: Option<&'a str>,
    provider: Provider,
    status: ChannelStatus,
    #[serde(flatten)]
    detail: Detail<'a>,
}

/// What is told beside the channel itself.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Detail<'a> {
    Connected {
        connected_by: Option<AnyId<'a>>,
        connected_at: Millis,
    },
    Disconnected {
        disconnection_reason: &'a str,
        last_active_at: Option<Millis>,
        disconnected_at: Millis,
    },
    Error {
        error_code: &'a str,
        error_message: &'a str,
        error_category: &'a str,
        affected_message_ids: Vec<AnyId<'a>>,
        occurred_at: Millis,
    },
    Notice {
        notice: &'a str,
        details: &'a Value,
        occurred_at: Millis,
    },
}

pub(super) fn render(event: &Event, told: &ChannelEvent) -> Bytes {
    seal(
        event,
        ChannelBody {
            id: Hyphenated(told.channel_id.uuid()),
            r#type: told.channel_type,
            name: &told.name,
            phone_number: told.phone_number.as_deref(),
            provider: told.provider,
            status: told.status,
            detail: detail(&told.detail, event.at),
        },
    )
}

fn detail(detail: &ChannelDetail, at: Timestamp) -> Detail<'_> {
    match detail {
        ChannelDetail::Connected { connected_by } => {
            Detail::Connected { connected_by: connected_by.as_deref().map(AnyId), connected_at: Millis(at) }
        }
        ChannelDetail::Disconnected { reason, last_active_at } => Detail::Disconnected {
            disconnection_reason: reason,
            last_active_at: last_active_at.map(Millis),
            disconnected_at: Millis(at),
        },
        ChannelDetail::Error { code, message, category, affected_message_ids } => Detail::Error {
            error_code: code,
            error_message: message,
            error_category: category,
            affected_message_ids: affected_message_ids.iter().map(|id| AnyId(id)).collect(),
            occurred_at: Millis(at),
        },
        ChannelDetail::Notice { notice, details } => Detail::Notice { notice, details, occurred_at: Millis(at) },
    }
}
