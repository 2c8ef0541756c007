//! The smallest programs that can be released and branded: an ELF header, one segment with the version's mark in it, and the section that
//! carries the brand. Never run.

use bundle::{
    Contents, Language, Load, Profile, Relay, SigningKey, Texts, Version,
    carried::{SECTION, laden, seal},
    version::mark,
};

const HEADER: usize = 64;
const SEGMENT: usize = 56;
const ENTRY: usize = 64;

/// A program without a brand, `code` bytes long and some.
pub fn template(version: Version, code: usize) -> Vec<u8> {
    elf(version, code, None)
}

fn elf(version: Version, code: usize, section: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = vec![0; HEADER + SEGMENT];
    bytes.extend_from_slice(&mark(&version.to_string()));
    bytes.extend((0..code).map(|at| ((at * 31) >> 3) as u8));
    let loaded = bytes.len() as u64;
    let names = [b"\0.shstrtab\0".as_slice(), SECTION.as_bytes(), b"\0"].concat();
    let names_at = bytes.len();
    bytes.extend_from_slice(&names);
    let content_at = bytes.len();
    bytes.extend_from_slice(section.unwrap_or_default());
    let table = bytes.len();
    let mut entries = vec![[0; ENTRY], entry(1, 3, names_at, names.len())];
    if let Some(content) = section {
        entries.push(entry(11, 1, content_at, content.len()));
    }
    bytes.extend(entries.concat());

    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, b"\x7fELF\x02\x01\x01");
    // An executable for x86-64.
    put(16, &2_u16.to_le_bytes());
    put(18, &62_u16.to_le_bytes());
    put(20, &1_u32.to_le_bytes());
    put(24, &0x40_0000_u64.to_le_bytes());
    put(32, &(HEADER as u64).to_le_bytes());
    put(40, &(table as u64).to_le_bytes());
    for (at, value) in [(52, HEADER), (54, SEGMENT), (56, 1), (58, ENTRY), (60, entries.len()), (62, 1)] {
        put(at, &(value as u16).to_le_bytes());
    }
    // One segment: loaded, read and run.
    put(HEADER, &[1_u32.to_le_bytes(), 5_u32.to_le_bytes()].concat());
    for (at, value) in [(16, 0x40_0000), (24, 0x40_0000), (32, loaded), (40, loaded), (48, 0x1000)] {
        put(HEADER + at, &value.to_le_bytes());
    }
    bytes
}

fn entry(name: u32, kind: u32, at: usize, length: usize) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    entry[..4].copy_from_slice(&name.to_le_bytes());
    entry[4..8].copy_from_slice(&kind.to_le_bytes());
    entry[24..32].copy_from_slice(&(at as u64).to_le_bytes());
    entry[32..40].copy_from_slice(&(length as u64).to_le_bytes());
    entry[48..56].copy_from_slice(&1_u64.to_le_bytes());
    entry
}

/// A company's brand.
pub struct Brand {
    key: SigningKey,
    signed: Vec<u8>,
}

impl Brand {
    pub fn new() -> Self {
        let key = SigningKey::generate().unwrap();
        let profile = Profile::new(Contents {
            tenant: [0x11; 16],
            app: [0x22; 16],
            root: [&[0x30, 0x82, 0x01, 0x00][..], &[7; 256]].concat(),
            company: "Varanda Sistemas".into(),
            title: "Suporte Varanda".into(),
            accent: [0x2F, 0x4F, 0xA0],
            logo: None,
            phone: None,
            language: Language::PtBr,
            texts: Texts::default(),
            fields: Vec::new(),
            relays: vec![Relay { host: "127.0.0.1".into(), port: 47_800, certificate_sha256: [0x33; 32] }],
            serial: 7,
            made_at_unix_s: 1_795_000_000,
            valid_until_unix_s: None,
        })
        .unwrap();
        Self { signed: bundle::sign(&profile, &key), key }
    }

    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// This template with the brand.
    pub fn program(&self, template: &[u8]) -> Vec<u8> {
        let version = bundle::version::of_program(template).unwrap();
        let names = 11 + SECTION.len() + 1;
        let code = template.len() - HEADER - SEGMENT - bundle::version::MARK_BYTES - names - 2 * ENTRY;
        let mut program = elf(version, code, Some(&laden(Load::Profile(&self.signed))));
        seal(&mut program, &self.key).unwrap();
        program
    }
}
