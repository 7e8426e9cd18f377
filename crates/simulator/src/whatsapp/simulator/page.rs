//! The page: a phone to write from, and what the vendor and the gateway saw. Three files that are part of the binary.

use http::{HeaderValue, Method, Response, StatusCode, header};

use super::answer::{Answer, of_type};

/// Nothing but the page's own files and calls.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// The page or one of its files, where the path is one of them.
pub(super) fn page(method: &Method, path: &str) -> Option<Response<Answer>> {
    let (content_type, body) = match path {
        "/" => ("text/html; charset=utf-8", include_str!("page/index.html")),
        "/page.css" => ("text/css; charset=utf-8", include_str!("page/page.css")),
        "/page.js" => ("text/javascript; charset=utf-8", include_str!("page/page.js")),
        // Browsers ask for it whether there is one or not.
        "/favicon.ico" => return Some(of_type(StatusCode::NO_CONTENT, "image/x-icon", "")),
        "/bubble.js" => ("text/javascript; charset=utf-8", include_str!("page/bubble.js")),
        _ => return None,
    };
    if method != Method::GET {
        return None;
    }
    let mut response = of_type(StatusCode::OK, content_type, body);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Some(response)
}
