//! By which of its identities a contact is written to.

use crate::{
    channel::ChannelType,
    contact::{Contact, HandleKind},
    decide::desk::Desk,
    message::HandleRef,
};

/// The identity by which a type of channel writes to a contact.
pub(super) fn of(contact: &Contact, channel_type: ChannelType) -> Option<HandleRef> {
    let of_kind = |kind: &HandleKind| contact.handles.iter().find(|handle| handle.identity.kind == *kind);
    let handle = written_to_by(channel_type).iter().find_map(of_kind)?;
    Some(HandleRef { id: handle.id, kind: handle.identity.kind, value: handle.identity.value.clone() })
}

/// Who has moved to another identity since the message on the desk was accepted is written to there, since the old one
/// may be somebody else's by now. False if there is none that the channel can write to.
pub(super) fn follow(desk: &mut Desk<'_, '_>) -> bool {
    let (Some(message), Some(contact)) = (desk.message(), desk.contact()) else { return true };
    if contact.handles.iter().any(|handle| handle.id == message.handle.id) {
        return true;
    }
    let Some(address) = of(contact, desk.channel().channel_type) else { return false };
    if let Some(message) = desk.change_message() {
        message.handle = address;
    }
    true
}

/// The kinds of identity that a type of channel can write to, the one that is best known first.
const fn written_to_by(channel_type: ChannelType) -> &'static [HandleKind] {
    match channel_type {
        ChannelType::Whatsapp => &[HandleKind::PhoneNumber, HandleKind::WhatsappUserId],
        ChannelType::Instagram => &[HandleKind::InstagramId],
        ChannelType::Messenger => &[HandleKind::MessengerId],
        ChannelType::Telegram => &[HandleKind::TelegramId],
        ChannelType::Sms => &[HandleKind::PhoneNumber],
        ChannelType::Email => &[HandleKind::Email],
        ChannelType::Widget => &[HandleKind::VisitorId],
        ChannelType::Custom => HandleKind::ALL,
    }
}
