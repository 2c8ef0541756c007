//! Every page can be drawn in every language, light and dark, and nothing on it is empty.
#![allow(clippy::unwrap_used)]

#[path = "../examples/pages/samples.rs"]
mod samples;

use std::collections::HashSet;

use amparo_agent::gui::picture::{Setting, Studio, Which};
use amparo_agent::gui::strings::Language;
use amparo_agent::gui::strings::words::{Terms, Words};
use amparo_agent::gui::view_model::Theme;

#[test]
fn every_text_exists_in_every_language_and_keeps_its_marks() {
    for language in Language::ALL {
        for (name, text) in Words::of(language).rows().into_iter().chain(Terms::of(language).rows()) {
            assert!(!text.trim().is_empty(), "{name} is empty in {}", language.tag());
            assert_eq!(text.matches("**").count() % 2, 0, "{name} has an open mark in {}", language.tag());
            assert!(!text.contains('!'), "{name} shouts in {}", language.tag());
        }
    }
}

#[test]
fn every_page_is_drawn_in_three_languages_light_and_dark_and_no_two_are_the_same() {
    let studio = Studio::new().unwrap();
    for (name, which, mut view) in samples::all() {
        let mut seen = HashSet::new();
        for theme in [Theme::Light, Theme::Dark] {
            for language in Language::ALL {
                view.theme = theme;
                view.language = language;
                let (width, height) = match which {
                    Which::Main => (440, 680),
                    Which::Bar => (0, 0),
                    Which::Viewer => (1280, 800),
                };
                let picture =
                    studio.take(&view, which, Setting { width, height, scale: 1.0, text_scale: 1.0 }).unwrap();
                assert!(has_more_colours_than(8, &picture.rgb), "{name} in {} is blank", language.tag());
                seen.insert(picture.rgb);
            }
        }
        // The two themes always differ on the main window; the bar looks the same on every desktop.
        assert!(seen.len() >= if which == Which::Bar { 1 } else { 2 }, "{name} does not follow theme or language");
    }
}

/// Looks no further than it must: to tell all colours of all pages apart takes minutes.
fn has_more_colours_than(count: usize, rgb: &[u8]) -> bool {
    let mut colours = Vec::new();
    rgb.chunks_exact(3).any(|pixel| {
        if !colours.contains(&pixel) {
            colours.push(pixel);
        }
        colours.len() > count
    })
}
