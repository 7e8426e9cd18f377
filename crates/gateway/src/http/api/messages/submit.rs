//! `POST /v1/messages`: checked against what the channel can do, made durable, answered. Sending is `flow::send`'s.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use tidings_channels::{FieldError, Outbound};
use tidings_domain::{
    ChannelId,
    decide::Refusal,
    key::{Access, Area},
    message::Message,
    outgoing::{Draft, MediaFile, MediaKind, Outgoing, OutgoingMedia, Recipient},
    template::Template,
};
use tidings_store::{Shown, StoreError, Submission};

use super::{
    MessageView,
    input::{MessageInput, Wanted},
};
use crate::{
    Gateway,
    http::{
        auth::Caller,
        body::{RawRequest, json},
        idempotency::Once,
        problem::{Answer, Code, FieldProblem, Problem},
    },
    registry::LiveChannel,
};

/// Send a message
///
/// Answered when the message is durably stored; what becomes of it is told by events. Free content is refused with
/// `window_closed` where the contact has not written within the channel's window; a template is not.
#[utoipa::path(
    post, path = "/messages", operation_id = "send_message", tag = "messages", request_body = MessageInput,
    params(("idempotency-key" = Option<String>, Header, description = "Makes a repetition safe")),
    responses((status = 202, description = "It is accepted: `pending` or `scheduled`", body = MessageView)),
)]
pub(crate) async fn submit(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    request: RawRequest,
) -> Answer<Response> {
    caller.may(Area::Messages, Access::Write)?;
    let once = Once::of(&gateway, &caller, &request)?;
    if let Some(answer) = once.answered().await? {
        return Ok(answer);
    }
    let input: MessageInput = request.json()?;
    let now = gateway.clock.now();
    let mut wanted = input.read(&caller, now)?;
    let (channel, outbound, to) = address(&gateway, &caller, &input).await?;
    fall_back(&channel, &mut wanted, input.fallback.unwrap_or(false))?;
    if let Outgoing::Media(media) = &mut wanted.outgoing {
        check_file(&gateway, &caller, media).await?;
    }
    told(outbound.check(&wanted.outgoing), Code::ValidationFailed)?;
    if let Outgoing::Template { .. } = wanted.outgoing {
        check_template(&gateway, &channel, outbound, &mut wanted.outgoing).await?;
    }
    let reacts = matches!(wanted.outgoing, Outgoing::Reaction { .. });
    let submission = Submission {
        channel: channel.channel.clone(),
        draft: draft(to, wanted),
        terms: channel.terms(),
        most_per_day: gateway.registry.workspaces.quotas(caller.workspace_id).messages_per_day,
        at: now,
    };
    let claim = once.showing(StatusCode::ACCEPTED, MessageView::shown(&gateway.links, now));
    let submitted = gateway.store.message_submit(submission, claim).await.map_err(|error| match error {
        StoreError::Refused(Refusal::Target(problem)) => {
            let pointer = if reacts { "/reaction/message_id" } else { "/reply_to" };
            Problem::field(pointer, problem.to_string())
        }
        StoreError::SpentToday { until } => Problem::from(error).retry_after(until.since(now).as_secs() + 1),
        error => error.into(),
    })?;
    match submitted {
        Shown::Replayed(kept) => once.replay(&kept),
        Shown::Done(message) => {
            gateway.senders.wake(channel.channel.id);
            json(StatusCode::ACCEPTED, &MessageView::of(&gateway.links, now, Message::clone(&message)))
        }
    }
}

fn draft(to: Recipient, wanted: Wanted) -> Draft {
    Draft {
        to,
        outgoing: wanted.outgoing,
        reply_to: wanted.reply_to,
        scheduled_at: wanted.scheduled_at,
        expires_at: wanted.expires_at,
        priority: wanted.priority,
        metadata: wanted.metadata,
        is_sensitive: wanted.is_sensitive,
        source: wanted.source,
        ai_generation_id: wanted.ai_generation_id,
    }
}

/// By which channel, and to whom.
async fn address(
    gateway: &Gateway,
    caller: &Caller,
    input: &MessageInput,
) -> Answer<(Arc<LiveChannel>, &'static dyn Outbound, Recipient)> {
    let missing = |pointer: &str, what: &str| {
        Problem::not_found(what).with(vec![FieldProblem::new(pointer, format!("there is no such {what}"))])
    };
    let named: Option<ChannelId> = match &input.channel_id {
        Some(text) => Some(text.parse().map_err(|_| missing("/channel_id", "channel"))?),
        None => None,
    };
    let conversation = match input.conversation()? {
        Some(id) => {
            let found = gateway.store.conversation_get(caller.workspace_id, id).await?;
            Some(found.ok_or_else(|| missing("/conversation_id", "conversation"))?)
        }
        None => None,
    };
    let channel_id = match (&conversation, named) {
        (Some(conversation), Some(named)) if conversation.channel_id != named => {
            return Err(Problem::field("/channel_id", "the conversation is on another channel"));
        }
        (Some(conversation), _) => conversation.channel_id,
        (None, Some(named)) => named,
        (None, None) => return Err(Problem::field("/channel_id", "is missing; or give a conversation_id")),
    };
    let channel = gateway.registry.channels.get(caller.workspace_id, channel_id);
    let channel = channel.ok_or_else(|| missing("/channel_id", "channel"))?;
    let outbound = channel.adapter.outbound().ok_or_else(|| unsupported(&channel, "messages"))?;
    let to = match (conversation, &input.to) {
        (Some(_), Some(_)) => return Err(Problem::field("/to", "goes without a conversation_id only")),
        (Some(conversation), None) => Recipient::Conversation(conversation.id),
        (None, Some(to)) => {
            Recipient::Identity(outbound.recipient(to).map_err(|detail| Problem::field("/to", detail))?)
        }
        (None, None) => return Err(Problem::field("/to", "is missing; or give a conversation_id")),
    };
    Ok((channel, outbound, to))
}

fn unsupported(channel: &LiveChannel, what: &str) -> Problem {
    let channel = &channel.channel;
    let told = format!("the channel {} of type {} cannot send {what}", channel.id, channel.channel_type.name());
    Problem::new(Code::UnsupportedContent, told)
}

/// A kind of content that the channel cannot send goes out as a text, if the caller allows that.
fn fall_back(channel: &LiveChannel, wanted: &mut Wanted, allowed: bool) -> Answer<()> {
    let kind = wanted.outgoing.kind();
    let outbound = channel.adapter.capabilities().outbound;
    if outbound.contains(&kind) {
        return Ok(());
    }
    match wanted.outgoing.as_text().filter(|_| allowed && outbound.contains(&"text")) {
        Some(text) => {
            wanted.outgoing = Outgoing::Text { text, preview_url: false };
            Ok(())
        }
        None => Err(unsupported(channel, kind)),
    }
}

/// The address policy judges where a file is; what was uploaded must be there.
async fn check_file(gateway: &Gateway, caller: &Caller, media: &mut OutgoingMedia) -> Answer<()> {
    match &mut media.file {
        MediaFile::Url(url) => {
            gateway.addresses.judge_url(url).map(drop).map_err(|refused| Problem::address("/media/url", &refused))
        }
        MediaFile::Uploaded { id, content_type, size } => {
            let found = gateway.store.media_get(caller.workspace_id, *id).await?;
            let found = found.ok_or_else(|| Problem::field("/media/media_id", "there is no such file"))?;
            (*content_type, *size) = (found.content_type, found.size);
            if media.media_kind == MediaKind::Document && media.filename.is_none() {
                media.filename = found.filename;
            }
            Ok(())
        }
    }
}

/// Checks a template against what the vendor has, as far as that is known, and fills it in for readers.
async fn check_template(
    gateway: &Gateway,
    channel: &LiveChannel,
    outbound: &dyn Outbound,
    outgoing: &mut Outgoing,
) -> Answer<()> {
    let Outgoing::Template { name, language, components, text, is_marketing } = outgoing else { return Ok(()) };
    let known = gateway.store.template_list(channel.channel.id).await?;
    if known.read_at.is_none() {
        return Ok(());
    }
    let of_name: Vec<&Template> = known.templates.iter().filter(|template| template.name == *name).collect();
    let Some(template) = of_name.iter().find(|template| template.language == *language) else {
        let problem = if of_name.is_empty() {
            FieldProblem::new("/template/name", "the channel has no template of this name")
        } else {
            let languages: Vec<&str> = of_name.iter().map(|template| template.language.as_str()).collect();
            let told = format!("the template is there in {}", languages.join(", "));
            FieldProblem::new("/template/language", told)
        };
        return Err(template_invalid().with(vec![problem]));
    };
    told(outbound.check_template(template, components), Code::TemplateInvalid)?;
    *text = outbound.fill_template(template, components);
    *is_marketing = outbound.is_marketing(template);
    Ok(())
}

fn template_invalid() -> Problem {
    Problem::new(Code::TemplateInvalid, "the template cannot be sent so")
}

/// What an adapter finds wrong.
fn told(errors: Vec<FieldError>, code: Code) -> Answer<()> {
    if errors.is_empty() {
        return Ok(());
    }
    let errors = errors.into_iter().map(|error| FieldProblem::new(error.pointer, error.detail)).collect();
    Err(match code {
        Code::TemplateInvalid => template_invalid().with(errors),
        _ => Problem::fields(errors),
    })
}
