//! The first bytes of an answer's body. What is beyond the cap is never held.

use bytes::Bytes;

/// The bytes kept so far.
#[derive(Debug)]
pub(crate) struct CappedBody {
    bytes: Vec<u8>,
    cap: usize,
}

impl CappedBody {
    pub(crate) fn new(cap: usize) -> Self {
        Self { bytes: Vec::new(), cap }
    }

    /// Keeps what there is room for, and tells whether bytes were left over.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> bool {
        let room = self.cap - self.bytes.len();
        self.bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        chunk.len() > room
    }

    /// Whether no more is wanted.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() == self.cap
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.bytes.into()
    }
}
