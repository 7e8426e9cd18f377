//! `POST /{phone_number_id}/messages`: checks, takes or refuses a message as the behaviour of the call says, records it,
//! and then lets the caller know, or not.

use std::{future::pending, sync::Arc, time::Duration};

use http::{Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::{sync::oneshot, time::Instant};

use super::{
    Ladder, Taken,
    check::{Address, Known, Recipient, Wish, check},
    error::GraphError,
    ladder::Sent,
    magic::magic,
    outgoing::{Outgoing, Reset, json as json_answer, page},
    plan::{Answer, Plan, Start},
    poster::Round,
    record::Received,
    shared::{Shared, locked},
};
use crate::whatsapp::Customer;

/// Treats one call with a good token.
pub(super) async fn send(shared: &Arc<Shared>, received: Received) -> Result<Response<Outgoing>, Reset> {
    match admit(shared, &received.body) {
        Ok(Wish::Message(recipient)) => message(shared, received, &recipient).await,
        Ok(Wish::ReadReceipt) => {
            if let Some(audience) = &shared.audience {
                audience.receipt(&received.body);
            }
            shared.records.add(received, None);
            Ok(json_answer(StatusCode::OK, &json!({ "success": true })))
        }
        Err(error) => {
            shared.records.add(received, None);
            Ok(refusal(shared, &error))
        }
    }
}

/// An error as an answer.
pub(super) fn refusal(shared: &Shared, error: &GraphError) -> Response<Outgoing> {
    let mut response = json_answer(error.status, &error.body(&shared.trace()));
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn admit(shared: &Shared, body: &Value) -> Result<Wish, GraphError> {
    let templates = locked(&shared.templates).clone();
    let known = Known { media: &|id| locked(&shared.media).has(id), templates: templates.as_deref() };
    let wish = check(body, &known)?;
    if let (Wish::Message(_), Some(throttle)) = (&wish, locked(&shared.throttle).as_mut())
        && !throttle.admits(Instant::now())
    {
        return Err(GraphError::throughput());
    }
    Ok(wish)
}

async fn message(shared: &Arc<Shared>, received: Received, recipient: &Recipient) -> Result<Response<Outgoing>, Reset> {
    let known = shared.customer(recipient);
    let magic = known.phone.as_deref().filter(|_| shared.magic).and_then(magic);
    let usual = || Some(shared.audience.as_ref()?.usual(&known, &received.body, shared.seconds()));
    let behaviour = locked(&shared.choice).choose(&recipient.input, magic, usual);
    let Plan { accepted, person, start, answer } = Plan::of(behaviour);
    // Who was dialled by a user id is answered with that alone, even where the phone number is known.
    let by_number = person.is_some() || matches!(recipient.address, Address::Phone(_));
    let customer = match person {
        Some((wa_id, user_id)) => Customer { phone: Some(wa_id), user_id, ..known },
        None => known,
    };
    let id = shared.message_id(recipient);
    let success = success(&recipient.input, &customer, by_number, &id.text);
    let tracker = received.text("biz_opaque_callback_data").map(str::to_owned);
    let sent = Sent { id: id.text.clone(), customer, tracker, seconds: shared.seconds(), chance: id.unique };
    let (told_signal, told) = oneshot::channel();
    let statuses = accepted
        .as_ref()
        .filter(|ladder| !ladder.steps.is_empty())
        .map(|ladder| begin(shared, ladder, &sent, told_signal));
    if let (Some(audience), Some(ladder)) = (&shared.audience, &accepted) {
        audience.taken(shared, Taken { sent, body: received.body.clone(), steps: ladder.steps.clone(), told });
    }
    // Recorded when the statuses are under way and before the first is posted: who sees the call can wait for them, and
    // who sees a status finds the call.
    shared.records.add(received, accepted.is_some().then_some(&id.text));
    let after_answer = match statuses {
        Some(statuses) => release(statuses, start).await,
        None => None,
    };
    let response = answer_with(shared, answer, &success).await?;
    Ok(response.map(|body| body.release(after_answer)))
}

/// Statuses that were handed over. They begin when the first is dropped; the second ends when they end.
type Statuses = (oneshot::Sender<()>, oneshot::Receiver<()>);

fn begin(shared: &Shared, ladder: &Ladder, sent: &Sent, told: oneshot::Sender<()>) -> Statuses {
    let (start_signal, hold) = oneshot::channel();
    let (done, end) = oneshot::channel();
    shared.poster.begin(Round {
        webhooks: ladder.webhooks(&shared.account, sent),
        delay: Duration::from_millis(ladder.delay_millis),
        pause: Duration::from_millis(ladder.pause_millis),
        hold,
        done: vec![done, told],
    });
    (start_signal, end)
}

/// Lets the statuses begin now, or gives back what must be dropped for it when the answer is out.
async fn release((start_signal, end): Statuses, start: Start) -> Option<oneshot::Sender<()>> {
    match start {
        Start::AfterAnswer => return Some(start_signal),
        Start::AtOnce => {}
        Start::BeforeAnswer => {
            drop(start_signal);
            // An error says that the other end was dropped, which is the sign that all are posted.
            let _ = end.await;
        }
    }
    None
}

async fn answer_with(shared: &Shared, answer: Answer, success: &Value) -> Result<Response<Outgoing>, Reset> {
    let succeed = || json_answer(StatusCode::OK, success);
    match answer {
        Answer::Success => Ok(succeed()),
        Answer::HalfSuccess => Ok(succeed().map(Outgoing::half)),
        Answer::SlowSuccess(pause) => Ok(succeed().map(|body| body.drip(pause))),
        Answer::Error(error) => Ok(refusal(shared, &error)),
        Answer::SlowError(error, pause) => Ok(refusal(shared, &error).map(|body| body.drip(pause))),
        Answer::Page(status) => Ok(page(status)),
        Answer::Reset => Err(Reset),
        Answer::Never => pending().await,
    }
}

fn success(input: &str, customer: &Customer, by_number: bool, id: &str) -> Value {
    let mut contact = json!({ "input": input });
    if let Some(phone) = customer.phone.as_ref().filter(|_| by_number) {
        contact["wa_id"] = json!(phone);
    }
    if let Some(user_id) = &customer.user_id {
        contact["user_id"] = json!(user_id);
    }
    json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [{ "id": id }] })
}
