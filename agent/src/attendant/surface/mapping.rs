//! Which pixel of the customer's screen is where in the picture area. Arithmetic only.

use super::{Area, Point, Rect, Size};

/// How the picture fills its area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// As large as fits, all of it, same proportions.
    #[default]
    Scaled,
    /// Pixel for pixel. Where the screen is larger than the area, this pixel of it is at the top left corner (held inside what makes sense).
    Actual {
        /// From the left.
        x: u16,
        /// From the top.
        y: u16,
    },
}

/// The customer's screen in the picture area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    screen: Size,
    view: View,
    area: (u32, u32),
    /// The picture in the area, margins left out.
    picture: Area,
    /// The part of the screen that is in the picture.
    part: Rect,
}

impl Mapping {
    /// For a screen in an area.
    pub fn new(screen: Size, area: Area, view: View) -> Self {
        let (area_width, area_height) = (area.width.max(1), area.height.max(1));
        let (width, height) = (u32::from(screen.width), u32::from(screen.height));
        let (picture, part) = match view {
            View::Scaled => {
                // Whole pixels: the tighter side fills the area, the other is rounded.
                let wide = u64::from(area_width) * u64::from(height) <= u64::from(area_height) * u64::from(width);
                let scaled = |side: u32, by: u32, of: u32| {
                    u32::try_from((u64::from(side) * u64::from(by) + u64::from(of) / 2) / u64::from(of.max(1)))
                        .unwrap_or(u32::MAX)
                        .max(1)
                };
                let (w, h) = if wide {
                    (area_width, scaled(height, area_width, width).min(area_height))
                } else {
                    (scaled(width, area_height, height).min(area_width), area_height)
                };
                (centred(w, h, area_width, area_height), screen.rect())
            }
            View::Actual { x, y } => {
                let axis = |offset: u16, side: u32, room: u32| {
                    let shown = side.min(room);
                    (u32::from(offset).min(side - shown), shown)
                };
                let (x, w) = axis(x, width, area_width);
                let (y, h) = axis(y, height, area_height);
                let narrow = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
                (
                    centred(w, h, area_width, area_height),
                    Rect { x: narrow(x), y: narrow(y), width: narrow(w), height: narrow(h) },
                )
            }
        };
        Self { screen, view, area: (area_width, area_height), picture, part }
    }

    /// The customer's screen.
    pub fn screen(&self) -> Size {
        self.screen
    }

    /// The picture in the area, relative to the area's top left corner.
    pub fn picture(&self) -> Area {
        self.picture
    }

    /// The part of the screen that is in the picture: all of it when scaled.
    pub fn part(&self) -> Rect {
        self.part
    }

    /// Width and height of the area.
    pub fn area(&self) -> (u32, u32) {
        self.area
    }

    /// Pixels of the area for one of the screen.
    pub fn scale(&self) -> f64 {
        f64::from(self.picture.width) / f64::from(self.part.width.max(1))
    }

    /// The customer's pixel under a place in the area (physical pixels from its top left corner); `None` over the margins.
    pub fn to_remote(self, x: f64, y: f64) -> Option<Point> {
        let axis = |at: f64, start: i32, length: u32, from: u16, pixels: u16| {
            let inside = at - f64::from(start);
            (inside >= 0.0 && inside < f64::from(length)).then(|| {
                let pixel = (inside * f64::from(pixels) / f64::from(length)) as u16;
                from + pixel.min(pixels.saturating_sub(1))
            })
        };
        Some(Point {
            x: axis(x, self.picture.x, self.picture.width, self.part.x, self.part.width)?,
            y: axis(y, self.picture.y, self.picture.height, self.part.y, self.part.height)?,
        })
    }

    /// The customer's pixel nearest to a place in the area, also from the margins: for a drag that leaves the picture.
    pub fn to_remote_clamped(self, x: f64, y: f64) -> Point {
        let hold =
            |at: f64, start: i32, length: u32| at.clamp(f64::from(start), f64::from(start) + f64::from(length) - 0.001);
        let (x, y) = (hold(x, self.picture.x, self.picture.width), hold(y, self.picture.y, self.picture.height));
        self.to_remote(x, y).unwrap_or(Point { x: self.part.x, y: self.part.y })
    }

    /// The pixels of the area that these pixels of the screen colour; `None` when they are outside the view.
    pub fn to_area(self, rect: Rect) -> Option<Area> {
        let rect = rect.intersect(self.part)?;
        let axis = |near: u32, far: u32, from: u16, pixels: u16, start: i32, length: u32| {
            let (near, far) = (u64::from(near - u32::from(from)), u64::from(far - u32::from(from)));
            let (length, pixels) = (u64::from(length), u64::from(pixels.max(1)));
            // A scaled pixel mixes neighbours: what one pixel of the screen colours reaches further by one of them on each side.
            let spread = if length == pixels { 0 } else { length.div_ceil(pixels) };
            let first = (near * length / pixels).saturating_sub(spread);
            let last = ((far * length).div_ceil(pixels) + spread).min(length);
            (start + i32::try_from(first).unwrap_or(0), u32::try_from(last - first).unwrap_or(0))
        };
        let (x, width) =
            axis(rect.x.into(), rect.right(), self.part.x, self.part.width, self.picture.x, self.picture.width);
        let (y, height) =
            axis(rect.y.into(), rect.bottom(), self.part.y, self.part.height, self.picture.y, self.picture.height);
        Some(Area { x, y, width, height })
    }
}

/// A rectangle in the middle of another at the origin.
fn centred(width: u32, height: u32, area_width: u32, area_height: u32) -> Area {
    let start = |inner: u32, outer: u32| i32::try_from((outer - inner) / 2).unwrap_or(0);
    Area { x: start(width, area_width), y: start(height, area_height), width, height }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn area(width: u32, height: u32) -> Area {
        Area { x: 100, y: 50, width, height }
    }

    const SCREEN: Size = Size { width: 1920, height: 1080 };

    #[test]
    fn a_scaled_picture_keeps_its_proportions_and_is_in_the_middle() {
        let mapping = Mapping::new(SCREEN, area(960, 700), View::Scaled);
        assert_eq!(mapping.picture(), Area { x: 0, y: 80, width: 960, height: 540 });
        assert_eq!(mapping.to_remote(0.0, 79.9), None);
        assert_eq!(mapping.to_remote(0.0, 80.0), Some(Point { x: 0, y: 0 }));
        assert_eq!(mapping.to_remote(959.9, 619.9), Some(Point { x: 1919, y: 1079 }));
        assert_eq!(mapping.to_remote_clamped(-50.0, 5_000.0), Point { x: 0, y: 1079 });
    }

    #[test]
    fn pixel_for_pixel_shows_the_chosen_part_and_no_further_than_the_edge() {
        let mapping = Mapping::new(SCREEN, area(800, 600), View::Actual { x: 5_000, y: 100 });
        assert_eq!(mapping.part(), Rect { x: 1120, y: 100, width: 800, height: 600 });
        assert_eq!(mapping.to_remote(0.5, 0.5), Some(Point { x: 1120, y: 100 }));
        let small = Mapping::new(Size { width: 100, height: 100 }, area(800, 600), View::Actual { x: 0, y: 0 });
        assert_eq!(small.picture(), Area { x: 350, y: 250, width: 100, height: 100 });
        assert_eq!(
            small.to_area(Rect { x: 10, y: 0, width: 5, height: 5 }),
            Some(Area { x: 360, y: 250, width: 5, height: 5 })
        );
    }

    #[test]
    fn every_pixel_of_a_damaged_part_is_in_the_area_it_is_mapped_to() {
        for (screen, width, height) in
            [(SCREEN, 777, 555), (SCREEN, 2_500, 1_300), (Size { width: 3, height: 7 }, 640, 480), (SCREEN, 1, 1)]
        {
            let mapping = Mapping::new(screen, area(width, height), View::Scaled);
            let rect = Rect {
                x: screen.width / 3,
                y: screen.height / 3,
                width: (screen.width / 4).max(1),
                height: (screen.height / 4).max(1),
            };
            let mapped = mapping.to_area(rect).unwrap();
            for y in 0..height {
                for x in 0..width {
                    let Some(point) = mapping.to_remote(f64::from(x) + 0.5, f64::from(y) + 0.5) else { continue };
                    let damaged = Rect { x: point.x, y: point.y, width: 1, height: 1 }.intersect(rect).is_some();
                    let inside = i64::from(x) >= i64::from(mapped.x)
                        && i64::from(y) >= i64::from(mapped.y)
                        && i64::from(x) < i64::from(mapped.x) + i64::from(mapped.width)
                        && i64::from(y) < i64::from(mapped.y) + i64::from(mapped.height);
                    assert!(!damaged || inside, "{x},{y} of {width}x{height}");
                }
            }
        }
    }
}
