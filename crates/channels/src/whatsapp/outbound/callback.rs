//! Asks Meta where it posts a number's webhooks (Cloud API, "Webhook overrides"): to the number's own address, else to its
//! account's, else to the app's.

use std::borrow::Cow;

use serde::Deserialize;

use super::{graph, refusal};
use crate::outbound::{Access, Call, CallAnswer};

#[derive(Deserialize)]
struct Number<'a> {
    #[serde(borrow)]
    webhook_configuration: Option<Configuration<'a>>,
}

#[derive(Deserialize)]
struct Configuration<'a> {
    #[serde(borrow)]
    phone_number: Option<Cow<'a, str>>,
    #[serde(borrow)]
    whatsapp_business_account: Option<Cow<'a, str>>,
    #[serde(borrow)]
    application: Option<Cow<'a, str>>,
}

/// The request.
pub(super) fn request(access: Access<'_>) -> Call {
    graph::get(access, graph::setting(access, "phone_number_id"), "?fields=webhook_configuration")
}

/// The address, if there is one and Meta tells it.
pub(super) fn answer(answer: CallAnswer<'_>) -> Option<String> {
    let Configuration { phone_number, whatsapp_business_account, application } =
        refusal::taken::<Number<'_>>(answer)?.webhook_configuration?;
    let told = [phone_number, whatsapp_business_account, application];
    told.into_iter().flatten().find(|url| !url.is_empty()).map(Cow::into_owned)
}
