//! Where a point of the customer's screen is shown on the attendant's, found by looking at both.
//!
//! The viewer is put to 1:1 first, so that a part of the customer's screen can be found pixel by pixel.

use anyhow::{Context, Result};

use crate::picture::{Picture, Rect};
use crate::wait;
use crate::world::{Computer, VIEWER};

/// What the viewer does to coordinates: at 1:1, a shift.
#[derive(Debug, Clone, Copy)]
pub struct Lens {
    dx: i32,
    dy: i32,
}

/// A part of the screen that has something on it: the search starts where the picture changes.
const PROBE: (i32, i32) = (96, 40);

impl Lens {
    /// Puts the viewer to 1:1 and finds the customer's screen in it.
    pub fn over(customer: &Computer, attendant: &Computer) -> Result<Self> {
        let scale = || -> Result<String> {
            Ok(attendant.screen().page()?.all["viewer"]["scale"].as_str().unwrap_or_default().to_owned())
        };
        if scale()? != "OneToOne" {
            attendant.click(VIEWER, "Ajustada")?;
            wait::until_true("the viewer to be at 1:1", wait::PATIENCE, || Ok(scale()? == "OneToOne"))?;
        }
        wait::until("the customer's screen in the viewer", wait::PATIENCE, || {
            let source = customer.display.picture()?;
            let shown = attendant.display.picture()?;
            for at in candidates(&source) {
                let part = source.cut(Rect { x: at.0, y: at.1, width: PROBE.0, height: PROBE.1 });
                if let Some((x, y)) = shown.find(&part) {
                    return Ok(Some(Lens { dx: x as i32 - at.0, dy: y as i32 - at.1 }));
                }
            }
            Ok(None)
        })
    }

    /// A point of the customer's screen, on the attendant's.
    pub fn to_attendant(self, (x, y): (i32, i32)) -> (i32, i32) {
        (x + self.dx, y + self.dy)
    }

    /// Waits until a rectangle of the customer's screen is shown exactly.
    pub fn wait_same(&self, customer: &Computer, attendant: &Computer, rect: Rect) -> Result<()> {
        Self::wait_same_through(|| Ok(*self), customer, attendant, rect)
    }

    /// Waits until a rectangle of the customer's screen is shown exactly, wherever that is: looks for the screen anew each time. For a
    /// picture that is about to move, as after a change of the screen's size.
    pub fn wait_same_anywhere(customer: &Computer, attendant: &Computer, rect: Rect) -> Result<()> {
        Self::wait_same_through(|| Self::over(customer, attendant), customer, attendant, rect)
    }

    fn wait_same_through(
        lens: impl Fn() -> Result<Self>,
        customer: &Computer,
        attendant: &Computer,
        rect: Rect,
    ) -> Result<()> {
        let mut differing = 0;
        let same = wait::until_true("the picture seen to be the picture shown", wait::PATIENCE, || {
            let (x, y) = lens()?.to_attendant((rect.x, rect.y));
            let source = customer.display.picture()?.cut(rect);
            let shown = attendant.display.picture()?.cut(Rect { x, y, ..rect });
            differing = source.differing(&shown);
            Ok(differing == 0)
        });
        if same.is_err() {
            // Kept with everything else where AMPARO_KEEP says.
            customer.screenshot(&customer.folder().join("picture-shown.png"))?;
            attendant.screenshot(&attendant.folder().join("picture-seen.png"))?;
        }
        same.with_context(|| format!("{differing} of {} pixels differ", rect.width * rect.height))
    }
}

/// Places with many colours, so that they are found in one place only.
pub(crate) fn candidates(source: &Picture) -> Vec<(i32, i32)> {
    let mut found: Vec<(usize, (i32, i32))> = Vec::new();
    let (mut y, right, below) = (120, source.width as i32 - PROBE.0, source.height as i32 - PROBE.1);
    while y < below {
        let mut x = 40;
        while x < right {
            let part = source.cut(Rect { x, y, width: PROBE.0, height: PROBE.1 });
            let colours = part.colours(200);
            if colours > 24 {
                found.push((colours, (x, y)));
            }
            x += 61;
        }
        y += 53;
    }
    found.sort_by_key(|(colours, _)| std::cmp::Reverse(*colours));
    found.into_iter().take(6).map(|(_, at)| at).collect()
}
