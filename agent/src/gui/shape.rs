//! Rounded outlines as flat rectangles, for window regions: the renderer has no transparent windows to round corners with.

use super::surface::Area;

/// A rectangle with round corners (all four, or only the lower two) as rectangles that do not overlap.
pub(super) fn rounded(area: Area, radius: u32, round_top: bool) -> Vec<Area> {
    let r = radius.min(area.width / 2).min(area.height / 2);
    let top = if round_top { r } else { 0 };
    let mut rows = Vec::with_capacity(2 * r as usize + 1);
    let row = |y: u32, inset: u32| Area {
        x: area.x + inset as i32,
        y: area.y + y as i32,
        width: area.width - 2 * inset,
        height: 1,
    };
    // How far the outline is from the side, `line` pixels away from the rounded edge.
    let inset = |line: u32| {
        let dy = f64::from(r) - f64::from(line) - 0.5;
        (f64::from(r) - (f64::from(r).powi(2) - dy.powi(2)).sqrt()).round() as u32
    };
    rows.extend((0..top).map(|line| row(line, inset(line))));
    rows.push(Area { y: area.y + top as i32, height: area.height - top - r, ..area });
    rows.extend((0..r).rev().map(|line| row(area.height - 1 - line, inset(line))));
    rows.retain(|a| a.width > 0 && a.height > 0);
    rows
}

/// Cuts session bars to their outlines, and keeps them above all other windows.
#[derive(Default)]
pub(super) struct Outlines {
    #[cfg(any(target_os = "linux", windows))]
    os: std::cell::RefCell<os::Outlines>,
}

impl Outlines {
    /// The bar with round lower corners and, when open, the panel below a gap. To be called whenever the bar may have
    /// another size or lie below another window; what is as it was costs one request without an answer.
    #[cfg(any(target_os = "linux", windows))]
    pub fn cut_bar(&self, window: u32, size: slint::PhysicalSize, bar_height: u32, radius: f32, gap: f32) {
        let bar_height = bar_height.min(size.height);
        let bar = Area { x: 0, y: 0, width: size.width, height: bar_height };
        let mut rows = rounded(bar, radius as u32, false);
        let below = bar_height + gap as u32;
        if size.height > below {
            rows.extend(rounded(Area { y: below as i32, height: size.height - below, ..bar }, radius as u32, true));
        }
        // Busy: the window's system has asked while it was being told.
        let Ok(mut os) = self.os.try_borrow_mut() else { return };
        if let Err(error) = os.set(window, rows) {
            tracing::debug!(%error, "the session bar stays square");
        }
    }

    #[cfg(not(any(target_os = "linux", windows)))]
    pub fn cut_bar(&self, _: u32, _: slint::PhysicalSize, _: u32, _: f32, _: f32) {}
}

#[cfg(windows)]
#[path = "shape/windows.rs"]
mod os;

#[cfg(target_os = "linux")]
mod os {
    use std::collections::HashMap;

    use x11rb::connection::Connection;
    use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
    use x11rb::protocol::xproto::{ClipOrdering, ConfigureWindowAux, ConnectionExt as _, Rectangle, StackMode};
    use x11rb::rust_connection::RustConnection;

    use super::Area;

    /// One connection for as long as the program runs, and what each window was cut to.
    #[derive(Default)]
    pub(super) struct Outlines {
        connection: Option<RustConnection>,
        cut: HashMap<u32, Vec<Area>>,
    }

    impl Outlines {
        /// Sets the outline if it is another, and puts the window above all others again.
        pub fn set(&mut self, window: u32, rows: Vec<Area>) -> Result<(), Box<dyn std::error::Error>> {
            let connection = match self.connection.take() {
                Some(connection) => connection,
                None => x11rb::connect(None)?.0,
            };
            // Errors of requests without an answer (a window that is gone) are read here, or they would pile up.
            while connection.poll_for_event()?.is_some() {}
            if self.cut.get(&window) != Some(&rows) {
                let rectangles: Vec<Rectangle> = rows
                    .iter()
                    .map(|a| Rectangle { x: a.x as i16, y: a.y as i16, width: a.width as u16, height: a.height as u16 })
                    .collect();
                let set = connection
                    .shape_rectangles(SO::SET, SK::BOUNDING, ClipOrdering::UNSORTED, window, 0, 0, &rectangles)?
                    .check();
                match set {
                    Ok(()) => self.cut.insert(window, rows),
                    Err(error) => {
                        self.cut.remove(&window);
                        self.connection = Some(connection);
                        return Err(error.into());
                    }
                };
            }
            connection.configure_window(window, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE))?;
            connection.flush()?;
            self.connection = Some(connection);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_rows_cover_each_line_once_and_never_leave_the_area() {
        let area = Area { x: 5, y: 7, width: 60, height: 40 };
        for (radius, round_top) in [(0, true), (10, true), (10, false), (99, true)] {
            let rows = rounded(area, radius, round_top);
            let lines: u32 = rows.iter().map(|r| r.height).sum();
            assert_eq!(lines, area.height, "radius {radius}");
            assert!(rows.iter().all(|r| r.x >= area.x && r.x + r.width as i32 <= area.x + area.width as i32));
        }
    }
}
