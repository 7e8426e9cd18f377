//! What the company wants of a message to send, and what its sender finds out.
//!
//! A message is `submit`ted, may be changed by a `wish` while no attempt is under way, is marked when it is due
//! (`attempt`), and settled by what the vendor answered. Whatever the vendor reports by webhook meanwhile moves the
//! message by the same ladder as ever; an order finds it moved and does no more than is left to do.

mod address;
mod attempt;
mod settle;
mod submit;
mod wish;

use crate::{
    change::Lookups,
    contact::{Identity, OptOut},
    event::EventKind,
    id::{ContactId, HandleId, MessageId},
    message::{HistorySource, MessageError, Source},
    outgoing::{Draft, Outgoing, Recipient},
    sending::{SendOutcome, Terms, Trouble},
    status::MessageStatus,
    time::Timestamp,
};

use super::{
    Context, Decision, Situation,
    desk::Desk,
    health::{self, Found},
    status::{self, move_to},
};

/// What is wanted, or was found out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order<'a> {
    /// Accept a message.
    Submit {
        /// The message.
        draft: &'a Draft,
        /// On what terms its channel sends.
        terms: Terms,
    },
    /// Send a message at another time.
    Reschedule {
        /// The message.
        message_id: MessageId,
        /// When.
        at: Timestamp,
    },
    /// Do not send a message.
    Cancel {
        /// The message.
        message_id: MessageId,
    },
    /// Try a failed message again.
    Retry {
        /// The message.
        message_id: MessageId,
        /// On what terms its channel sends.
        terms: Terms,
    },
    /// A message is due: mark an attempt, or end it.
    Attempt {
        /// The message.
        message_id: MessageId,
        /// On what terms its channel sends.
        terms: Terms,
    },
    /// The channel is about to be deleted: nothing is sent by it any more.
    Abandon {
        /// The message.
        message_id: MessageId,
    },
    /// The vendor was called.
    Settle {
        /// The message.
        message_id: MessageId,
        /// For which attempt.
        called: Called,
        /// What came of it.
        outcome: &'a SendOutcome,
        /// When the channel worked last, as far as the sender knows.
        last_active_at: Option<Timestamp>,
    },
    /// The channel was probed.
    Probed {
        /// Nothing is wrong, or what is.
        finding: &'a Result<(), Trouble>,
        /// Whether somebody who asked for it vouches for what it cannot see.
        vouches: bool,
        /// When the channel worked last, as far as the sender knows.
        last_active_at: Option<Timestamp>,
    },
}

/// The attempt that the vendor was called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    /// Which it was.
    pub attempt: u32,
    /// When it was marked.
    pub marked_at: Timestamp,
}

/// Why an order is refused. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The conversation is not there.
    #[error("the conversation is not there")]
    NoSuchConversation,
    /// The message that the order is about is not there.
    #[error("the message is not there")]
    NoSuchMessage,
    /// Its recipient has no identity that the channel can write to.
    #[error("the contact has no identity on this channel")]
    NobodyToWriteTo,
    /// The message that is answered or reacted to cannot be.
    #[error("{0}")]
    Target(TargetProblem),
    /// Free content may not be sent: the contact has not written lately.
    #[error("the contact has not written within the channel's window")]
    WindowClosed {
        /// When the window closed; `None` if it never was open.
        closed_at: Option<Timestamp>,
    },
    /// An attempt is under way.
    #[error("an attempt to send the message is under way")]
    AlreadySending,
    /// There is no such contact.
    #[error("there is no such contact")]
    NoSuchContact,
    /// Another contact has an identity that was asked for.
    #[error("another contact, {contact_id}, has {} already", identity.value)]
    IdentityTaken {
        /// The identity.
        identity: Identity,
        /// Whose it is.
        contact_id: ContactId,
    },
    /// The company's own fields would be more than a contact can have.
    #[error("the custom fields would be longer than {} bytes", super::MOST_CUSTOM_FIELDS)]
    CustomFieldsTooLong,
    /// The company's own fields would be more than a conversation can have.
    #[error("the metadata would be longer than {} bytes", super::MOST_METADATA)]
    MetadataTooLong,
    /// It contradicts what is there.
    #[error("{0}")]
    Contradicts(&'static str),
    /// The contact does not want to be sent this.
    #[error("the contact has opted out of {}", match .0 { OptOut::Marketing => "marketing", OptOut::All => "all messages" })]
    OptedOut(OptOut),
    /// The message is not one that can be changed so.
    #[error("{0}")]
    NotPossible(&'static str),
}

/// Why a message cannot be answered or reacted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetProblem {
    /// It is not there.
    #[error("there is no such message")]
    Missing,
    /// It belongs to another conversation.
    #[error("the message belongs to another conversation")]
    OtherConversation,
    /// The vendor has not taken it, so that it does not know of it.
    #[error("the vendor does not have the message yet")]
    NotSent,
}

impl Order<'_> {
    /// What to look up before deciding on this order.
    pub fn lookups(&self) -> Lookups<'_> {
        match self {
            Self::Submit { draft, .. } => {
                let quoted_id = match &draft.outgoing {
                    Outgoing::Reaction { message_id, .. } => Some(*message_id),
                    _ => draft.reply_to,
                };
                match &draft.to {
                    Recipient::Conversation(id) => {
                        Lookups { conversation_id: Some(*id), quoted_id, ..Lookups::default() }
                    }
                    Recipient::Identity(identity) => {
                        Lookups { identities: [std::slice::from_ref(identity), &[]], quoted_id, ..Lookups::default() }
                    }
                }
            }
            Self::Settle { message_id, outcome, .. } => Lookups {
                message_id: Some(*message_id),
                identities: match outcome {
                    SendOutcome::Accepted { identities, .. } => [identities, &[]],
                    _ => [&[], &[]],
                },
                ..Lookups::default()
            },
            Self::Reschedule { message_id, .. }
            | Self::Cancel { message_id }
            | Self::Retry { message_id, .. }
            | Self::Attempt { message_id, .. }
            | Self::Abandon { message_id } => Lookups { message_id: Some(*message_id), ..Lookups::default() },
            Self::Probed { .. } => Lookups::default(),
        }
    }
}

/// Decides on an order. Pure but for the ids that it draws.
pub fn order(situation: Situation, order: &Order<'_>, context: &mut Context<'_>) -> Result<Decision, Refusal> {
    let mut desk = Desk::new(situation, context);
    match *order {
        Order::Submit { draft, terms } => submit::submit(&mut desk, draft, terms)?,
        Order::Reschedule { at, .. } => wish::reschedule(&mut desk, at)?,
        Order::Cancel { .. } => wish::cancel(&mut desk)?,
        Order::Retry { terms, .. } => wish::retry(&mut desk, terms)?,
        Order::Attempt { terms, .. } => attempt::begin(&mut desk, terms),
        Order::Abandon { .. } => attempt::abandon(&mut desk),
        Order::Settle { called, outcome, last_active_at, .. } => {
            settle::settle(&mut desk, called, outcome, last_active_at);
        }
        Order::Probed { finding, vouches, last_active_at } => match finding {
            Ok(()) => health::answered_probe(&mut desk, vouches),
            Err(trouble) => {
                let found = Found { by: None, at: desk.now() };
                health::is_troubled(&mut desk, trouble, found, last_active_at);
            }
        },
    }
    Ok(desk.into_decision())
}

/// Refuses free content outside the window.
fn check_window(desk: &Desk<'_, '_>, outgoing: &Outgoing, terms: Terms) -> Result<(), Refusal> {
    let Some(window) = terms.window.filter(|_| !outgoing.passes_closed_windows()) else { return Ok(()) };
    let closes_at = desk.conversation().and_then(|conversation| conversation.last_inbound_at).map(|at| at.plus(window));
    if closes_at.is_some_and(|closes_at| desk.now() < closes_at) {
        Ok(())
    } else {
        Err(Refusal::WindowClosed { closed_at: closes_at })
    }
}

/// What one of the contact's handles has opted out of, if a message to it would be that.
fn opted_out(desk: &Desk<'_, '_>, handle_id: Option<HandleId>, outgoing: &Outgoing, source: &Source) -> Option<OptOut> {
    let handle = desk.contact()?.handles.iter().find(|handle| Some(handle.id) == handle_id)?;
    let is_marketing = outgoing.is_marketing() || matches!(source, Source::Campaign { .. });
    handle.has_opted_out(is_marketing)
}

/// There is nothing more to do about the message on the desk.
fn end(desk: &mut Desk<'_, '_>) {
    if let Some(sending) = desk.change_sending() {
        sending.end();
    }
}

/// The message on the desk fails, by our own judgement or the vendor's; there is nothing more to do about it.
fn fail(desk: &mut Desk<'_, '_>, error: MessageError, source: HistorySource) {
    let now = desk.now();
    end(desk);
    let Some(message) = desk.change_message() else { return };
    message.errors.push(error);
    let at = move_to(message, MessageStatus::Failed, now, source);
    message.failed_at = Some(at);
    desk.emit_message(EventKind::MessageFailed, None, at);
}

/// An error of our own.
fn own_error(key: &str, message: impl Into<String>) -> MessageError {
    MessageError { key: key.to_owned(), message: message.into(), vendor: None }
}
