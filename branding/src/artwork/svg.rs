//! SVG drawings as pixels. A drawing only draws: what runs, loads or waits for its reader's fonts is a reason to refuse it, with its name.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

use super::{Beside, Picture, PictureError};

/// The longer side of the made picture, in pixels: the largest icon, at twice its size.
const SIDE_PX: f32 = 512.0;
/// Elements of a drawing.
const ELEMENTS_MAX: usize = 20_000;
/// Elements that do something else than draw, or that draw what is elsewhere.
const NOT_DRAWING: [&str; 14] = [
    "script",
    "foreignObject",
    "iframe",
    "object",
    "embed",
    "audio",
    "video",
    "image",
    "feImage",
    "animate",
    "animateMotion",
    "animateTransform",
    "set",
    "handler",
];

/// The picture of this drawing.
pub(super) fn drawn(text: &str) -> Result<Picture, PictureError> {
    let failed = |error: &dyn std::fmt::Display| PictureError::Drawing(error.to_string());
    // A document type could name other files and multiply text: it is not read at all.
    let document = roxmltree::Document::parse(text).map_err(|error| match error {
        roxmltree::Error::DtdDetected => PictureError::NotADrawing(Beside::DocumentType),
        error => failed(&error),
    })?;
    if document.root_element().tag_name().name() != "svg" {
        return Err(PictureError::Kind);
    }
    only_draws(&document)?;
    let tree = Tree::from_xmltree(&document, &Options::default()).map_err(|error| failed(&error))?;
    let size = tree.size();
    let scale = SIDE_PX / size.width().max(size.height());
    let side = |length: f32| (length * scale).round().max(1.0);
    let (width, height) = (side(size.width()), side(size.height()));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 512")]
    let (width_px, height_px) = (width as u32, height as u32);
    super::allowed(width_px, height_px)?;
    let mut pixels = Pixmap::new(width_px, height_px).ok_or_else(|| failed(&"no memory"))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    let rgba = pixels.pixels().iter().flat_map(|pixel| {
        let pixel = pixel.demultiply();
        [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()]
    });
    Ok(Picture { width_px, height_px, rgba: rgba.collect() })
}

fn only_draws(document: &roxmltree::Document<'_>) -> Result<(), PictureError> {
    let no = |what: Beside| Err(PictureError::NotADrawing(what));
    for (count, node) in document.descendants().filter(roxmltree::Node::is_element).enumerate() {
        if count >= ELEMENTS_MAX {
            return no(Beside::Elements(ELEMENTS_MAX));
        }
        let name = node.tag_name().name();
        if NOT_DRAWING.iter().any(|other| name.eq_ignore_ascii_case(other)) {
            return no(Beside::Element(name.escape_debug().to_string()));
        }
        if name == "text" {
            return no(Beside::Text);
        }
        for attribute in node.attributes() {
            let (name, value) = (attribute.name(), attribute.value().trim().to_ascii_lowercase());
            if name.len() > 2 && name[..2].eq_ignore_ascii_case("on") {
                return no(Beside::Script(name.escape_debug().to_string()));
            }
            if name == "href" && !value.starts_with('#') {
                return no(Beside::Reference(name.to_owned()));
            }
            if value.contains("javascript:")
                || (value.contains("url(") && !value.replace(['"', '\''], "").contains("url(#"))
            {
                return no(Beside::Reference(name.escape_debug().to_string()));
            }
        }
        if name == "style" && node.text().is_some_and(|css| css.contains("@import") || css.contains("url(")) {
            return no(Beside::Style);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HEAD: &str =
        r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 5">"#;

    #[test]
    fn a_drawing_is_drawn_with_its_proportions_and_colours() {
        let picture = drawn(&format!("{HEAD}<rect width='10' height='5' fill='#2F4FA0'/></svg>")).unwrap();
        assert_eq!((picture.width_px, picture.height_px), (512, 256));
        assert_eq!(picture.rgba[..4], [0x2F, 0x4F, 0xA0, 255]);
    }

    #[test]
    fn whatever_runs_loads_or_waits_in_a_drawing_is_refused_by_name() {
        let entity = r#"<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>"#;
        let wrong = [
            ("<script>alert(1)</script>", "<script>"),
            ("<SCRIPT/>", "<SCRIPT>"),
            ("<rect onload='alert(1)' width='1' height='1'/>", "`onload`"),
            ("<a xlink:href='javascript:alert(1)'/>", "outside"),
            ("<use href='http://elsewhere.example/x.svg#a'/>", "outside"),
            ("<image href='file:///etc/passwd'/>", "<image>"),
            ("<rect width='1' height='1' fill='url(http://elsewhere.example/#a)'/>", "`fill`"),
            ("<style>@import 'http://elsewhere.example/x.css';</style>", "style"),
            ("<foreignObject/>", "<foreignObject>"),
            ("<text>Varanda</text>", "outlines"),
            ("<animate attributeName='x'/>", "<animate>"),
        ];
        for (inside, named) in wrong {
            let error = drawn(&format!("{HEAD}{inside}</svg>")).unwrap_err();
            assert!(matches!(error, PictureError::NotADrawing(_)), "{inside}: {error}");
            assert!(error.to_string().contains(named), "{inside}: {error}");
        }
        assert!(matches!(drawn(entity), Err(PictureError::NotADrawing(_))));
        assert!(matches!(drawn("<html/>"), Err(PictureError::Kind)));
        assert!(matches!(drawn("<svg"), Err(PictureError::Drawing(_))));
    }
}
