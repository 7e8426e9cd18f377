//! What a vendor says about account, number, template or policy.

use crate::{
    change::Notice,
    event::{ChannelDetail, EventKind},
};

use super::desk::Desk;

pub(super) fn noticed(desk: &mut Desk<'_, '_>, notice: &Notice) {
    desk.channel_is_alive();
    let at = notice.timestamp.unwrap_or(desk.now());
    let detail = ChannelDetail::Notice { notice: notice.notice.clone(), details: notice.details.clone() };
    desk.emit_channel(EventKind::ChannelNotice, detail, at);
}
