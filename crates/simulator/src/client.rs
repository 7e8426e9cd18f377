//! A small HTTP/1.1 client for plain-text addresses: one connection that is kept open, one request at a time.
//!
//! It never repeats a request by itself: what a server did not answer is for the caller to judge.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header::HOST, uri::PathAndQuery};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

/// However slow a machine is, nothing that answers at all takes longer.
const DEADLINE: Duration = Duration::from_secs(30);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not of the form `http://host:port/…`.
    #[error("not an address of the form http://host:port/…: {0}")]
    Address(String),
    /// Nobody listens there, or the system refused.
    #[error("cannot connect to {0}")]
    Connect(String, #[source] std::io::Error),
    /// The connection broke, or what came over it was not HTTP.
    #[error("the exchange broke off")]
    Exchange(#[from] hyper::Error),
    /// Nothing came.
    #[error("no answer within {} seconds", DEADLINE.as_secs())]
    Silence,
}

/// A connection to one server, opened when first needed and again when the server closed it in between.
#[derive(Debug)]
pub struct Connection {
    authority: String,
    host: HeaderValue,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// To the server that a URL names; its path does not matter.
    pub fn to(url: &str) -> Result<Connection, ClientError> {
        let wrong = || ClientError::Address(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or_else(wrong)?;
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| wrong())?;
        let port = authority.port_u16().unwrap_or(80);
        Ok(Connection { authority: format!("{}:{port}", authority.host()), host, sender: None })
    }

    /// Sends one request and reads the whole answer. Of the request's URI only path and query are used.
    pub async fn send(&mut self, mut request: Request<Full<Bytes>>) -> Result<Response<Bytes>, ClientError> {
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.unwrap_or_else(|| PathAndQuery::from_static("/")).into();
        request.headers_mut().insert(HOST, self.host.clone());
        let answer = timeout(DEADLINE, self.exchange(request)).await.unwrap_or(Err(ClientError::Silence));
        if answer.is_err() {
            self.sender = None;
        }
        answer
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, ClientError> {
        let mut sender = match self.open().await {
            Some(open) => open,
            None => self.connect().await?,
        };
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        self.sender = Some(sender);
        Ok(Response::from_parts(head, body))
    }

    async fn open(&mut self) -> Option<SendRequest<Full<Bytes>>> {
        let mut open = self.sender.take()?;
        open.ready().await.is_ok().then_some(open)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, ClientError> {
        let refused = |error| ClientError::Connect(self.authority.clone(), error);
        let stream = TcpStream::connect(&self.authority).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Its error reaches us through the sender.
        tokio::spawn(connection);
        Ok(sender)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::{Behaviour, Receiver};

    fn request(url: &str) -> Request<Full<Bytes>> {
        Request::post(url).body(Full::from("hello")).unwrap()
    }

    #[tokio::test]
    async fn keeps_one_connection_and_opens_another_when_it_was_closed() {
        let mut receiver = Receiver::start().await.unwrap();
        let url = receiver.url("/a");
        let mut connection = Connection::to(&url).unwrap();
        assert_eq!(connection.send(request(&url)).await.unwrap().status(), 200);
        assert_eq!(connection.send(request(&url)).await.unwrap().status(), 200);
        let (first, second) = (receiver.next().await.unwrap(), receiver.next().await.unwrap());
        assert_eq!(first.peer, second.peer);

        receiver.behave("/a", Behaviour::Close);
        assert!(connection.send(request(&url)).await.is_err());
        let third = receiver.next().await.unwrap();
        receiver.behave("/a", Behaviour::ok());
        assert_eq!(connection.send(request(&url)).await.unwrap().status(), 200);
        assert_ne!(receiver.next().await.unwrap().peer, third.peer);
    }

    #[tokio::test]
    async fn names_what_is_wrong_with_an_address() {
        for wrong in ["https://127.0.0.1:1/", "127.0.0.1:1", "/path", ""] {
            assert!(matches!(Connection::to(wrong), Err(ClientError::Address(_))), "{wrong}");
        }
        let mut nobody = Connection::to("http://127.0.0.1:1/").unwrap();
        assert!(matches!(nobody.send(request("/")).await, Err(ClientError::Connect(..))));
    }
}
