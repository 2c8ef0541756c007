//! Reads the headers of an access unit before the library does, and refuses what our encoder does not write: other kinds of units, other
//! sizes, more reference pictures than a decoder of ours should keep.

/// Reference pictures: what the encoder uses for screens, with some room.
const REFERENCES_MAX: u32 = 8;
/// NAL units in one access unit.
const UNITS_MAX: usize = 64;

/// NAL unit types of H.264, table 7-1.
mod kind {
    pub(super) const SLICE: u8 = 1;
    pub(super) const IDR_SLICE: u8 = 5;
    pub(super) const SEQUENCE: u8 = 7;
    pub(super) const PICTURE: u8 = 8;
}

/// Is this one picture of ours, `width` by `height`?
pub(super) fn check(data: &[u8], keyframe: bool, width: usize, height: usize) -> Result<(), &'static str> {
    let (mut sequences, mut slices) = (0, 0);
    let units = units(data)?;
    if units.len() > UNITS_MAX {
        return Err("too many units");
    }
    for unit in units {
        let (head, body) = unit.split_first().ok_or("an empty unit")?;
        if head & 0x80 != 0 {
            return Err("a forbidden bit");
        }
        match head & 0x1f {
            kind::SLICE if !keyframe => slices += 1,
            kind::IDR_SLICE if keyframe && sequences > 0 => slices += 1,
            kind::SEQUENCE if keyframe => {
                sequence(body, width, height).ok_or("a sequence of another kind or size")?;
                sequences += 1;
            }
            kind::PICTURE if keyframe => {}
            _ => return Err("a unit of another kind"),
        }
    }
    if slices == 0 { Err("no slice") } else { Ok(()) }
}

/// The NAL units of an Annex B stream.
fn units(data: &[u8]) -> Result<Vec<&[u8]>, &'static str> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at + 3 <= data.len() {
        // Most bytes are not 0 or 1: three steps at once.
        match &data[at..at + 3] {
            [0, 0, 1] => {
                starts.push(at + 3);
                at += 3;
            }
            [_, _, 2..=255] => at += 3,
            _ => at += 1,
        }
    }
    if starts.first().is_none_or(|first| data[..first - 3].iter().any(|byte| *byte != 0)) {
        return Err("not a byte stream");
    }
    let ends = starts.iter().skip(1).map(|start| start - 3).chain([data.len()]);
    Ok(starts.iter().zip(ends).map(|(start, end)| &data[*start..end]).collect())
}

/// Reads a sequence parameter set (7.3.2.1.1) as far as its size; `None` for everything unexpected.
fn sequence(body: &[u8], width: usize, height: usize) -> Option<()> {
    let bytes = without_emulation(body);
    let mut bits = Bits { bytes: &bytes, at: 0 };
    let profile = bits.take(8)?;
    bits.take(16)?;
    // Baseline and main. High profiles have fields of their own, and ours is not one.
    if profile != 66 && profile != 77 {
        return None;
    }
    bits.golomb()?;
    bits.golomb()?;
    match bits.golomb()? {
        0 => {
            bits.golomb()?;
        }
        2 => {}
        _ => return None,
    }
    let references = bits.golomb()?;
    bits.take(1)?;
    let (across, down) = (bits.golomb()?, bits.golomb()?);
    let frames_only = bits.take(1)? == 1;
    bits.take(1)?;
    let mut crop = [0; 4];
    if bits.take(1)? == 1 {
        for side in &mut crop {
            *side = bits.golomb()?;
        }
    }
    let shown = |macroblocks: u32, near: u32, far: u32| {
        ((u64::from(macroblocks) + 1) * 16).checked_sub((u64::from(near) + u64::from(far)) * 2)
    };
    let fits =
        shown(across, crop[0], crop[1]) == Some(width as u64) && shown(down, crop[2], crop[3]) == Some(height as u64);
    // Cropping takes off less than a macroblock, so that what is decoded is hardly larger than what is shown.
    let tight = crop.iter().all(|side| *side < 8);
    (references <= REFERENCES_MAX && frames_only && fits && tight).then_some(())
}

/// Takes out the bytes that keep start codes out of a unit (7.4.1).
fn without_emulation(body: &[u8]) -> Vec<u8> {
    let mut zeroes = 0;
    // A parameter set is a few dozen bytes; what is longer is not ours, and its reading ends early.
    let mut bytes = Vec::with_capacity(body.len().min(256));
    for byte in body.iter().take(256) {
        if zeroes < 2 || *byte != 3 {
            bytes.push(*byte);
        }
        zeroes = if *byte == 0 { zeroes + 1 } else { 0 };
    }
    bytes
}

/// Bits from the first on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |value, _| {
            let bit = self.bytes.get(self.at / 8)? >> (7 - self.at % 8) & 1;
            self.at += 1;
            Some(value << 1 | u32::from(bit))
        })
    }

    /// An Exp-Golomb number (9.1).
    fn golomb(&mut self) -> Option<u32> {
        let mut zeroes = 0;
        while self.take(1)? == 0 {
            zeroes += 1;
            if zeroes > 31 {
                return None;
            }
        }
        (1u32 << zeroes).checked_add(self.take(zeroes)?)?.checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_found_between_start_codes() {
        assert_eq!(units(&[0, 0, 0, 1, 7, 8, 0, 0, 1, 9]), Ok(vec![&[7u8, 8][..], &[9]]));
        assert!(units(&[1, 0, 0, 1, 7]).is_err());
        assert!(units(&[]).is_err());
        assert_eq!(check(&[0, 0, 1], true, 16, 16), Err("an empty unit"));
    }

    #[test]
    fn numbers_are_read_as_the_standard_says() {
        let mut bits = Bits { bytes: &[0b1010_0110, 0b0100_0010, 0b1000_0000], at: 0 };
        assert_eq!([(); 5].map(|()| bits.golomb()), [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!(Bits { bytes: &[0; 8], at: 0 }.golomb(), None);
    }

    proptest! {
        #[test]
        fn no_bytes_harm_the_reader(mut data in prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(3), Just(0x67), any::<u8>()], 0..200), keyframe: bool) {
            data.splice(0..0, [0, 0, 1, 0x67, 66, 0, 0]);
            let _ = check(&data, keyframe, 64, 64);
        }
    }
}
