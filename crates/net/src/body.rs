//! An answer's body: its first bytes are kept, or handed on piece by piece to whoever wants a long one. What is beyond the
//! cap is never held.

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

/// A body that is being read.
#[derive(Debug)]
pub(crate) struct CappedBody {
    kept: Vec<u8>,
    /// How many more bytes are wanted.
    room: usize,
    /// Who gets them instead.
    pieces: Option<Sender<Bytes>>,
}

impl CappedBody {
    pub(crate) fn new(cap: usize, pieces: Option<Sender<Bytes>>) -> Self {
        Self { kept: Vec::new(), room: cap, pieces }
    }

    /// Takes what there is room for, and tells whether bytes were left over: also if nobody wants them any more.
    pub(crate) async fn take(&mut self, chunk: Bytes) -> bool {
        let wanted = chunk.len().min(self.room);
        self.room -= wanted;
        match &self.pieces {
            None => self.kept.extend_from_slice(&chunk[..wanted]),
            Some(pieces) => {
                if pieces.send(chunk.slice(..wanted)).await.is_err() {
                    return true;
                }
            }
        }
        chunk.len() > wanted
    }

    /// Whether no more is wanted.
    pub(crate) fn is_full(&self) -> bool {
        self.room == 0
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.kept.into()
    }
}
