//! Turns the window system's events over the viewer into [`RawInput`] for the customer and [`Command`]s for the viewer's own
//! shortcuts, and leaves the rest to the toolkit. Knows no key map: that is the attendant side's.

use i_slint_backend_winit::{EventResult, winit};
use winit::event::{ElementState, KeyEvent, MouseScrollDelta, WindowEvent};
use winit::keyboard::{KeyCode, ModifiersState, PhysicalKey};
use winit::platform::scancode::PhysicalKeyExtScancode;

use super::command::Command;
use super::surface::{Area, MouseButton, RawInput, Surface};
use super::view_model::ControlState;

/// Pixels of a smooth wheel that make one notch.
const PIXELS_PER_NOTCH: f64 = 40.0;

/// Where the pointer is, what is held.
#[derive(Debug, Default)]
pub(super) struct ViewerInput {
    at: (f64, f64),
    /// Buttons that went down over the picture: their way and end belong to it.
    held: Vec<MouseButton>,
    modifiers: ModifiersState,
}

impl ViewerInput {
    /// Takes one event. `live`: what is over the picture goes to the customer.
    pub fn take(
        &mut self,
        event: &WindowEvent,
        surface: Option<&Surface>,
        live: bool,
        control: ControlState,
        inputs: &mut Vec<RawInput>,
        commands: &mut Vec<Command>,
    ) -> EventResult {
        match event {
            WindowEvent::ModifiersChanged(modifiers) => {
                self.modifiers = modifiers.state();
                EventResult::Propagate
            }
            WindowEvent::Focused(false) => {
                self.held.clear();
                inputs.push(RawInput::FocusLost);
                EventResult::Propagate
            }
            WindowEvent::KeyboardInput { event, is_synthetic, .. } => {
                if let Some(command) = self.shortcut(event, control) {
                    if event.state == ElementState::Pressed && !event.repeat && !is_synthetic {
                        commands.push(command);
                    }
                    return EventResult::PreventDefault;
                }
                if !live {
                    return EventResult::Propagate;
                }
                // Keys held when the window gets the focus were pressed for somebody else.
                let down = event.state == ElementState::Pressed;
                if !(*is_synthetic && down)
                    && let Some(scan) = event.physical_key.to_scancode().and_then(evdev)
                {
                    inputs.push(RawInput::Key {
                        scan,
                        text: event.text.as_ref().filter(|_| down).map(|t| t.to_string()),
                        down,
                        repeat: event.repeat,
                    });
                }
                EventResult::PreventDefault
            }
            WindowEvent::CursorMoved { position, .. } => {
                self.at = (position.x, position.y);
                match surface {
                    Some(surface) if live && (!self.held.is_empty() || over(surface, self.at)) => {
                        inputs.push(self.pointer(&surface.area));
                        EventResult::PreventDefault
                    }
                    _ => EventResult::Propagate,
                }
            }
            WindowEvent::MouseInput { state, button, .. } => {
                let Some(button) = known(*button) else { return EventResult::Propagate };
                let down = *state == ElementState::Pressed;
                let was_held = self.held.contains(&button);
                if !down {
                    self.held.retain(|b| *b != button);
                }
                match surface {
                    Some(surface) if live && (was_held || (down && over(surface, self.at))) => {
                        if down && !was_held {
                            self.held.push(button);
                        }
                        inputs.push(self.pointer(&surface.area));
                        inputs.push(RawInput::Button { button, down });
                        EventResult::PreventDefault
                    }
                    _ => EventResult::Propagate,
                }
            }
            WindowEvent::MouseWheel { delta, .. } => match surface {
                Some(surface) if live && over(surface, self.at) => {
                    let (dx, dy) = match delta {
                        MouseScrollDelta::LineDelta(x, y) => (*x, *y),
                        MouseScrollDelta::PixelDelta(p) => {
                            ((p.x / PIXELS_PER_NOTCH) as f32, (p.y / PIXELS_PER_NOTCH) as f32)
                        }
                    };
                    inputs.push(RawInput::Wheel { dx, dy });
                    EventResult::PreventDefault
                }
                _ => EventResult::Propagate,
            },
            _ => EventResult::Propagate,
        }
    }

    /// What Ctrl+Alt+Shift and a letter mean here.
    fn shortcut(&self, event: &KeyEvent, control: ControlState) -> Option<Command> {
        let all = ModifiersState::CONTROL | ModifiersState::ALT | ModifiersState::SHIFT;
        if !self.modifiers.contains(all) {
            return None;
        }
        match event.physical_key {
            PhysicalKey::Code(KeyCode::KeyT) => Some(Command::ToggleToolbar),
            PhysicalKey::Code(KeyCode::KeyF) => Some(Command::ToggleFullScreen),
            PhysicalKey::Code(KeyCode::KeyV) => Some(Command::SetControl(control != ControlState::Control)),
            PhysicalKey::Code(KeyCode::KeyI) => Some(Command::ToggleConnectionPanel),
            PhysicalKey::Code(KeyCode::KeyD) => Some(Command::CtrlAltDel),
            PhysicalKey::Code(KeyCode::KeyA) => Some(Command::AskAdministrator),
            PhysicalKey::Code(KeyCode::KeyQ) => Some(Command::End),
            _ => None,
        }
    }

    fn pointer(&self, area: &Area) -> RawInput {
        RawInput::Pointer {
            x: (self.at.0 - f64::from(area.x)).clamp(0.0, f64::from(area.width.saturating_sub(1))),
            y: (self.at.1 - f64::from(area.y)).clamp(0.0, f64::from(area.height.saturating_sub(1))),
        }
    }
}

/// Over the picture and over nothing that covers it.
fn over(surface: &Surface, at: (f64, f64)) -> bool {
    inside(&surface.area, at) && !surface.holes.iter().any(|hole| inside(hole, at))
}

fn inside(area: &Area, (x, y): (f64, f64)) -> bool {
    let (left, top) = (f64::from(area.x), f64::from(area.y));
    x >= left && y >= top && x < left + f64::from(area.width) && y < top + f64::from(area.height)
}

fn known(button: winit::event::MouseButton) -> Option<MouseButton> {
    use winit::event::MouseButton as Theirs;
    Some(match button {
        Theirs::Left => MouseButton::Left,
        Theirs::Middle => MouseButton::Middle,
        Theirs::Right => MouseButton::Right,
        Theirs::Back => MouseButton::Back,
        Theirs::Forward => MouseButton::Forward,
        Theirs::Other(_) => return None,
    })
}
/// The Linux evdev code of a key, from what the system calls its place.
#[cfg(not(windows))]
fn evdev(scan: u32) -> Option<u32> {
    Some(scan)
}

/// The same from scan codes of set 1, where keys of the second block begin with 0xe0.
#[cfg(windows)]
fn evdev(scan: u32) -> Option<u32> {
    Some(match scan {
        1..=83 | 86..=88 => scan,
        0x73 => 89,
        0x79 => 92,
        0x70 => 93,
        0x7b => 94,
        0x7e => 121,
        0x7d => 124,
        0x64..=0x6e => scan - 0x64 + 183,
        0x76 => 194,
        0xe01c => 96,
        0xe01d => 97,
        0xe035 => 98,
        0xe037 => 99,
        0xe038 => 100,
        0xe047 => 102,
        0xe048 => 103,
        0xe049 => 104,
        0xe04b => 105,
        0xe04d => 106,
        0xe04f => 107,
        0xe050 => 108,
        0xe051 => 109,
        0xe052 => 110,
        0xe053 => 111,
        0xe020 => 113,
        0xe02e => 114,
        0xe030 => 115,
        0xe11d45 | 0xe046 => 119,
        // Windows tells of Num Lock as of a key of the second block, and of Pause as of the first.
        0xe045 => 69,
        0xe05b => 125,
        0xe05c => 126,
        0xe05d => 127,
        _ => return None,
    })
}
