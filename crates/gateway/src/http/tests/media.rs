//! Uploading files.

use super::{ADMIN, Call, Reply, Server};

const BOUNDARY: &str = "----between";

/// A part of a form.
fn part(disposition: &str, content_type: Option<&str>, bytes: &[u8]) -> Vec<u8> {
    let mut part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n").into_bytes();
    if let Some(content_type) = content_type {
        part.extend(format!("Content-Type: {content_type}\r\n").into_bytes());
    }
    part.extend(b"\r\n");
    part.extend(bytes);
    part.extend(b"\r\n");
    part
}

async fn upload(server: &Server, key: &str, parts: &[Vec<u8>]) -> Reply {
    upload_once(server, key, parts, None).await
}

async fn upload_once(server: &Server, key: &str, parts: &[Vec<u8>], idempotency_key: Option<&str>) -> Reply {
    let mut body = parts.concat();
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    let mut call = Call::new("POST", "/v1/media").key(key);
    if let Some(idempotency_key) = idempotency_key {
        call = call.header("idempotency-key", idempotency_key);
    }
    server.call(call.header("content-type", &format!("multipart/form-data; boundary={BOUNDARY}")).bytes(body)).await
}

#[tokio::test]
async fn a_file_is_kept_and_told_of_in_its_own_workspace() {
    let server = Server::start().await;
    let file = part("name=\"file\"; filename=\"a.png\"", Some("image/png"), b"hello world");
    let uploaded = upload(&server, ADMIN, &[file]).await;
    assert_eq!(uploaded.status, 201, "{}", uploaded.body);
    assert_eq!(uploaded.body["size"], 11);
    assert_eq!((uploaded.text("content_type"), uploaded.text("filename")), ("image/png".into(), "a.png".into()));
    assert_eq!(uploaded.text("sha256"), "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
    let path = format!("/v1/media/{}", uploaded.text("id"));
    assert_eq!(server.get(&path).await.body, uploaded.body);
    let other = server.post("/v1/workspaces", &serde_json::json!({"name": "bee"})).await.text("id");
    let elsewhere = server.call(Call::new("GET", &path).key(ADMIN).header("tidings-workspace", &other)).await;
    assert_eq!((elsewhere.status.as_u16(), elsewhere.code()), (404, "not_found"));
}

#[tokio::test]
async fn the_same_upload_under_the_same_key_is_kept_once() {
    let server = Server::start().await;
    let file =
        |name: &str, bytes: &[u8]| part(&format!("name=\"file\"; filename=\"{name}\""), Some("image/png"), bytes);
    let first = upload_once(&server, ADMIN, &[file("a.png", b"hello")], Some("k")).await;
    let again = upload_once(&server, ADMIN, &[file("a.png", b"hello")], Some("k")).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    for other in [file("b.png", b"hello"), file("a.png", b"hello!")] {
        let other = upload_once(&server, ADMIN, &[other], Some("k")).await;
        assert_eq!((other.status.as_u16(), other.code()), (422, "idempotency_conflict"));
    }
    let without = upload(&server, ADMIN, &[file("a.png", b"hello")]).await;
    assert_ne!(without.text("id"), first.text("id"));
    let wrong = upload_once(&server, ADMIN, &[file("a.png", b"hello")], Some("")).await;
    assert_eq!(wrong.code(), "validation_failed");
}

#[tokio::test]
async fn what_is_no_file_is_refused_by_name() {
    let server = Server::start().await;
    let file = || part("name=\"file\"; filename=\"a\"", None, b"x");
    let cases: [(Vec<Vec<u8>>, &str); 5] = [
        (vec![], "/file"),
        (vec![part("name=\"file\"", None, b"")], "/file"),
        (vec![file(), file()], "/file"),
        (vec![part("name=\"picture\"", None, b"x")], "/picture"),
        (vec![part(&format!("name=\"file\"; filename=\"{}\"", "x".repeat(300)), None, b"x")], "/file"),
    ];
    for (parts, pointer) in cases {
        let reply = upload(&server, ADMIN, &parts).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (422, "validation_failed"), "{}", reply.body);
        assert_eq!(reply.pointers(), [pointer]);
    }
    let no_form = server.post("/v1/media", &serde_json::json!({})).await;
    assert_eq!((no_form.code(), no_form.pointers()), ("validation_failed", vec!["/file"]));
    let reader = server.key(&["media:read"]).await;
    assert_eq!(upload(&server, &reader, &[file()]).await.code(), "forbidden");
}

#[tokio::test]
async fn more_than_a_hundred_mebibytes_are_too_large() {
    let server = Server::start().await;
    let file = part("name=\"file\"", None, &vec![0; (100 << 20) + 1]);
    let reply = upload(&server, ADMIN, &[file]).await;
    assert_eq!((reply.status.as_u16(), reply.code()), (413, "too_large"));
    let left = std::fs::read_dir(server.gateway.settings.media.join("incoming")).unwrap().count();
    assert_eq!(left, 0, "nothing of it stays");
}
