//! A picture as a Windows icon, in the sizes that Explorer, the taskbar and window frames ask for.

use super::{Picture, fitted};

/// Sides, in pixels. The largest is written as PNG, as Windows wants it; the others as plain bitmaps, which everything reads.
const SIDES_PX: [u32; 7] = [16, 20, 24, 32, 48, 64, 256];
const HEAD_BYTES: usize = 6;
const ENTRY_BYTES: usize = 16;

/// The bytes of an `.ico` file.
pub fn ico(picture: &Picture) -> Vec<u8> {
    let images: Vec<(u32, Vec<u8>)> = SIDES_PX
        .iter()
        .map(|side| {
            let rgba = fitted(picture, *side);
            (*side, if *side < 256 { bitmap(*side, &rgba) } else { png(*side, &rgba) })
        })
        .collect();
    let mut bytes = Vec::new();
    let mut at = HEAD_BYTES + ENTRY_BYTES * images.len();
    for word in [0_u16, 1, SIDES_PX.len() as u16] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    for (side, image) in &images {
        // 256 is written as 0.
        let side = (side % 256) as u8;
        bytes.extend_from_slice(&[side, side, 0, 0]);
        for word in [1_u16, 32] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        for word in [image.len(), at] {
            bytes.extend_from_slice(&u32::try_from(word).expect("an icon is far below 4 GiB").to_le_bytes());
        }
        at += image.len();
    }
    for (_, image) in images {
        bytes.extend_from_slice(&image);
    }
    bytes
}

/// A bitmap as icons have it: 32 bits a pixel from the bottom up, and behind them a mask of one bit, for programs that know no alpha.
fn bitmap(side: u32, rgba: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [40, side, side * 2] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    for word in [1_u16, 32] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.resize(40, 0);
    let row_bytes = side as usize * 4;
    for row in rgba.chunks_exact(row_bytes).rev() {
        bytes.extend(row.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0], pixel[3]]));
    }
    let mask_row_bytes = (side as usize).div_ceil(32) * 4;
    for row in rgba.chunks_exact(row_bytes).rev() {
        let mut mask = vec![0_u8; mask_row_bytes];
        for (x, pixel) in row.chunks_exact(4).enumerate() {
            mask[x / 8] |= u8::from(pixel[3] == 0) << (7 - x % 8);
        }
        bytes.extend_from_slice(&mask);
    }
    bytes
}

fn png(side: u32, rgba: &[u8]) -> Vec<u8> {
    // A picture that no PNG makes smaller is a bitmap here too; Windows reads both.
    bundle::Logo::from_rgba(side, side, rgba.to_vec()).map_or_else(|_| bitmap(side, rgba), bundle::Logo::into_png)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_icon_has_every_size_where_its_directory_says() {
        let picture = Picture { width_px: 64, height_px: 64, rgba: [0x2F, 0x4F, 0xA0, 255].repeat(64 * 64) };
        let icon = ico(&picture);
        let word = |at: usize| u32::from_le_bytes(icon[at..at + 4].try_into().unwrap()) as usize;
        let mut end = HEAD_BYTES + ENTRY_BYTES * SIDES_PX.len();
        for (i, side) in SIDES_PX.into_iter().enumerate() {
            let entry = HEAD_BYTES + ENTRY_BYTES * i;
            assert_eq!(u32::from(icon[entry]), side % 256);
            let (length, at) = (word(entry + 8), word(entry + 12));
            assert_eq!(at, end);
            end += length;
            let image = &icon[at..at + length];
            if side == 256 {
                let logo = bundle::Logo::from_png(image).unwrap();
                assert_eq!(logo.rgba()[(128 * 256 + 128) * 4..][..4], [0x2F, 0x4F, 0xA0, 255]);
            } else {
                let side = side as usize;
                let mask = side.div_ceil(32) * 4 * side;
                assert_eq!(length, 40 + side * side * 4 + mask, "{side}");
                let middle = 40 + (side / 2 * side + side / 2) * 4;
                assert_eq!(image[middle..middle + 4], [0xA0, 0x4F, 0x2F, 255], "{side}");
                assert_eq!(image[40 + side * side * 4] >> 7, 1, "a corner of {side} is clear");
            }
        }
        assert_eq!(end, icon.len());
    }
}
