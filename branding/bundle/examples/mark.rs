//! Writes Amparo's mark as PNG: `cargo run -p amparo-bundle --example mark -- FILE [RRGGBB]`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: mark FILE [RRGGBB]")?;
    let colour = match arguments.next() {
        Some(hex) => {
            let [_, r, g, b] = u32::from_str_radix(hex.trim_start_matches('#'), 16)?.to_be_bytes();
            [r, g, b]
        }
        None => amparo_bundle::AMPARO_ACCENT,
    };
    std::fs::write(file, amparo_bundle::Logo::mark(colour).png())?;
    Ok(())
}
