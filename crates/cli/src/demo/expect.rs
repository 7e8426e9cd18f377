//! Whether what comes is what should.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use tidings_domain::EventId;
use tidings_simulator::{Arrival, Receiver};
use tokio::time::timeout;

use super::{print::Printer, story::Scene};

/// However busy the machine is, no webhook takes longer.
const ARRIVES_WITHIN: Duration = Duration::from_mins(1);

/// What has come so far, and in which order it must go on.
#[derive(Default)]
pub(super) struct Expectation {
    come: BTreeSet<(String, EventId)>,
    order: Order,
}

impl Expectation {
    /// Prints what arrives until everything that the scene leads to has, in order and each webhook verified; or says what
    /// is wrong.
    pub(super) async fn fulfil(
        &mut self,
        scene: &Scene,
        receiver: &mut Receiver,
        printer: &Printer,
    ) -> anyhow::Result<()> {
        let events = scene.told.iter().flat_map(|(format, events)| events.iter().map(|event| (*format, *event)));
        let mut missing: Vec<_> = events.collect();
        while let Some((format, event)) = missing.first() {
            let arrival = timeout(ARRIVES_WITHIN, receiver.next()).await.ok().flatten();
            let arrival = arrival.with_context(|| format!("{event} ({format}) did not come"))?;
            printer.arrival(&arrival)?;
            self.take(&arrival, &mut missing)?;
        }
        Ok(())
    }

    fn take(&mut self, arrival: &Arrival, missing: &mut Vec<(&str, &str)>) -> anyhow::Result<()> {
        let format = arrival.format().context("a webhook came without a format")?;
        let event = arrival.event().context("a webhook came without an event's name")?;
        let id = arrival.id().and_then(|id| id.parse().ok()).with_context(|| format!("{event} came without an id"))?;
        ensure!(arrival.verified, "{event} ({format}) does not verify");
        // What was answered too late comes again, which is promised to nobody otherwise.
        if !self.come.insert((format.to_owned(), id)) {
            return Ok(());
        }
        let place = missing.iter().position(|known| *known == (format, event));
        missing.swap_remove(place.with_context(|| format!("{event} ({format}) came, which nothing leads to"))?);
        ensure!(self.order.follows(format, event, id), "{event} ({format}) came out of order");
        Ok(())
    }
}

/// The order in which events must come to each subscriber: that of their ids, which grow as things happen. It is promised
/// for each conversation; the story has one after the other. Only events of messages belong to one for certain.
#[derive(Default)]
struct Order(BTreeMap<String, EventId>);

impl Order {
    /// Whether this event comes after those that came.
    fn follows(&mut self, format: &str, event: &str, id: EventId) -> bool {
        if !event.starts_with("message.") {
            return true;
        }
        self.0.insert(format.to_owned(), id).is_none_or(|before| before < id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_of_order_is_noticed() {
        let id = |number: u32| format!("evt_{number:026}").parse::<EventId>().unwrap();
        let mut order = Order::default();
        assert!(order.follows("lifecycle", "message.received", id(2)));
        assert!(order.follows("object", "message.received", id(1)), "each subscriber for itself");
        assert!(order.follows("lifecycle", "contact.created", id(1)));
        assert!(order.follows("lifecycle", "message.updated", id(3)));
        assert!(!order.follows("lifecycle", "message.received", id(2)));
    }
}
