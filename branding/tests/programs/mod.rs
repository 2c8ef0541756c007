//! Programs to be given a brand: one of this system, and the smallest for Windows that still has all tables. Never run here, but for the first.

use std::path::Path;

use amparo_branding::artwork::Picture;
use bundle::{Contents, Language, Profile, Relay, SigningKey, Texts};

/// A small program of this system, which ends at once and well.
pub fn elf() -> Vec<u8> {
    std::fs::read(Path::new("/bin/true")).unwrap()
}

/// A program for Windows, long enough that the first 64 KiB are the program's own.
pub fn pe() -> Vec<u8> {
    pe_of(68 * 1024)
}

/// A program for Windows: headers and one section of so many bytes of code, in steps of 512.
pub fn pe_of(code: usize) -> Vec<u8> {
    const HEADERS: usize = 0x400;
    let mut bytes = vec![0; HEADERS + code];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, b"MZ");
    put(0x3c, &0x80_u32.to_le_bytes());
    put(0x80, b"PE\0\0");
    // COFF: x86-64, one section, an optional header of 240 bytes, an executable image.
    put(0x84, &0x8664_u16.to_le_bytes());
    put(0x86, &1_u16.to_le_bytes());
    put(0x94, &240_u16.to_le_bytes());
    put(0x96, &0x22_u16.to_le_bytes());
    // Optional header: 64 bits, where code begins, alignments, sizes, a window's program, sixteen directories.
    put(0x98, &0x20b_u16.to_le_bytes());
    for (at, value) in
        [(4, code), (16, 0x1000), (20, 0x1000), (32, 0x1000), (36, 0x200), (56, 0x1000 + code.next_multiple_of(0x1000))]
    {
        put(0x98 + at, &(value as u32).to_le_bytes());
    }
    put(0x98 + 24, &0x1_4000_0000_u64.to_le_bytes());
    put(0x98 + 40, &6_u16.to_le_bytes());
    put(0x98 + 48, &6_u16.to_le_bytes());
    put(0x98 + 60, &(HEADERS as u32).to_le_bytes());
    put(0x98 + 68, &2_u16.to_le_bytes());
    put(0x98 + 108, &16_u32.to_le_bytes());
    put(0x188, b".text\0\0\0");
    for (at, value) in [(8, code), (12, 0x1000), (16, code), (20, HEADERS)] {
        put(0x188 + at, &(value as u32).to_le_bytes());
    }
    put(0x188 + 36, &0x6000_0020_u32.to_le_bytes());
    for (at, byte) in bytes[HEADERS..].iter_mut().enumerate() {
        *byte = ((at * 31) >> 3) as u8;
    }
    bytes
}

/// A company's profile.
pub fn profile() -> Profile {
    Profile::new(Contents {
        tenant: [0x11; 16],
        app: [0x22; 16],
        root: [&[0x30, 0x82, 0x01, 0x00][..], &[7; 256]].concat(),
        company: "Varanda Sistemas".into(),
        title: "Suporte Varanda — atendimento".into(),
        accent: [0x2F, 0x4F, 0xA0],
        logo: Some(bundle::DEFAULT_LOGO.to_vec()),
        phone: None,
        language: Language::PtBr,
        texts: Texts::default(),
        fields: Vec::new(),
        relays: vec![Relay { host: "suporte.varanda.example".into(), port: 47800, certificate_sha256: [0x33; 32] }],
        serial: 7,
        made_at_unix_s: 1_795_000_000,
        valid_until_unix_s: None,
    })
    .unwrap()
}

/// A brand's parts.
pub struct Parts {
    pub profile: Profile,
    pub key: SigningKey,
    pub signed: Vec<u8>,
    pub picture: Picture,
}

impl Parts {
    pub fn new() -> Self {
        let (profile, key) = (profile(), SigningKey::generate().unwrap());
        let signed = bundle::sign(&profile, &key);
        Self { profile, key, signed, picture: Picture::read(bundle::DEFAULT_LOGO).unwrap() }
    }
}
