//! Reads a form of several parts, as files are uploaded. Source: RFC 7578 and RFC 2046, section 5.1.

use bytes::Bytes;

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) content: Bytes,
}

/// The parts of a body, or nothing where it is not a form in order.
pub(super) fn parts(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    let delimiter = format!("--{boundary}");
    if !body.starts_with(delimiter.as_bytes()) {
        return None;
    }
    let separator = format!("\r\n{delimiter}");
    let mut parts = Vec::new();
    let mut rest = body.slice(delimiter.len()..);
    while !rest.starts_with(b"--") {
        let start = rest.strip_prefix(b"\r\n")?;
        let start = rest.slice_ref(start);
        let end = find(&start, separator.as_bytes())?;
        parts.push(part(&start.slice(..end))?);
        rest = start.slice(end + separator.len()..);
    }
    Some(parts)
}

fn part(bytes: &Bytes) -> Option<Part> {
    const BLANK_LINE: &[u8] = b"\r\n\r\n";
    let end = find(bytes, BLANK_LINE)?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let header = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let disposition = header("content-disposition")?;
    Some(Part {
        name: parameter(disposition, "name")?,
        filename: parameter(disposition, "filename"),
        content_type: header("content-type").map(str::to_owned),
        content: bytes.slice(end + BLANK_LINE.len()..),
    })
}

/// The value of `name=value` or `name="value"` among several that are separated by semicolons.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(within: &[u8], wanted: &[u8]) -> Option<usize> {
    within.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_fields_and_files() {
        let body = Bytes::from(
            "--x\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage/png\r\n--x\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\
             \r\n--y\r\n\r\n--x--\r\n",
        );
        let parts = parts("multipart/form-data; boundary=\"x\"", &body).unwrap();
        assert_eq!((parts[0].name.as_str(), &parts[0].content[..]), ("type", &b"image/png"[..]));
        assert_eq!((parts[0].filename.as_deref(), parts[0].content_type.as_deref()), (None, None));
        assert_eq!(
            (parts[1].filename.as_deref(), parts[1].content_type.as_deref()),
            (Some("a.png"), Some("image/png"))
        );
        assert_eq!(parts[1].content, "\r\n--y\r\n");
    }

    #[test]
    fn refuses_what_is_no_form() {
        for (content_type, body) in [
            ("application/json", "{}"),
            ("multipart/form-data", "--x--"),
            ("multipart/form-data; boundary=x", "y"),
            ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nno end"),
        ] {
            assert_eq!(parts(content_type, &Bytes::from(body)), None, "{body}");
        }
    }
}
