//! The event stream: server-sent events as the API sends them, read one by one.

use std::{collections::VecDeque, time::Duration};

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

/// The server says something every few seconds; one that has been silent for so long is gone without a word.
const SILENCE: Duration = Duration::from_mins(1);

/// One thing that a stream says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Streamed {
    /// Where to resume from before anything has happened: after this event, or, if it is empty, at the beginning.
    Place(String),
    /// An event: its id, its name, and the body that a webhook of it has.
    Event { id: String, event: String, body: String },
}

/// An open stream.
#[derive(Debug)]
pub(crate) struct EventStream {
    body: Incoming,
    parser: Parser,
}

impl EventStream {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, parser: Parser::default() }
    }

    /// The next thing said; the error says how the stream ended.
    pub(crate) async fn next(&mut self) -> Result<Streamed, String> {
        loop {
            if let Some(streamed) = self.parser.ready.pop_front() {
                return Ok(streamed);
            }
            let frame = timeout(SILENCE, self.body.frame()).await;
            let frame = frame.map_err(|_| format!("the server was silent for {} seconds", SILENCE.as_secs()))?;
            match frame {
                None => return Err("the server ended the stream".to_owned()),
                Some(Err(error)) => return Err(format!("the connection broke: {error}")),
                Some(Ok(frame)) => self.parser.push(&frame.into_data().unwrap_or_default()),
            }
        }
    }
}

/// Puts lines together from whatever pieces arrive, and things from lines.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    id: Option<String>,
    event: String,
    data: Vec<String>,
    ready: VecDeque<Streamed>,
}

impl Parser {
    fn push(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.take(String::from_utf8_lossy(&line).trim_end_matches('\r'));
            } else {
                self.line.push(byte);
            }
        }
    }

    fn take(&mut self, line: &str) {
        if line.is_empty() {
            let (id, event, data) = (self.id.take(), std::mem::take(&mut self.event), std::mem::take(&mut self.data));
            let event = |id| Streamed::Event { id, event, body: data.join("\n") };
            self.ready.extend(id.map(|id| if data.is_empty() { Streamed::Place(id) } else { event(id) }));
            return;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.event),
            "data" => self.data.push(value.to_owned()),
            // Comments keep the stream alive, and we come back at our own pace.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": open\nretry: 1000\n\nid: evt_0\n\n:\n\nid: evt_1\nevent: message.sent\ndata: {\"a\": \"é\"}\n\n\
                          id:evt_2\r\nevent:contact.created\r\ndata:{}\r\n\r\nid: evt_3\ndata: {";

    #[test]
    fn the_pieces_in_which_it_arrives_do_not_matter() {
        let event = |id: &str, event: &str, body: &str| Streamed::Event {
            id: id.to_owned(),
            event: event.to_owned(),
            body: body.to_owned(),
        };
        for size in [1, 2, 7, STREAM.len()] {
            let mut parser = Parser::default();
            STREAM.as_bytes().chunks(size).for_each(|piece| parser.push(piece));
            assert_eq!(
                Vec::from(parser.ready),
                [
                    Streamed::Place("evt_0".to_owned()),
                    event("evt_1", "message.sent", "{\"a\": \"é\"}"),
                    event("evt_2", "contact.created", "{}"),
                ],
                "pieces of {size}"
            );
        }
    }
}
