//! Pictures of companies: what is taken over from a file and what never is.

#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use amparo_branding::artwork::{Picture, PictureError, made};
use image::{ImageFormat, Rgb, RgbImage};

fn encoded(format: ImageFormat) -> Vec<u8> {
    // The left half red, the right half blue.
    let picture = RgbImage::from_fn(120, 60, |x, _| if x < 60 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG with this in front of its picture, each piece in a segment of its own.
fn with_segments(kind: u8, pieces: &[Vec<u8>]) -> Vec<u8> {
    let plain = encoded(ImageFormat::Jpeg);
    let mut bytes = plain[..2].to_vec();
    for piece in pieces {
        bytes.extend_from_slice(&[0xff, kind]);
        bytes.extend_from_slice(&u16::try_from(piece.len() + 2).unwrap().to_be_bytes());
        bytes.extend_from_slice(piece);
    }
    bytes.extend_from_slice(&plain[2..]);
    bytes
}

fn exif(orientation: u16) -> Vec<u8> {
    let mut bytes = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    bytes.extend_from_slice(&orientation.to_le_bytes());
    bytes.extend_from_slice(&[0; 6]);
    bytes
}

/// The head of a PNG of this size, and nothing behind it.
fn png_head(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend_from_slice(&width.to_be_bytes());
    bytes.extend_from_slice(&height.to_be_bytes());
    bytes.extend_from_slice(&[8, 6, 0, 0, 0]);
    let crc = crc32(&bytes[12..]);
    bytes.extend_from_slice(&crc.to_be_bytes());
    bytes.extend_from_slice(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn png_jpeg_and_svg_become_logos_that_our_own_writer_has_written() {
    let svg = br##"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 60">
        <rect width="60" height="60" fill="#dc1414"/><rect x="60" width="60" height="60" fill="#1414dc"/></svg>"##;
    for bytes in [encoded(ImageFormat::Png), encoded(ImageFormat::Jpeg), svg.to_vec()] {
        let logo = made(&Picture::read(&bytes).unwrap()).unwrap();
        let at = |x: usize, y: usize| &logo.rgba()[(y * 96 + x) * 4..][..4];
        let near = |pixel: &[u8], wanted: [u8; 3]| pixel.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 12);
        assert!(
            near(at(24, 48), [220, 20, 20]) && near(at(72, 48), [20, 20, 220]),
            "{:?} {:?}",
            at(24, 48),
            at(72, 48)
        );
        let chunks: Vec<&[u8]> =
            logo.png().windows(4).filter(|four| [&b"tEXt"[..], b"eXIf", b"iCCP"].contains(four)).collect();
        assert!(chunks.is_empty());
    }
}

#[test]
fn a_photograph_is_turned_as_its_camera_was_held_and_tells_nothing_else() {
    let secret = b"Rua das Laranjeiras 100, -22.93, -43.18".repeat(20);
    let bytes = with_segments(0xe1, &[exif(3), [b"http://ns.adobe.com/xap/1.0/\0".to_vec(), secret.clone()].concat()]);
    let logo = made(&Picture::read(&bytes).unwrap()).unwrap();
    // Upside down: the left half is blue.
    assert!(logo.rgba()[(48 * 96 + 24) * 4 + 2] > 200);
    assert!(!logo.png().windows(14).any(|part| part == &secret[..14]));
}

#[test]
fn a_file_full_of_metadata_is_read_under_the_caps_or_refused() {
    let bomb = with_segments(0xe1, &vec![[exif(1), vec![0x41; 60_000]].concat(); 60]);
    assert!(bomb.len() < 4 * 1024 * 1024);
    assert_eq!(Picture::read(&bomb).unwrap().width_px(), 120);
    let larger = with_segments(0xe1, &vec![vec![0x41; 65_000]; 80]);
    assert!(matches!(Picture::read(&larger), Err(PictureError::TooLong { .. })));
}

#[test]
fn sides_are_looked_at_before_anything_is_decoded() {
    for (width, height) in [(20_000, 20_000), (4097, 8), (8, 4097), (7, 8), (1, 1)] {
        let error = Picture::read(&png_head(width, height)).unwrap_err();
        let told =
            matches!(error, PictureError::Side { width_px, height_px } if (width_px, height_px) == (width, height));
        assert!(told, "{width} x {height}: {error}");
    }
    assert!(Picture::read(&png_head(1 << 30, 1 << 30)).is_err());
}

#[test]
fn what_is_no_picture_or_only_half_of_one_is_refused() {
    for wrong in
        [&b""[..], b"GIF89a", b"hello", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"<html></html>", b"\xff\xfe<\0s\0"]
    {
        assert!(Picture::read(wrong).is_err(), "{wrong:?}");
    }
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let bytes = encoded(format);
        for end in [20, bytes.len() / 4] {
            assert!(Picture::read(&bytes[..end]).is_err(), "{format:?}, {end} bytes");
        }
    }
}
