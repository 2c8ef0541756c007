//! What is held down, and what of a wheel is left over: the same for every system, and without one.

use protocol::message::input::{Button, Input};

use crate::{Error, Injector, inject::Backend};

/// One notch of a wheel.
const NOTCH: i32 = 120;
/// A single message turns the wheel no further, in notches.
const NOTCHES_MAX: i32 = 30;
/// Shift, control, alt and the system keys (`linux/input-event-codes.h`): they would turn text into something else.
const MODIFIERS: [u16; 8] = [29, 42, 54, 56, 97, 100, 125, 126];

/// An [`Injector`] over a backend.
pub(crate) struct Hands<B: Backend> {
    backend: B,
    keys: Vec<u16>,
    buttons: Vec<Button>,
    wheel: (i32, i32),
}

impl<B: Backend> Hands<B> {
    pub(crate) fn new(backend: B) -> Self {
        Self { backend, keys: Vec::new(), buttons: Vec::new(), wheel: (0, 0) }
    }

    fn key(&mut self, code: u16, down: bool) -> Result<(), Error> {
        if self.keys.contains(&code) == down {
            return Ok(());
        }
        self.backend.key(code, down)?;
        if down {
            self.keys.push(code);
        } else {
            self.keys.retain(|held| *held != code);
        }
        Ok(())
    }

    fn button(&mut self, button: Button, down: bool) -> Result<(), Error> {
        if self.buttons.contains(&button) == down {
            return Ok(());
        }
        self.backend.button(button, down)?;
        if down {
            self.buttons.push(button);
        } else {
            self.buttons.retain(|held| *held != button);
        }
        Ok(())
    }

    fn wheel(&mut self, dx: i16, dy: i16) -> Result<(), Error> {
        let turn = |left: &mut i32, by: i16| {
            *left += i32::from(by);
            let notches = *left / NOTCH;
            *left %= NOTCH;
            notches.clamp(-NOTCHES_MAX, NOTCHES_MAX)
        };
        let (right, down) = (turn(&mut self.wheel.0, dx), turn(&mut self.wheel.1, dy));
        if (right, down) == (0, 0) { Ok(()) } else { self.backend.wheel(right, down) }
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        let held: Vec<u16> = self.keys.iter().copied().filter(|code| MODIFIERS.contains(code)).collect();
        for code in &held {
            self.backend.key(*code, false)?;
        }
        let typed = self.backend.text(text);
        for code in &held {
            self.backend.key(*code, true)?;
        }
        typed
    }

    /// Lets go of everything, also when something of it fails.
    fn release(&mut self) -> Result<(), Error> {
        self.wheel = (0, 0);
        let keys = std::mem::take(&mut self.keys).into_iter().rev();
        let keys: Vec<_> = keys.map(|code| self.backend.key(code, false)).collect();
        let buttons = std::mem::take(&mut self.buttons).into_iter().rev();
        let buttons: Vec<_> = buttons.map(|button| self.backend.button(button, false)).collect();
        keys.into_iter().chain(buttons).collect()
    }
}

impl<B: Backend> Injector for Hands<B> {
    fn inject(&mut self, input: &Input) -> Result<(), Error> {
        match input {
            Input::Move { x, y } => self.backend.place(*x, *y),
            Input::Button { button, down } => self.button(*button, *down),
            Input::Wheel { dx, dy } => self.wheel(*dx, *dy),
            Input::Key { code, down } => self.key(*code, *down),
            Input::Text(text) => self.text(text.as_str()),
            Input::ReleaseAll => self.release(),
        }
    }
}

impl<B: Backend> Drop for Hands<B> {
    fn drop(&mut self) {
        if let Err(error) = self.release() {
            tracing::warn!(%error, "something may be held down");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::inject::recorder::{Event, Recorder};

    fn hands() -> (Hands<Recorder>, impl Fn() -> Vec<Event>) {
        let recorder = Recorder::default();
        let events = recorder.events();
        (Hands::new(recorder), move || std::mem::take(&mut *events.lock().unwrap()))
    }

    #[test]
    fn what_is_held_is_released_once_at_the_end() {
        let (mut hands, events) = hands();
        for input in [
            Input::Key { code: 42, down: true },
            Input::Key { code: 42, down: true },
            Input::Key { code: 30, down: false },
            Input::Button { button: Button::Left, down: true },
        ] {
            hands.inject(&input).unwrap();
        }
        assert_eq!(events(), [Event::Key(42, true), Event::Button(Button::Left, true)]);
        hands.inject(&Input::ReleaseAll).unwrap();
        assert_eq!(events(), [Event::Key(42, false), Event::Button(Button::Left, false)]);
        hands.inject(&Input::Key { code: 29, down: true }).unwrap();
        drop(hands);
        assert_eq!(events(), [Event::Key(29, true), Event::Key(29, false)]);
    }

    #[test]
    fn text_is_typed_without_the_modifiers_that_are_held() {
        let (mut hands, events) = hands();
        hands.inject(&Input::Key { code: 100, down: true }).unwrap();
        hands.inject(&Input::Text("ß".to_owned().try_into().unwrap())).unwrap();
        let down = Event::Key(100, true);
        assert_eq!(events(), [down.clone(), Event::Key(100, false), Event::Text("ß".to_owned()), down]);
    }

    #[test]
    fn small_turns_of_the_wheel_add_up_to_notches() {
        let (mut hands, events) = hands();
        for _ in 0..5 {
            hands.inject(&Input::Wheel { dx: 0, dy: 50 }).unwrap();
        }
        assert_eq!(events(), [Event::Wheel(0, 1), Event::Wheel(0, 1)]);
        hands.inject(&Input::Wheel { dx: -120, dy: i16::MIN }).unwrap();
        assert_eq!(events(), [Event::Wheel(-1, -NOTCHES_MAX)]);
    }
}
