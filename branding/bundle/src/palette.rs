//! Every shade of an accent, computed from the one colour of a profile, for program and console alike.
//!
//! Whatever the colour, text on it and beside it stays readable: each shade is the colour itself, moved in steps of OKLCH lightness
//! until the ratio it promises holds. No colour is refused.

/// Eight-bit sRGB: red, green, blue.
pub type Rgb = [u8; 3];

/// The shades of one accent in both themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// On light surfaces.
    pub light: Shades,
    /// On dark surfaces.
    pub dark: Shades,
}

/// The shades of one accent in one theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shades {
    /// Fills. The colour itself on light; on dark, light enough for 3:1 on every surface.
    pub accent: Rgb,
    /// Text on fills: white or black, at least 4.5:1.
    pub accent_on: Rgb,
    /// Outline of every fill, at least 3:1 on every surface.
    pub accent_edge: Rgb,
    /// Links and selected labels, at least 4.5:1 on every surface and on `accent_soft`.
    pub accent_text: Rgb,
    /// Ground of selected rows and quiet fills: a little accent in the surface.
    pub accent_soft: Rgb,
    /// The focus ring: at least 3:1 on light surfaces, 6:1 on dark ones.
    pub focus: Rgb,
}

/// The surfaces of a theme, as in the design's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surfaces {
    /// Windows, panels, rows.
    pub surface: Rgb,
    /// Code, table heads, the ID block.
    pub sunken: Rgb,
    /// Menus, dialogs.
    pub raised: Rgb,
}

/// The light theme's surfaces.
pub const LIGHT: Surfaces = Surfaces { surface: WHITE, sunken: [0xF1, 0xF4, 0xF4], raised: WHITE };
/// The dark theme's surfaces.
pub const DARK: Surfaces =
    Surfaces { surface: [0x17, 0x1D, 0x1F], sunken: [0x0E, 0x13, 0x14], raised: [0x1E, 0x26, 0x28] };

const WHITE: Rgb = [255; 3];
const BLACK: Rgb = [0; 3];
/// One step of a colour being moved, in OKLCH lightness.
const LIGHTNESS_STEP: f64 = 0.01;
/// Chroma is cut in such steps until a colour can be shown.
const CHROMA_STEP: f64 = 0.004;

impl Palette {
    /// The shades of `accent`, the colour in a profile.
    pub fn from_accent(accent: Rgb) -> Self {
        Self { light: shades(accent, LIGHT, Towards::Black), dark: shades(accent, DARK, Towards::White) }
    }
}

/// How far apart two colours are in brightness, 1 to 21 (WCAG 2).
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn shades(colour: Rgb, on: Surfaces, towards: Towards) -> Shades {
    let grounds = [on.surface, on.sunken, on.raised];
    let seen_at = |ratio: f64| moved(colour, towards, |c| grounds.iter().all(|ground| contrast(c, *ground) >= ratio));
    let (accent, soft_share, focus_ratio) = match towards {
        Towards::Black => (colour, 0.09, 3.0),
        Towards::White => (seen_at(3.0), 0.2, 6.0),
    };
    let accent_soft = mixed(accent, soft_share, on.surface);
    Shades {
        accent,
        accent_on: if contrast(accent, WHITE) >= 4.5 { WHITE } else { BLACK },
        accent_edge: seen_at(3.0),
        accent_text: moved(colour, towards, |c| {
            grounds.iter().chain([&accent_soft]).all(|ground| contrast(c, *ground) >= 4.5)
        }),
        accent_soft,
        focus: seen_at(focus_ratio),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Towards {
    Black,
    White,
}

/// `colour` itself if it will do, else the first step towards black or white that does. The end itself always does: the surfaces of a
/// theme lie at its other end.
fn moved(colour: Rgb, towards: Towards, will_do: impl Fn(Rgb) -> bool) -> Rgb {
    if will_do(colour) {
        return colour;
    }
    let Oklch { lightness, chroma, hue } = Oklch::of(colour);
    for step in 1..=100 {
        let moved_by = f64::from(step) * LIGHTNESS_STEP;
        let lightness = match towards {
            Towards::Black => lightness - moved_by,
            Towards::White => lightness + moved_by,
        };
        if !(0.0..=1.0).contains(&lightness) {
            break;
        }
        let next = Oklch { lightness, chroma, hue }.shown();
        if will_do(next) {
            return next;
        }
    }
    if towards == Towards::Black { BLACK } else { WHITE }
}

fn mixed(colour: Rgb, share: f64, ground: Rgb) -> Rgb {
    std::array::from_fn(|i| eight_bit((f64::from(colour[i]) * share + f64::from(ground[i]) * (1.0 - share)) / 255.0))
}

fn luminance(colour: Rgb) -> f64 {
    let [r, g, b] = colour.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn linear(channel: u8) -> f64 {
    let v = f64::from(channel) / 255.0;
    if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

fn gamma(v: f64) -> f64 {
    if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255 first")]
fn eight_bit(v: f64) -> u8 {
    (v.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// A colour by lightness, chroma and hue (radians), after Björn Ottosson's OKLab.
#[derive(Debug, Clone, Copy)]
struct Oklch {
    lightness: f64,
    chroma: f64,
    hue: f64,
}

impl Oklch {
    fn of(colour: Rgb) -> Self {
        let [r, g, b] = colour.map(linear);
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        let lightness = 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s;
        let a = 1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s;
        let b = 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s;
        Self { lightness, chroma: a.hypot(b), hue: b.atan2(a) }
    }

    /// The nearest colour of this lightness and hue that a screen can show.
    fn shown(mut self) -> Rgb {
        let can_be_shown = |c: Self| c.linear_rgb().iter().all(|v| (0.0..=1.0).contains(v));
        while self.chroma > 0.0 && !can_be_shown(self) {
            self.chroma = (self.chroma - CHROMA_STEP).max(0.0);
        }
        self.linear_rgb().map(|v| eight_bit(gamma(v.clamp(0.0, 1.0))))
    }

    fn linear_rgb(self) -> [f64; 3] {
        let (a, b) = (self.chroma * self.hue.cos(), self.chroma * self.hue.sin());
        let l = (self.lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let m = (self.lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let s = (self.lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
        [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
        ]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn rgb(hex: &str) -> Rgb {
        std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
    }

    fn assert_every_promise(colour: Rgb) {
        let palette = Palette::from_accent(colour);
        for (shades, on, focus) in [(palette.light, LIGHT, 3.0), (palette.dark, DARK, 6.0)] {
            let on = [on.surface, on.sunken, on.raised];
            let all = |c: Rgb, ratio: f64, what: &str| {
                for ground in on {
                    assert!(
                        contrast(c, ground) >= ratio,
                        "{what} of {colour:02X?} is {c:02X?}: too faint on {ground:02X?}"
                    );
                }
            };
            assert!(contrast(shades.accent_on, shades.accent) >= 4.5, "text on {:02X?}", shades.accent);
            all(shades.accent_edge, 3.0, "edge");
            all(shades.accent_text, 4.5, "text");
            assert!(contrast(shades.accent_text, shades.accent_soft) >= 4.5, "text of {colour:02X?} on soft");
            all(shades.focus, focus, "focus");
        }
        assert_eq!(palette.light.accent, colour, "the brand's own colour is the fill on light");
        for ground in [DARK.surface, DARK.raised] {
            assert!(contrast(palette.dark.accent, ground) >= 3.0);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]
        #[test]
        fn whatever_the_colour_every_promised_ratio_holds(colour: [u8; 3]) {
            assert_every_promise(colour);
        }
    }

    #[test]
    fn the_corners_of_the_colour_space_keep_every_promise_too() {
        for bits in 0..8_u8 {
            assert_every_promise(std::array::from_fn(|i| if bits >> i & 1 == 1 { 255 } else { 0 }));
        }
        for grey in 0..=255 {
            assert_every_promise([grey; 3]);
        }
    }

    #[test]
    fn amparos_own_colour_gives_the_tokens_of_the_design() {
        let palette = Palette::from_accent(crate::AMPARO_ACCENT);
        let light = Shades {
            accent: rgb("0B6B6F"),
            accent_on: WHITE,
            accent_edge: rgb("0B6B6F"),
            accent_text: rgb("0B6B6F"),
            accent_soft: rgb("E9F2F2"),
            focus: rgb("0B6B6F"),
        };
        let dark = Shades {
            accent: rgb("247A7E"),
            accent_on: WHITE,
            accent_edge: rgb("247A7E"),
            accent_text: rgb("50A1A5"),
            accent_soft: rgb("1A3032"),
            focus: rgb("61B1B5"),
        };
        assert_eq!(palette, Palette { light, dark });
    }

    #[test]
    fn the_six_colours_of_the_design_come_out_as_drawn() {
        // accent, on, edge, text, soft: light, then dark.
        let drawn = [
            "0B6B6F FFFFFF 0B6B6F 0B6B6F E9F2F2  247A7E FFFFFF 247A7E 50A1A5 1A3032",
            "2C4C9C FFFFFF 2C4C9C 2C4C9C ECEFF6  496DC0 FFFFFF 496DC0 6B92E8 212D3F",
            "F5B800 000000 AF830E 8B6708 FEF9E8  F5B800 000000 F5B800 F5B800 433C19",
            "F7A8C4 000000 C17792 A15974 FEF7FA  F7A8C4 000000 F7A8C4 F7A8C4 443940",
            "C8102E FFFFFF C8102E C8102E FAE9EC  D6283A FFFFFF D6283A FF535A 3D1F24",
            "1A1A1A FFFFFF 1A1A1A 1A1A1A EAEAEA  6E6E6E FFFFFF 6E6E6E 949494 282D2F",
        ];
        for row in drawn {
            let drawn: Vec<Rgb> = row.split_whitespace().map(rgb).collect();
            let palette = Palette::from_accent(drawn[0]);
            let computed: Vec<Rgb> = [palette.light, palette.dark]
                .iter()
                .flat_map(|s| [s.accent, s.accent_on, s.accent_edge, s.accent_text, s.accent_soft])
                .collect();
            assert_eq!(computed, drawn, "{row}");
        }
    }
}
