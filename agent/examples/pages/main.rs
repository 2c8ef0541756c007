//! Shows any page with sample data, or writes its picture.
//!
//! ```text
//! cargo run -p amparo-agent --example pages -- consent --dark --lang es --brand 2F4FA0 --shot out.png
//! cargo run -p amparo-agent --example pages -- all --shot folder/
//! cargo run -p amparo-agent --example pages -- home            (a real window; commands are printed)
//! ```

mod samples;

use std::path::{Path, PathBuf};

use amparo_agent::gui::picture::{Picture, Setting, Studio, Which};
use amparo_agent::gui::strings::Language;
use amparo_agent::gui::view_model::{Theme, ViewModel};
use amparo_agent::gui::{Gui, Hooks};
use anyhow::Context;
use clap::Parser;

#[derive(Parser)]
struct Args {
    /// The page's name, or `all`.
    page: String,
    #[arg(long)]
    dark: bool,
    #[arg(long, default_value = "pt-BR")]
    lang: String,
    /// The profile's colour, six hexadecimal digits.
    #[arg(long)]
    brand: Option<String>,
    /// How much larger text is than designed.
    #[arg(long, default_value_t = 1.0)]
    text: f32,
    /// Physical pixels for one logical pixel.
    #[arg(long, default_value_t = 1.0)]
    scale: f32,
    #[arg(long, default_value_t = 0)]
    width: u32,
    #[arg(long, default_value_t = 0)]
    height: u32,
    /// Write a PNG here instead of opening a window; a folder with `all`.
    #[arg(long)]
    shot: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let pages: Vec<_> =
        samples::all().into_iter().filter(|(name, ..)| args.page == "all" || *name == args.page).collect();
    anyhow::ensure!(!pages.is_empty(), "no page {}", args.page);
    let dress = |view: &mut ViewModel| -> anyhow::Result<()> {
        view.theme = if args.dark { Theme::Dark } else { Theme::Light };
        view.language = Language::from_tag(&args.lang).context("no such language")?;
        view.brand.hours = Some(samples::hours(view.language).to_owned());
        if let Some(hex) = &args.brand {
            let n = u32::from_str_radix(hex.trim_start_matches('#'), 16)?;
            view.brand.accent = Some([(n >> 16) as u8, (n >> 8) as u8, n as u8]);
        }
        Ok(())
    };
    let Some(shot) = &args.shot else {
        let (_, _, mut view) = pages.into_iter().next().context("one page")?;
        dress(&mut view)?;
        let gui = Gui::new(Hooks {
            command: Box::new(|c| {
                println!("{c:?}");
                if c == amparo_agent::gui::command::Command::Quit {
                    slint::quit_event_loop().ok();
                }
            }),
            viewer_surface: Box::new(|s| println!("{s:?}")),
            viewer_input: Box::new(|i| println!("{i:?}")),
        })?;
        gui.handle().show(view);
        return Ok(gui.run()?);
    };
    let studio = Studio::new()?;
    for (name, which, mut view) in pages {
        dress(&mut view)?;
        let size = |main: (u32, u32)| if which == Which::Main { main } else { (1280, 800) };
        let attendant = ["home", "ticket", "partner", "connecting", "reaching", "ended", "wrap-up", "about"]
            .iter()
            .any(|p| name.starts_with(p));
        let (w, h) = size(if attendant { (440, 680) } else { (480, 640) });
        let (w, h) = if which == Which::Bar { (0, 0) } else { (w, h) };
        let setting = Setting {
            width: if args.width > 0 { args.width } else { w },
            height: if args.height > 0 { args.height } else { h },
            scale: args.scale,
            text_scale: args.text,
        };
        let picture = studio.take(&view, which, setting)?;
        let file = if args.page == "all" { shot.join(format!("{name}.png")) } else { shot.clone() };
        write(&file, &picture)?;
    }
    Ok(())
}

fn write(file: &Path, picture: &Picture) -> anyhow::Result<()> {
    let out = std::fs::File::create(file).with_context(|| format!("writing {}", file.display()))?;
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(out), picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&picture.rgb)?;
    Ok(())
}
