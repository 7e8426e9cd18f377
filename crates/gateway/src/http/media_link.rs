//! `/m/{token}`: the public links to files. Whoever has a link may read its file; the token proves it, and no key is asked
//! for. Nothing that a file says is ever run in a browser: what is not a picture, a sound or a film is downloaded, and pages
//! and vector graphics are never served as such.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Path, Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use mime::Mime;
use tidings_domain::{
    MediaId, Timestamp,
    media::{FileState, StoredMedia},
};
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

use super::problem::{Answer, Code, Problem};
use crate::{
    Gateway,
    flow::links::{Opened, Valid},
    media_store::hex,
};

/// For how long the links of an event are valid, and links that were asked for.
pub(crate) const VALID_FOR: Duration = Duration::from_hours(24);
/// How long a link waits for a file that is being fetched.
const PATIENCE: Duration = Duration::from_secs(20);
/// When who did not get it is to come again.
const COME_AGAIN: u64 = 15;
/// The longest that a browser may keep a file without asking again.
const CACHED_FOR: Duration = Duration::from_hours(1);
/// What is served of which nothing may be believed.
const OPAQUE: &str = "application/octet-stream";

/// Get a file of a message
///
/// Where `media_url` and `file.url` point. Takes ranges and conditions. While the file is still being fetched from its
/// vendor the answer waits for up to 20 seconds, and is then 503 with `Retry-After`.
#[utoipa::path(
    get, path = "/m/{token}", operation_id = "get_media_content", tag = "media", security(()),
    params(("token" = String, Path, description = "From a link")),
    responses(
        (status = 200, description = "The file", content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "The part of it that was asked for", content_type = "*/*", body = Vec<u8>),
        (status = 304, description = "It has not changed"),
        (status = 410, description = "The link has expired, or the file is not there (any more)"),
        (status = 503, description = "The file is still being fetched"),
    ),
)]
pub(crate) async fn get(
    State(gateway): State<Arc<Gateway>>,
    Path(token): Path<String>,
    request: Request,
) -> Answer<Response> {
    let opened = gateway.links.open(&token).ok_or_else(|| Problem::not_found("file"))?;
    let left = left(&gateway, &opened).await?;
    let media = wait_for(&gateway, opened.media).await?;
    serve(&gateway, &media, left, request).await
}

/// For how long the link is still valid.
async fn left(gateway: &Gateway, opened: &Opened) -> Answer<Duration> {
    let end = match opened.valid {
        Valid::Until(end) => Some(end),
        Valid::WithEvent(event) => gateway.store.link_valid_since(event).await?.map(|since| since.plus(VALID_FOR)),
    };
    let now = gateway.clock.now();
    let is_valid = |end: &Timestamp| now < *end;
    end.filter(is_valid).map(|end| end.since(now)).ok_or_else(|| {
        let detail = format!("the link has expired; GET /v1/media/{} gives a fresh one", opened.media);
        Problem::new(Code::LinkExpired, detail)
    })
}

/// The file, once it is here.
async fn wait_for(gateway: &Gateway, id: MediaId) -> Answer<StoredMedia> {
    let mut settled = gateway.fetcher.settled();
    let end = Instant::now() + PATIENCE;
    loop {
        match gateway.store.file_find(id).await? {
            Some(FileState::Stored(media)) => return Ok(media),
            Some(FileState::Lost { .. }) | None => return Err(unavailable()),
            Some(FileState::Awaited { .. }) => {}
        }
        let told = async {
            // Who has missed something looks for himself.
            while settled.recv().await.is_ok_and(|settled| settled != id) {}
        };
        if timeout_at(end, told).await.is_err() {
            let detail = "the file is still being fetched from its vendor";
            return Err(Problem::new(Code::Overloaded, detail).retry_after(COME_AGAIN));
        }
    }
}

fn unavailable() -> Problem {
    Problem::new(Code::MediaUnavailable, "the file could not be fetched from its vendor, or is not kept any more")
}

async fn serve(gateway: &Gateway, media: &StoredMedia, left: Duration, mut request: Request) -> Answer<Response> {
    let entity_tag = format!("\"{}\"", hex(&media.sha256));
    let headers = headers(media, &entity_tag, left);
    if matches(request.headers(), header::IF_NONE_MATCH, &entity_tag) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    if matches(request.headers(), header::IF_MATCH, &entity_tag) == Some(false) {
        return Ok((StatusCode::PRECONDITION_FAILED, headers).into_response());
    }
    let is_same = request.headers().get(header::IF_RANGE).is_none_or(|tag| *tag == *entity_tag);
    let range = request.headers_mut().remove(header::RANGE).filter(|_| is_same);
    if let Some(range) = range.and_then(|range| one_range(&range, media.size)) {
        request.headers_mut().insert(header::RANGE, range);
    }
    // The tag tells more than the time that the file has on this disk.
    for answered in [header::IF_MATCH, header::IF_MODIFIED_SINCE, header::IF_UNMODIFIED_SINCE, header::IF_RANGE] {
        request.headers_mut().remove(answered);
    }
    let path = gateway.media.place(&media.sha256);
    let shown = shown_as(&media.content_type).parse::<Mime>().unwrap_or(mime::APPLICATION_OCTET_STREAM);
    let Ok(served) = ServeFile::new_with_mime(path, &shown).oneshot(request).await;
    if served.status() == StatusCode::NOT_FOUND {
        tracing::error!(media.id = %media.id, "a file that is recorded is not in the folder");
        return Err(unavailable());
    }
    let mut response = served.map(Body::new);
    response.headers_mut().remove(header::LAST_MODIFIED);
    response.headers_mut().extend(headers);
    Ok(response)
}

/// The part that is asked for, within the file, if it is asked for as it can be answered. What else asks for several, in other
/// units or in no order is answered with the whole, as HTTP allows (RFC 9110, 14.2).
fn one_range(range: &HeaderValue, size: u64) -> Option<HeaderValue> {
    let (from, to) = range.to_str().ok()?.trim().strip_prefix("bytes=")?.split_once('-')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(from) || !is_number(to) || (from.is_empty() && to.is_empty()) {
        return None;
    }
    // What is beyond all numbers is beyond the end of the file.
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    let within = match (from, to) {
        ("", last) if number(last) >= size => "bytes=0-".to_owned(),
        ("", last) => format!("bytes=-{}", number(last)),
        (from, to) if to.is_empty() || number(to) >= size => format!("bytes={}-", number(from)),
        (from, to) => format!("bytes={}-{}", number(from), number(to)),
    };
    HeaderValue::try_from(within).ok()
}

/// Whether a condition names the file; `None` if there is none.
fn matches(headers: &HeaderMap, condition: header::HeaderName, entity_tag: &str) -> Option<bool> {
    let tags = headers.get(condition)?.to_str().unwrap_or_default();
    Some(tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == entity_tag))
}

/// The headers that all answers with the file have.
fn headers(media: &StoredMedia, entity_tag: &str, left: Duration) -> HeaderMap {
    let cached_for = left.min(CACHED_FOR).as_secs();
    let is_shown = shown_as(&media.content_type) == media.content_type && is_shown(&media.content_type);
    let texts = [
        (header::ETAG, entity_tag.to_owned()),
        (header::CACHE_CONTROL, format!("private, max-age={cached_for}, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CONTENT_DISPOSITION, disposition(is_shown, media.filename.as_deref())),
    ];
    let sendable = |(name, text): (_, String)| Some((name, HeaderValue::try_from(text).ok()?));
    texts.into_iter().filter_map(sendable).collect()
}

/// Whether a browser may show it: a picture, a sound or a film, but none that is a document.
fn is_shown(content_type: &str) -> bool {
    let kind = content_type.split('/').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(kind.as_str(), "image" | "audio" | "video") && !is_document(content_type)
}

/// Whether browsers run what it says, or draw it as a document.
fn is_document(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    ["html", "xml", "svg", "script", "css", "xsl", "multipart", "message/"].iter().any(|word| essence.contains(word))
        && !essence.contains("officedocument")
}

/// The type that it is served as.
fn shown_as(content_type: &str) -> &str {
    if is_document(content_type) { OPAQUE } else { content_type }
}

/// Whether it is shown or downloaded, and its name (RFC 6266), in which nothing ends the header.
fn disposition(is_shown: bool, filename: Option<&str>) -> String {
    let kind = if is_shown { "inline" } else { "attachment" };
    let Some(filename) = filename else { return kind.to_owned() };
    let plain =
        |character: char| if character.is_ascii_alphanumeric() || "-_. ".contains(character) { character } else { '_' };
    let plain: String = filename.chars().map(plain).collect();
    let encoded: String = filename.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    });
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_browser_would_run_is_served_as_such() {
        for content_type in [
            "text/html",
            "TEXT/HTML; charset=utf-8",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/xml",
            "text/javascript",
            "application/ecmascript",
            "multipart/x-mixed-replace",
        ] {
            assert_eq!(shown_as(content_type), OPAQUE, "{content_type}");
            assert!(!is_shown(content_type), "{content_type}");
        }
        for (content_type, inline) in [
            ("image/png", true),
            ("audio/ogg; codecs=opus", true),
            ("video/mp4", true),
            ("application/pdf", false),
            ("text/plain", false),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", false),
        ] {
            assert_eq!((shown_as(content_type), is_shown(content_type)), (content_type, inline));
        }
    }

    #[test]
    fn one_range_is_answered_as_such() {
        for (range, within) in [
            ("bytes=0-3", Some("bytes=0-3")),
            ("bytes=5-", Some("bytes=5-")),
            ("bytes=-5", Some("bytes=-5")),
            ("bytes=-71", Some("bytes=0-")),
            ("bytes=0-18446744073709551616", Some("bytes=0-")),
            ("bytes=18446744073709551616-", Some("bytes=18446744073709551615-")),
            ("bytes=0-3,10-13", None),
            ("items=0-1", None),
            ("bytes=abc", None),
            ("bytes=-", None),
        ] {
            let found = one_range(&HeaderValue::from_static(range), 70);
            assert_eq!(found.as_ref().map(|found| found.to_str().unwrap()), within, "{range}");
        }
    }

    #[test]
    fn a_name_is_no_more_than_a_name() {
        assert_eq!(disposition(true, None), "inline");
        assert_eq!(
            disposition(false, Some("a\"; b\r\nc é.pdf")),
            "attachment; filename=\"a__ b__c _.pdf\"; filename*=UTF-8''a%22%3B%20b%0D%0Ac%20%C3%A9.pdf"
        );
    }
}
