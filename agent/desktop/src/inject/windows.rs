//! Windows: SendInput. Keys by scan code, so that the keyboard's layout is the customer's own; text as Unicode, whatever the layout is.
//!
//! The places are those of the captured picture, which is the whole virtual desktop. A window of a program with more rights than ours takes
//! no input from us (UIPI), and neither does the secure desktop: the system says so, and so do we.
#![allow(unsafe_code)]

use protocol::message::input::Button;
use windows::Win32::{
    Foundation::GetLastError,
    UI::{
        Input::KeyboardAndMouse::{
            INPUT, INPUT_0, INPUT_KEYBOARD, INPUT_MOUSE, KEYBD_EVENT_FLAGS, KEYBDINPUT, KEYEVENTF_EXTENDEDKEY,
            KEYEVENTF_KEYUP, KEYEVENTF_SCANCODE, KEYEVENTF_UNICODE, MAPVK_VSC_TO_VK_EX, MOUSE_EVENT_FLAGS,
            MOUSEEVENTF_ABSOLUTE, MOUSEEVENTF_HWHEEL, MOUSEEVENTF_LEFTDOWN, MOUSEEVENTF_LEFTUP, MOUSEEVENTF_MIDDLEDOWN,
            MOUSEEVENTF_MIDDLEUP, MOUSEEVENTF_MOVE, MOUSEEVENTF_RIGHTDOWN, MOUSEEVENTF_RIGHTUP,
            MOUSEEVENTF_VIRTUALDESK, MOUSEEVENTF_WHEEL, MOUSEEVENTF_XDOWN, MOUSEEVENTF_XUP, MOUSEINPUT, MapVirtualKeyW,
            SendInput, VIRTUAL_KEY, VK_PAUSE, VK_RETURN, VK_TAB,
        },
        WindowsAndMessaging::{GetSystemMetrics, SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN},
    },
};

use super::Backend;
use crate::Error;

pub(super) const NAME: &str = "sendinput";

/// The thumb buttons of a mouse.
const BACK: u32 = 1;
const FORWARD: u32 = 2;
/// A notch of the wheel.
const NOTCH: i32 = 120;

pub(super) struct Os(());

impl Os {
    pub(super) fn open(display: Option<&str>) -> Result<Self, Error> {
        match display {
            None => Ok(Self(())),
            Some(display) => {
                Err(Error::Open { display: display.to_owned(), why: "there are no named displays here".to_owned() })
            }
        }
    }
}

/// What a key is to the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// A place on the keyboard: scan code of set 1, and whether it is of the second block.
    Place(u16, bool),
    /// One that has no single scan code.
    Virtual(VIRTUAL_KEY),
}

/// The key of a Linux evdev code.
fn key(code: u16) -> Option<Key> {
    let extended = |scan| Some(Key::Place(scan, true));
    match code {
        // The main block has the same numbers on both sides, up to F12.
        1..=83 | 86..=88 => Some(Key::Place(code, false)),
        // ABNT2 and Japanese keyboards.
        89 => Some(Key::Place(0x73, false)),
        92 => Some(Key::Place(0x79, false)),
        93 => Some(Key::Place(0x70, false)),
        94 => Some(Key::Place(0x7b, false)),
        121 => Some(Key::Place(0x7e, false)),
        124 => Some(Key::Place(0x7d, false)),
        // F13 to F23, F24.
        183..=193 => Some(Key::Place(0x64 + code - 183, false)),
        194 => Some(Key::Place(0x76, false)),
        96 => extended(0x1c),
        97 => extended(0x1d),
        98 => extended(0x35),
        99 => extended(0x37),
        100 => extended(0x38),
        102 => extended(0x47),
        103 => extended(0x48),
        104 => extended(0x49),
        105 => extended(0x4b),
        106 => extended(0x4d),
        107 => extended(0x4f),
        108 => extended(0x50),
        109 => extended(0x51),
        110 => extended(0x52),
        111 => extended(0x53),
        113 => extended(0x20),
        114 => extended(0x2e),
        115 => extended(0x30),
        119 => Some(Key::Virtual(VK_PAUSE)),
        125 => extended(0x5b),
        126 => extended(0x5c),
        127 => extended(0x5d),
        _ => None,
    }
}

fn keyboard(vk: VIRTUAL_KEY, scan: u16, flags: KEYBD_EVENT_FLAGS) -> INPUT {
    let ki = KEYBDINPUT { wVk: vk, wScan: scan, dwFlags: flags, time: 0, dwExtraInfo: 0 };
    INPUT { r#type: INPUT_KEYBOARD, Anonymous: INPUT_0 { ki } }
}

fn mouse(dx: i32, dy: i32, data: u32, flags: MOUSE_EVENT_FLAGS) -> INPUT {
    let mi = MOUSEINPUT { dx, dy, mouseData: data, dwFlags: flags, time: 0, dwExtraInfo: 0 };
    INPUT { r#type: INPUT_MOUSE, Anonymous: INPUT_0 { mi } }
}

fn press(key: Key, down: bool) -> INPUT {
    let up = if down { KEYBD_EVENT_FLAGS(0) } else { KEYEVENTF_KEYUP };
    match key {
        Key::Virtual(vk) => keyboard(vk, 0, up),
        Key::Place(scan, extended) => {
            let (block, prefix) = if extended { (KEYEVENTF_EXTENDEDKEY, 0xe000) } else { (KEYBD_EVENT_FLAGS(0), 0) };
            // Windows goes by the scan code alone. Wine goes by the virtual key, and presses nothing where there is none.
            // SAFETY: asks a table of the system.
            let vk = unsafe { MapVirtualKeyW(u32::from(scan) | prefix, MAPVK_VSC_TO_VK_EX) };
            keyboard(VIRTUAL_KEY(u16::try_from(vk).unwrap_or(0)), scan, KEYEVENTF_SCANCODE | block | up)
        }
    }
}

fn send(inputs: &[INPUT]) -> Result<(), Error> {
    if inputs.is_empty() {
        return Ok(());
    }
    // SAFETY: the slice's length is given along with it by the binding, and the size is that of one element.
    let taken = unsafe { SendInput(inputs, std::mem::size_of::<INPUT>() as i32) };
    if taken as usize == inputs.len() {
        return Ok(());
    }
    // SAFETY: reads this thread's last error.
    let why = unsafe { GetLastError() };
    Err(Error::Refused(format!("a window with more rights, or the secure desktop, takes no input ({})", why.0)))
}

/// A pixel in the 65 536ths that SendInput counts in: the smallest that leads back to it.
fn normalised(at: u16, pixels: i32) -> i32 {
    let pixels = i64::from(pixels.max(1));
    let at = i64::from(at).min(pixels - 1);
    i32::try_from((at * 65536).div_euclid(pixels) + i64::from(at * 65536 % pixels != 0)).unwrap_or(0)
}

impl Backend for Os {
    fn place(&mut self, x: u16, y: u16) -> Result<(), Error> {
        // SAFETY: reads two numbers of the system.
        let (width, height) = unsafe { (GetSystemMetrics(SM_CXVIRTUALSCREEN), GetSystemMetrics(SM_CYVIRTUALSCREEN)) };
        let flags = MOUSEEVENTF_MOVE | MOUSEEVENTF_ABSOLUTE | MOUSEEVENTF_VIRTUALDESK;
        send(&[mouse(normalised(x, width), normalised(y, height), 0, flags)])
    }

    fn button(&mut self, button: Button, down: bool) -> Result<(), Error> {
        let (flags, data) = match (button, down) {
            (Button::Left, true) => (MOUSEEVENTF_LEFTDOWN, 0),
            (Button::Left, false) => (MOUSEEVENTF_LEFTUP, 0),
            (Button::Middle, true) => (MOUSEEVENTF_MIDDLEDOWN, 0),
            (Button::Middle, false) => (MOUSEEVENTF_MIDDLEUP, 0),
            (Button::Right, true) => (MOUSEEVENTF_RIGHTDOWN, 0),
            (Button::Right, false) => (MOUSEEVENTF_RIGHTUP, 0),
            (Button::Back, true) => (MOUSEEVENTF_XDOWN, BACK),
            (Button::Back, false) => (MOUSEEVENTF_XUP, BACK),
            (Button::Forward, true) => (MOUSEEVENTF_XDOWN, FORWARD),
            (Button::Forward, false) => (MOUSEEVENTF_XUP, FORWARD),
        };
        send(&[mouse(0, 0, data, flags)])
    }

    fn wheel(&mut self, right: i32, down: i32) -> Result<(), Error> {
        // Ours is positive down, theirs up.
        let turns = [(down, -NOTCH, MOUSEEVENTF_WHEEL), (right, NOTCH, MOUSEEVENTF_HWHEEL)];
        let inputs: Vec<INPUT> = turns
            .into_iter()
            .filter(|(notches, ..)| *notches != 0)
            .map(|(notches, by, flags)| mouse(0, 0, (notches * by).cast_unsigned(), flags))
            .collect();
        send(&inputs)
    }

    fn key(&mut self, code: u16, down: bool) -> Result<(), Error> {
        send(&[press(key(code).ok_or(Error::Key(code))?, down)])
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        let mut inputs = Vec::new();
        for unit in text.encode_utf16() {
            // Programs look for these keys, not for the characters.
            let as_key = match unit {
                0x0a | 0x0d => Some(VK_RETURN),
                0x09 => Some(VK_TAB),
                _ => None,
            };
            for up in [KEYBD_EVENT_FLAGS(0), KEYEVENTF_KEYUP] {
                inputs.push(match as_key {
                    Some(vk) => keyboard(vk, 0, up),
                    None => keyboard(VIRTUAL_KEY(0), unit, KEYEVENTF_UNICODE | up),
                });
            }
        }
        send(&inputs)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_pixel_is_met_by_the_number_that_is_sent_for_it() {
        for pixels in [1, 640, 1280, 1366, 1920, 3840, 5760] {
            for at in 0..pixels {
                let sent = i64::from(normalised(u16::try_from(at).unwrap(), pixels));
                assert_eq!(sent * i64::from(pixels) / 65536, i64::from(at), "{at} of {pixels}");
            }
        }
    }

    #[test]
    fn keys_have_the_scan_codes_of_their_places() {
        assert_eq!(key(30), Some(Key::Place(0x1e, false)));
        assert_eq!(key(88), Some(Key::Place(0x58, false)));
        assert_eq!(key(100), Some(Key::Place(0x38, true)));
        assert_eq!(key(103), Some(Key::Place(0x48, true)));
        assert_eq!(key(89), Some(Key::Place(0x73, false)), "the key beside the right shift of ABNT2");
        assert_eq!(key(0), None);
        assert_eq!(key(600), None);
    }
}
