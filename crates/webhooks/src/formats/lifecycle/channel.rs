//! `channel.*` in the lifecycle format.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use tidings_domain::{
    ChannelId,
    channel::{ChannelStatus, ChannelType, Provider},
    event::{ChannelDetail, ChannelEvent, Event},
};

use super::{super::spelling::Seconds, seal};

#[derive(Serialize)]
struct Subject<'a> {
    channel_id: ChannelId,
    channel_type: ChannelType,
    channel_name: &'a str,
    phone_number: Option<&'a str>,
    provider: Provider,
    status: ChannelStatus,
}

#[derive(Serialize)]
struct Connected<'a> {
    #[serde(flatten)]
    subject: Subject<'a>,
    connected_by: Option<&'a str>,
    connected_at: Seconds,
}

#[derive(Serialize)]
struct Disconnected<'a> {
    #[serde(flatten)]
    subject: Subject<'a>,
    disconnection_reason: &'a str,
    last_active_at: Option<Seconds>,
    disconnected_at: Seconds,
}

#[derive(Serialize)]
struct Error<'a> {
    #[serde(flatten)]
    subject: Subject<'a>,
    error_code: &'a str,
    error_message: &'a str,
    error_category: &'a str,
    affected_message_ids: &'a [String],
    occurred_at: Seconds,
}

#[derive(Serialize)]
struct Notice<'a> {
    channel_id: ChannelId,
    channel_type: ChannelType,
    channel_name: &'a str,
    notice: &'a str,
    details: &'a Value,
    occurred_at: Seconds,
}

pub(super) fn render(event: &Event, told: &ChannelEvent) -> Bytes {
    let subject = Subject {
        channel_id: told.channel_id,
        channel_type: told.channel_type,
        channel_name: &told.name,
        phone_number: told.phone_number.as_deref(),
        provider: told.provider,
        status: told.status,
    };
    let at = Seconds(event.at);
    match &told.detail {
        ChannelDetail::Connected { connected_by } => {
            seal(event, Connected { subject, connected_by: connected_by.as_deref(), connected_at: at })
        }
        ChannelDetail::Disconnected { reason, last_active_at } => seal(
            event,
            Disconnected {
                subject,
                disconnection_reason: reason,
                last_active_at: last_active_at.map(Seconds),
                disconnected_at: at,
            },
        ),
        ChannelDetail::Error { code, message, category, affected_message_ids } => seal(
            event,
            Error {
                subject,
                error_code: code,
                error_message: message,
                error_category: category,
                affected_message_ids,
                occurred_at: at,
            },
        ),
        ChannelDetail::Notice { notice, details } => seal(
            event,
            Notice {
                channel_id: told.channel_id,
                channel_type: told.channel_type,
                channel_name: &told.name,
                notice,
                details,
                occurred_at: at,
            },
        ),
    }
}
