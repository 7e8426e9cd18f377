//! A small picture for whoever has none at hand: a PNG of two colours. Sources: "Portable Network Graphics" (W3C), with
//! "stored" blocks of RFC 1951 in a stream of RFC 1950, so that nothing needs to be compressed.

const SIDE: u32 = 64;

/// The bytes of the picture.
pub(super) fn picture() -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    // Eight bits of grey for each dot.
    let mut head = [SIDE.to_be_bytes(), SIDE.to_be_bytes()].concat();
    head.extend([8, 0, 0, 0, 0]);
    chunk(&mut file, *b"IHDR", &head);
    chunk(&mut file, *b"IDAT", &stored(&rows()));
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// A disc on a lighter ground; each row begins with its filter, which is none.
fn rows() -> Vec<u8> {
    let centre = SIDE / 2;
    let dot = |row: u32, column: u32| {
        let distance = row.abs_diff(centre).pow(2) + column.abs_diff(centre).pow(2);
        if distance < (SIDE / 3).pow(2) { 0x55 } else { 0xdd }
    };
    (0..SIDE).flat_map(|row| std::iter::once(0).chain((0..SIDE).map(move |column| dot(row, column)))).collect()
}

/// One stored block, which holds up to 65,535 bytes; a picture of this size has fewer.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(bytes);
    stream.extend(adler(bytes).to_be_bytes());
    stream
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    let named = [&kind, content].concat();
    file.extend(u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
    file.extend(&named);
    file.extend(crc(&named).to_be_bytes());
}

fn adler(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    (high << 16) | low
}

fn crc(bytes: &[u8]) -> u32 {
    let shift = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the two sums, as their descriptions give them.
    #[test]
    fn sums_as_described() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler(b"Wikipedia"), 0x11e6_0398);
        assert!(picture().starts_with(b"\x89PNG"));
    }
}
