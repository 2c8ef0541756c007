//! From the attendant's mouse and keyboard to the customer's.
//!
//! A key that makes a character travels as that character, so that it arrives whatever the two layouts are (ABNT2, AltGr, dead keys). All
//! other keys, and every key while Ctrl, Alt or Super is held, travel by their place on the keyboard, so that shortcuts work. Shift and
//! AltGr go out only with keys that travel by place: with a character they would be counted twice.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    media::Point,
    message::input::{Button, Input, InputText},
};

use crate::gui::surface::{MouseButton, RawInput};

/// evdev codes (`linux/input-event-codes.h`).
mod code {
    pub const SPACE: u16 = 57;
    pub const LEFT_SHIFT: u16 = 42;
    pub const RIGHT_SHIFT: u16 = 54;
    pub const ALT_GR: u16 = 100;
    pub const LEFT_CTRL: u16 = 29;
    pub const RIGHT_CTRL: u16 = 97;
    pub const LEFT_ALT: u16 = 56;
    pub const LEFT_META: u16 = 125;
    pub const RIGHT_META: u16 = 126;
}

/// The state of one session's keyboard and mouse.
#[derive(Debug, Default)]
pub struct KeyMap {
    /// Shift and AltGr that are held here but not at the customer's, and whether they have made a character.
    waiting: BTreeMap<u16, bool>,
    /// What is held at the customer's.
    held: BTreeSet<u16>,
    buttons: Vec<Button>,
}

impl KeyMap {
    /// What to send for what was done. `place` maps the picture area to the customer's screen.
    pub fn map(&mut self, raw: &RawInput, place: impl Fn(f64, f64) -> Option<Point>) -> Vec<Input> {
        match raw {
            RawInput::Pointer { x, y } => {
                place(*x, *y).map(|Point { x, y }| Input::Move { x, y }).into_iter().collect()
            }
            RawInput::Button { button, down } => {
                let button = match button {
                    MouseButton::Left => Button::Left,
                    MouseButton::Middle => Button::Middle,
                    MouseButton::Right => Button::Right,
                    MouseButton::Back => Button::Back,
                    MouseButton::Forward => Button::Forward,
                };
                if *down {
                    self.buttons.push(button);
                } else if let Some(i) = self.buttons.iter().position(|held| *held == button) {
                    self.buttons.remove(i);
                } else {
                    // Pressed elsewhere and let go over the picture.
                    return Vec::new();
                }
                let mut inputs = self.press_waiting();
                inputs.push(Input::Button { button, down: *down });
                inputs
            }
            RawInput::Wheel { dx, dy } => {
                let mut inputs = self.press_waiting();
                // Ours is positive to the right and down.
                let notch = |turned: f32| (-turned * 120.0).round().clamp(-32_767.0, 32_767.0) as i16;
                let (dx, dy) = (notch(*dx), notch(*dy));
                if dx != 0 || dy != 0 {
                    inputs.push(Input::Wheel { dx, dy });
                }
                inputs
            }
            RawInput::Key { scan, text, down, repeat } => {
                u16::try_from(*scan).map_or_else(|_| Vec::new(), |code| self.key(code, text.as_deref(), *down, *repeat))
            }
            RawInput::FocusLost => self.release_all(),
        }
    }

    /// Lets go of everything, for when control is switched off.
    pub fn release_all(&mut self) -> Vec<Input> {
        let anything = !self.held.is_empty() || !self.buttons.is_empty();
        *self = Self::default();
        if anything { vec![Input::ReleaseAll] } else { Vec::new() }
    }

    fn key(&mut self, code: u16, text: Option<&str>, down: bool, repeat: bool) -> Vec<Input> {
        if matches!(code, code::LEFT_SHIFT | code::RIGHT_SHIFT | code::ALT_GR) {
            if down {
                if !self.held.contains(&code) {
                    self.waiting.entry(code).or_insert(false);
                }
                return Vec::new();
            }
            if let Some(used) = self.waiting.remove(&code) {
                if used {
                    return Vec::new();
                }
                // Pressed and let go with nothing in between: a Shift by itself may mean something there.
                return vec![Input::Key { code, down: true }, Input::Key { code, down: false }];
            }
        }
        if !down {
            // A key that went out as text has nothing to let go of.
            return if self.held.remove(&code) { vec![Input::Key { code, down: false }] } else { Vec::new() };
        }
        let shortcut = [code::LEFT_CTRL, code::RIGHT_CTRL, code::LEFT_ALT, code::LEFT_META, code::RIGHT_META]
            .iter()
            .any(|held| self.held.contains(held));
        let typed = text.filter(|text| code != code::SPACE && !text.is_empty() && !text.chars().any(char::is_control));
        if !shortcut && let Some(text) = typed.and_then(|text| InputText::try_from(text.to_owned()).ok()) {
            let mut inputs = self.let_go_for_text();
            inputs.push(Input::Text(text));
            return inputs;
        }
        if makes_a_character(code) && !shortcut {
            // A dead key on its way to a character.
            return Vec::new();
        }
        if repeat && !self.held.contains(&code) {
            return Vec::new();
        }
        let mut inputs = self.press_waiting();
        self.held.insert(code);
        inputs.push(Input::Key { code, down: true });
        inputs
    }

    fn press_waiting(&mut self) -> Vec<Input> {
        let waiting = std::mem::take(&mut self.waiting);
        self.held.extend(waiting.keys());
        waiting.into_keys().map(|code| Input::Key { code, down: true }).collect()
    }

    fn let_go_for_text(&mut self) -> Vec<Input> {
        let mut inputs = Vec::new();
        for code in [code::LEFT_SHIFT, code::RIGHT_SHIFT, code::ALT_GR] {
            if self.held.remove(&code) {
                self.waiting.insert(code, true);
                inputs.push(Input::Key { code, down: false });
            }
        }
        self.waiting.values_mut().for_each(|used| *used = true);
        inputs
    }
}

/// Keys of the letter block and its neighbours: digits row, three letter rows, the extra keys of ISO, ABNT2 and JIS keyboards.
fn makes_a_character(code: u16) -> bool {
    matches!(code, 2..=13 | 16..=27 | 30..=41 | 43..=53 | 86 | 89 | 124)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn press(map: &mut KeyMap, scan: u32, text: Option<&str>) -> Vec<Input> {
        key(map, scan, text, true)
    }

    fn key(map: &mut KeyMap, scan: u32, text: Option<&str>, down: bool) -> Vec<Input> {
        map.map(&RawInput::Key { scan, text: text.map(str::to_owned), down, repeat: false }, |_, _| None)
    }

    fn text(text: &str) -> Input {
        Input::Text(InputText::try_from(text.to_owned()).unwrap())
    }

    #[test]
    fn characters_travel_as_text_and_need_no_release() {
        let mut map = KeyMap::default();
        assert_eq!(press(&mut map, 39, Some("ç")), [text("ç")]);
        assert_eq!(key(&mut map, 39, None, false), []);
    }

    #[test]
    fn shift_is_not_sent_beside_a_character_but_beside_an_arrow() {
        let mut map = KeyMap::default();
        assert_eq!(press(&mut map, 42, None), []);
        assert_eq!(press(&mut map, 30, Some("A")), [text("A")]);
        assert_eq!(
            press(&mut map, 106, None),
            [Input::Key { code: 42, down: true }, Input::Key { code: 106, down: true }]
        );
        assert_eq!(key(&mut map, 106, None, false), [Input::Key { code: 106, down: false }]);
        assert_eq!(press(&mut map, 30, Some("A")), [Input::Key { code: 42, down: false }, text("A")]);
        assert_eq!(key(&mut map, 42, None, false), [], "it made a character: a tap of its own would be one too many");
        press(&mut map, 42, None);
        assert_eq!(key(&mut map, 42, None, false).len(), 2, "a tap is a tap");
    }

    #[test]
    fn shortcuts_travel_by_place() {
        let mut map = KeyMap::default();
        assert_eq!(press(&mut map, 29, None), [Input::Key { code: 29, down: true }]);
        assert_eq!(press(&mut map, 46, Some("\u{3}")), [Input::Key { code: 46, down: true }]);
        assert_eq!(key(&mut map, 46, None, false), [Input::Key { code: 46, down: false }]);
    }

    #[test]
    fn a_dead_key_waits_for_its_character() {
        let mut map = KeyMap::default();
        assert_eq!(press(&mut map, 26, None), []);
        assert_eq!(press(&mut map, 30, Some("á")), [text("á")]);
    }

    #[test]
    fn losing_the_keyboard_lets_everything_go_once() {
        let mut map = KeyMap::default();
        press(&mut map, 29, None);
        assert_eq!(map.map(&RawInput::FocusLost, |_, _| None), [Input::ReleaseAll]);
        assert_eq!(map.map(&RawInput::FocusLost, |_, _| None), []);
        assert_eq!(key(&mut map, 29, None, false), []);
    }

    #[test]
    fn a_button_let_go_that_was_not_pressed_here_is_not_sent() {
        let mut map = KeyMap::default();
        let button = |down| RawInput::Button { button: MouseButton::Left, down };
        assert_eq!(map.map(&button(false), |_, _| None), []);
        assert_eq!(map.map(&button(true), |_, _| None).len(), 1);
        assert_eq!(map.map(&button(false), |_, _| None).len(), 1);
    }

    #[test]
    fn the_wheel_counts_in_120ths_and_the_other_way_round() {
        let mut map = KeyMap::default();
        assert_eq!(map.map(&RawInput::Wheel { dx: 0.0, dy: 1.0 }, |_, _| None), [Input::Wheel { dx: 0, dy: -120 }]);
        assert_eq!(map.map(&RawInput::Wheel { dx: 0.0, dy: f32::NAN }, |_, _| None), []);
    }
}
