//! What can go wrong with a request, in words for a delivery log. This module never decides whether to try again.

use std::{
    error::Error as StdError,
    fmt, io,
    net::SocketAddr,
    sync::atomic::{AtomicU8, Ordering},
};

use thiserror::Error;

use crate::address::AddressRefused;

/// What a request was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// For the addresses of the receiver's name.
    Resolving = 0,
    /// For the connection.
    Connecting = 1,
    /// For the TLS handshake, or that of HTTP/2.
    Handshake = 2,
    /// For the request to be taken and the head of the answer to come.
    Answer = 3,
    /// For the rest of the answer.
    Body = 4,
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Resolving => "looking up the receiver's name",
            Self::Connecting => "connecting",
            Self::Handshake => "agreeing on TLS",
            Self::Answer => "waiting for the answer",
            Self::Body => "reading the answer's body",
        })
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// The address policy refuses every address of the receiver.
    #[error(transparent)]
    AddressRefused(#[from] AddressRefused),
    /// The request's path can not be sent below the pool's URL.
    #[error("the path of the request can not be sent: {reason}")]
    Path {
        /// What is wrong with it.
        reason: String,
    },
    /// The receiver's name has no address, or could not be looked up.
    #[error("the name {host} could not be resolved: {reason}")]
    Dns {
        /// The name.
        host: String,
        /// What the resolver says.
        reason: String,
    },
    /// No connection came about.
    #[error("no connection to {address}: {reason}")]
    Connect {
        /// The address that was tried last.
        address: SocketAddr,
        /// What the system says.
        reason: String,
    },
    /// The connection could not be secured.
    #[error("no TLS with {host}: {reason}")]
    Tls {
        /// The receiver's host.
        host: String,
        /// What the TLS library says.
        reason: String,
    },
    /// The deadline passed.
    #[error("timed out while {phase}")]
    Timeout {
        /// What it was waiting for.
        phase: Phase,
    },
    /// The receiver closed the connection before its answer was complete.
    #[error("the receiver closed the connection while {phase}")]
    Closed {
        /// What it was waiting for.
        phase: Phase,
    },
    /// The receiver, or something on the way, reset the connection.
    #[error("the connection was reset while {phase}")]
    Reset {
        /// What it was waiting for.
        phase: Phase,
    },
    /// What came back is not HTTP, or more than is read.
    #[error("the answer is not valid HTTP: {reason}")]
    NotHttp {
        /// What the parser says.
        reason: String,
    },
    /// The request or its connection failed in another way.
    #[error("the request failed while {phase}: {reason}")]
    Failed {
        /// What it was waiting for.
        phase: Phase,
        /// What the HTTP library says.
        reason: String,
    },
}

impl SendError {
    /// Whether bytes of the request may have left, so that the receiver may have acted on it.
    pub fn request_may_have_arrived(&self) -> bool {
        match self {
            Self::AddressRefused(_)
            | Self::Path { .. }
            | Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Tls { .. } => false,
            Self::NotHttp { .. } => true,
            Self::Timeout { phase } | Self::Closed { phase } | Self::Reset { phase } | Self::Failed { phase, .. } => {
                matches!(phase, Phase::Answer | Phase::Body)
            }
        }
    }

    /// What the HTTP library's error means to somebody who reads a delivery log.
    pub(crate) fn from_hyper(error: &hyper::Error, phase: Phase) -> Self {
        if error.is_parse() {
            return Self::NotHttp { reason: chain(error) };
        }
        let kind = io_kind(error);
        if kind == Some(io::ErrorKind::ConnectionReset) {
            return Self::Reset { phase };
        }
        let closed = matches!(kind, Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe));
        if closed || error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return Self::Closed { phase };
        }
        Self::Failed { phase, reason: chain(error) }
    }
}

/// The error and its sources in one line; a source that is already told is not told again.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let told = inner.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        source = inner.source();
    }
    text
}

/// The kind of the system's error at the bottom, if there is one.
fn io_kind(error: &hyper::Error) -> Option<io::ErrorKind> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        source = inner.source();
    }
    None
}

/// How far a request has come, readable by whoever cuts it off.
#[derive(Debug)]
pub(crate) struct Progress(AtomicU8);

impl Progress {
    pub(crate) fn new() -> Self {
        Self(AtomicU8::new(Phase::Resolving as u8))
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Relaxed);
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.0.load(Ordering::Relaxed) {
            0 => Phase::Resolving,
            1 => Phase::Connecting,
            2 => Phase::Handshake,
            3 => Phase::Answer,
            _ => Phase::Body,
        }
    }
}
