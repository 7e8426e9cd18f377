//! One thing at a time that may be under way, among others that a task waits for.

use futures_util::future::BoxFuture;

/// Waits for what is under way, for ever if nothing is.
pub(crate) async fn pending<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        None => std::future::pending().await,
        Some(running) => {
            let result = running.as_mut().await;
            *future = None;
            result
        }
    }
}
