//! How channels and endpoints are.

use serde_json::json;
use tidings_domain::{
    MessageId,
    channel::{ChannelStatus, ChannelType, Provider},
    event::{ChannelDetail, ChannelEvent, EndpointDetail, EndpointEvent, Event, EventKind, EventPayload, Position},
};

use super::Samples;

impl Samples {
    pub(super) fn channels(self) -> Vec<Event> {
        [
            (
                EventKind::ChannelConnected,
                ChannelStatus::Connected,
                ChannelDetail::Connected { connected_by: Some("usr_00000000000000000000000001".to_owned()) },
            ),
            (
                EventKind::ChannelDisconnected,
                ChannelStatus::Disconnected,
                ChannelDetail::Disconnected { reason: "token_expired".to_owned(), last_active_at: Some(self.moment) },
            ),
            (
                EventKind::ChannelError,
                ChannelStatus::Degraded,
                ChannelDetail::Error {
                    code: "130429".to_owned(),
                    message: "Rate limit hit".to_owned(),
                    category: "rate_limit".to_owned(),
                    affected_message_ids: vec![MessageId::from_uuid(self.id(7)).to_string()],
                },
            ),
            (
                EventKind::ChannelNotice,
                ChannelStatus::Connected,
                ChannelDetail::Notice {
                    notice: "message_template_status_update".to_owned(),
                    details: json!({"event": "APPROVED", "message_template_name": "order_ready"}),
                },
            ),
        ]
        .map(|(kind, status, detail)| self.event(kind, self.later(60), self.channel(status, detail)))
        .into()
    }

    pub(super) fn endpoints(self) -> Vec<Event> {
        let health = |reason: &str| EndpointDetail::Health {
            reason: reason.to_owned(),
            failing_since: Some(self.moment),
            backlog: 12,
        };
        [
            (EventKind::EndpointFailing, health("no success for 60 hours")),
            (EventKind::EndpointDisabled, health("the receiver answered 410")),
            (EventKind::EndpointRecovered, health("the receiver answered 200")),
            (
                EventKind::EndpointGap,
                EndpointDetail::Gap {
                    reason: "events were pruned before they could be delivered".to_owned(),
                    from: Position(17),
                    to: Position(40),
                    count: 21,
                    backlog: 12,
                },
            ),
            (EventKind::WebhookTest, EndpointDetail::Test { requested_by: "key_admin".to_owned() }),
        ]
        .map(|(kind, detail)| self.event(kind, self.later(60), self.endpoint(detail)))
        .into()
    }

    fn channel(self, status: ChannelStatus, detail: ChannelDetail) -> EventPayload {
        EventPayload::Channel(ChannelEvent {
            channel_id: self.channel_id(),
            channel_type: ChannelType::Whatsapp,
            name: "Examply".to_owned(),
            phone_number: Some("+15550001111".to_owned()),
            provider: Provider::Waba,
            status,
            detail,
        })
    }

    fn endpoint(self, detail: EndpointDetail) -> EventPayload {
        EventPayload::Endpoint(EndpointEvent {
            endpoint_id: self.endpoint_id(),
            url: "https://receiver.example/hooks".to_owned(),
            detail,
        })
    }
}
