//! What a program file carries of its brand: a signed profile, or the one key that a profile beside it must be signed by.
//!
//! `amparo-brand` writes it, the program reads it out of its own file with [`carried`] before anything else is opened. It lies in the ELF
//! section [`SECTION`] or the PE resource [`RESOURCE`], so that a code signature made afterwards covers it: never behind the program's end,
//! in a certificate's padding or in the file's name.
//!
//! The layout: `MAGIC`, one byte for what follows (1 a signed profile, 2 a key), its length (`u32`, little-endian), the bytes, and the
//! seal: an Ed25519 signature by the same key over the SHA-256 of the whole program file. Left out of that digest are the seal itself and what a
//! code signature writes afterwards (PE: checksum, the entry that says where certificates are, the certificates). These are checked by
//! their own rules, so that a file of which any byte was changed is not used. The seal finds damage and half-made copies; who may
//! be trusted to have made the program is for the system's code signature to say.

use std::{
    fmt,
    io::{Read, Seek},
    ops::Range,
};

use object::{
    LittleEndian as LE,
    elf::{self, FileHeader64},
    pe::{self, ImageDosHeader, ImageNtHeaders64},
    read::{
        ReadCache, ReadRef,
        elf::{FileHeader as _, SectionHeader as _},
        pe::{ImageNtHeaders as _, ImageOptionalHeader as _, ResourceDirectoryEntryData, ResourceNameOrId},
    },
};
use ring::{
    digest::{Context, SHA256},
    signature::{ED25519, UnparsedPublicKey},
};

use crate::{
    profile::Profile,
    signed::{self, BundleError, KeyId, MAX_BUNDLE_BYTES, SigningKey},
};

/// The section of an ELF program.
pub const SECTION: &str = ".amparo";
/// The resource of a PE program, of type `RT_RCDATA`.
pub const RESOURCE: &str = "AMPARO";
/// A program, in bytes. Larger files are not read.
pub const MAX_PROGRAM_BYTES: usize = 256 * 1024 * 1024;

const MAGIC: &[u8; 13] = b"AMPAROBRAND1\n";
const SEALED: &[u8] = b"AMPAROSEAL1\n";
const PROFILE: u8 = 1;
const PIN: u8 = 2;
const SEAL_BYTES: usize = 64;
const HEAD_BYTES: usize = MAGIC.len() + 1 + 4;
/// `RT_RCDATA`.
const RAW_DATA: u16 = 10;

/// What a program carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// Its whole brand, and whose key signed it.
    Profile(Box<Profile>, KeyId),
    /// A profile lies beside it, and only this key's signature on it counts.
    Pin(KeyId),
}

/// What a program is made to carry.
#[derive(Debug, Clone, Copy)]
pub enum Load<'a> {
    /// A profile, signed by the key that will seal the program.
    Profile(&'a [u8]),
    /// That key alone.
    Pin(KeyId),
}

/// Why what a program carries is not used.
#[derive(Debug, thiserror::Error)]
pub enum CarriedError {
    /// Neither ELF nor PE of 64 bits, or its tables cannot be followed.
    #[error("the file cannot be read as a program: {0}")]
    NotAProgram(&'static str),
    /// Larger than any program of ours.
    #[error("the program has more than {MAX_PROGRAM_BYTES} bytes")]
    TooLarge,
    /// What is there has not the layout above.
    #[error("what the program carries as its brand is damaged")]
    Layout,
    /// The file is not what was sealed.
    #[error("the program file was changed after it was made: its seal does not hold")]
    Seal,
    /// The file's own checksum says that it was changed.
    #[error("the program file was changed after it was made: its checksum is wrong")]
    Checksum,
    /// There is more behind the program than a code signature.
    #[error("the program file was changed after it was made: its code signature is not where it should be")]
    Certificates,
    /// The seal holds, and the profile is none.
    #[error("the profile in the program cannot be used")]
    Profile(#[from] BundleError),
    /// It was to be sealed by another key than signed its profile.
    #[error("the profile is signed by {0}, and the program would be sealed by another key")]
    OtherKey(KeyId),
}

/// What this program file carries; `None` where it carries nothing.
pub fn carried(program: &[u8]) -> Result<Option<Carried>, CarriedError> {
    let Some(found) = Found::in_program(program)? else { return Ok(None) };
    let (load, seal) = found.parts(program)?;
    let key = match load {
        Load::Profile(bytes) => signed::signer(bytes)?,
        Load::Pin(key) => key,
    };
    // The whole file first, and what it says only when that holds.
    UnparsedPublicKey::new(&ED25519, key.public_key())
        .verify(&found.sealed(program, seal.clone()), &program[seal])
        .map_err(|_| CarriedError::Seal)?;
    found.check_signature_area(program)?;
    Ok(Some(match load {
        Load::Profile(bytes) => {
            let (profile, key) = signed::open(bytes, Some(key.public_key()))?;
            Carried::Profile(Box::new(profile), key)
        }
        Load::Pin(key) => Carried::Pin(key),
    }))
}

/// Does this file carry anything? Reads its tables alone, so that a program without a brand costs no time.
pub fn carries(file: impl Read + Seek) -> Result<bool, CarriedError> {
    let cache = ReadCache::new(file);
    Found::in_program(&cache).map(|found| found.is_some())
}

/// What goes into the section or resource, with room for the seal.
pub fn laden(load: Load<'_>) -> Vec<u8> {
    let (kind, body) = match load {
        Load::Profile(bytes) => (PROFILE, bytes),
        Load::Pin(ref key) => (PIN, key.public_key().as_slice()),
    };
    let length = u32::try_from(body.len()).expect("a signed profile is capped far below 4 GiB");
    let mut bytes = Vec::with_capacity(HEAD_BYTES + body.len() + SEAL_BYTES);
    bytes.extend_from_slice(MAGIC);
    bytes.push(kind);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(body);
    bytes.resize(bytes.len() + SEAL_BYTES, 0);
    bytes
}

/// Seals a program that was just given its load, and makes its checksum right.
pub fn seal(program: &mut [u8], key: &SigningKey) -> Result<(), CarriedError> {
    let found = Found::in_program(&*program)?.ok_or(CarriedError::Layout)?;
    let (load, seal) = found.parts(program)?;
    let signer = match load {
        Load::Profile(bytes) => signed::signer(bytes)?,
        Load::Pin(pinned) => pinned,
    };
    if signer != key.id() {
        return Err(CarriedError::OtherKey(signer));
    }
    let signature = key.sign(&found.sealed(program, seal.clone()));
    program[seal].copy_from_slice(&signature);
    set_checksum(program)
}

/// Makes the checksum of a PE program right, which not every tool that signs code does. Other programs have none.
pub fn set_checksum(program: &mut [u8]) -> Result<(), CarriedError> {
    if let Some(place) = Found::in_program(&*program)?.and_then(|found| found.checksum) {
        let sum = checksum(program, &place);
        program[place].copy_from_slice(&sum.to_le_bytes());
    }
    Ok(())
}

/// Where the load lies in the file, and what a code signature may change.
struct Found {
    content: Range<usize>,
    /// PE's checksum.
    checksum: Option<Range<usize>>,
    /// PE's entry for the certificates.
    entry: Option<Range<usize>>,
    /// Where the sealed bytes end: the certificates, or the file's end.
    end: usize,
}

impl Found {
    fn in_program<'a, R: ReadRef<'a>>(program: R) -> Result<Option<Self>, CarriedError> {
        let none = |()| CarriedError::NotAProgram("it is too short");
        let length = usize::try_from(program.len().map_err(none)?).map_err(|_| CarriedError::TooLarge)?;
        let found = match program.read_bytes_at(0, 4).map_err(none)? {
            b"\x7fELF" => in_elf(program, length),
            [b'M', b'Z', ..] => in_pe(program, length),
            _ => Err(CarriedError::NotAProgram("it begins like no program")),
        }?;
        // What carries nothing is not read any further, however large it is.
        if found.is_some() && length > MAX_PROGRAM_BYTES { Err(CarriedError::TooLarge) } else { Ok(found) }
    }

    /// The load, and where the seal is.
    fn parts<'a>(&self, program: &'a [u8]) -> Result<(Load<'a>, Range<usize>), CarriedError> {
        let content = program.get(self.content.clone()).ok_or(CarriedError::Layout)?;
        let rest = content.strip_prefix(MAGIC).ok_or(CarriedError::Layout)?;
        let (kind, rest) = rest.split_first().ok_or(CarriedError::Layout)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(CarriedError::Layout)?;
        let length = u32::from_le_bytes(*length) as usize;
        if length > MAX_BUNDLE_BYTES || rest.len() != length + SEAL_BYTES {
            return Err(CarriedError::Layout);
        }
        let body = &rest[..length];
        let load = match *kind {
            PROFILE => Load::Profile(body),
            PIN => Load::Pin(KeyId::from_public_key(body.try_into().map_err(|_| CarriedError::Layout)?)),
            _ => return Err(CarriedError::Layout),
        };
        Ok((load, self.content.end - SEAL_BYTES..self.content.end))
    }

    /// What is signed by the seal.
    fn sealed(&self, program: &[u8], seal: Range<usize>) -> Vec<u8> {
        let mut gaps: Vec<Range<usize>> =
            [Some(seal), self.checksum.clone(), self.entry.clone()].into_iter().flatten().collect();
        gaps.sort_by_key(|gap| gap.start);
        let mut digest = Context::new(&SHA256);
        let mut at = 0;
        for gap in gaps {
            digest.update(program.get(at..gap.start).unwrap_or_default());
            at = gap.end;
        }
        digest.update(program.get(at..self.end).unwrap_or_default());
        // How much was sealed is part of it: nothing can be put between the program and its certificates.
        [SEALED, &(self.end as u64).to_le_bytes(), digest.finish().as_ref()].concat()
    }

    /// What the seal leaves out must be as a code signature leaves it.
    fn check_signature_area(&self, program: &[u8]) -> Result<(), CarriedError> {
        if let Some(entry) = &self.entry {
            let given = program[entry.clone()].iter().any(|byte| *byte != 0);
            let certificates = program.get(self.end..).unwrap_or_default();
            if given == certificates.is_empty() || !are_certificates(certificates) {
                return Err(CarriedError::Certificates);
            }
        }
        if let Some(place) = &self.checksum
            && program[place.clone()] != checksum(program, place).to_le_bytes()
        {
            return Err(CarriedError::Checksum);
        }
        Ok(())
    }
}

/// Entries of a certificate table: a length, and no more than padding to eight bytes between them.
fn are_certificates(mut table: &[u8]) -> bool {
    while let Some((length, _)) = table.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        if length < 8 {
            return false;
        }
        match table.get(length.next_multiple_of(8)..) {
            Some(rest) => table = rest,
            None => return table.len() == length,
        }
    }
    table.is_empty()
}

fn in_elf<'a, R: ReadRef<'a>>(program: R, file: usize) -> Result<Option<Found>, CarriedError> {
    let broken = |_| CarriedError::NotAProgram("its sections cannot be followed");
    let header = FileHeader64::<LE>::parse(program).map_err(broken)?;
    let endian = header.endian().map_err(broken)?;
    let sections = header.sections(endian, program).map_err(broken)?;
    let mut found = None;
    for section in sections.iter() {
        if sections.section_name(endian, section).map_err(broken)? == SECTION.as_bytes() {
            let (start, length) = match section.file_range(endian) {
                Some(range) if section.sh_type(endian) == elf::SHT_PROGBITS => range,
                _ => return Err(CarriedError::Layout),
            };
            if found.replace(range(start, length, file)?).is_some() {
                return Err(CarriedError::Layout);
            }
        }
    }
    Ok(found.map(|content| Found { content, checksum: None, entry: None, end: file }))
}

fn in_pe<'a, R: ReadRef<'a>>(program: R, file: usize) -> Result<Option<Found>, CarriedError> {
    let broken = |_| CarriedError::NotAProgram("its tables cannot be followed");
    let dos = ImageDosHeader::parse(program).map_err(broken)?;
    let headers_at = u64::from(dos.nt_headers_offset());
    let mut at = headers_at;
    let (headers, directories) = ImageNtHeaders64::parse(program, &mut at).map_err(broken)?;
    let sections = headers.sections(program, at).map_err(broken)?;
    let Some(resources) = directories.resource_directory(program, &sections).map_err(broken)? else { return Ok(None) };
    let mut content = None;
    for kind in resources.root().map_err(broken)?.entries {
        if !matches!(kind.name_or_id(), ResourceNameOrId::Id(RAW_DATA)) {
            continue;
        }
        let Some(names) = kind.data(resources).map_err(broken)?.table() else { continue };
        for name in names.entries {
            let ResourceNameOrId::Name(text) = name.name_or_id() else { continue };
            if text.to_string_lossy(resources).map_err(broken)? != RESOURCE {
                continue;
            }
            let Some(languages) = name.data(resources).map_err(broken)?.table() else { continue };
            for language in languages.entries {
                let ResourceDirectoryEntryData::Data(data) = language.data(resources).map_err(broken)? else {
                    continue;
                };
                let (start, room) =
                    sections.pe_file_range_at(data.offset_to_data.get(LE)).ok_or(CarriedError::Layout)?;
                if data.size.get(LE) > room || content.is_some() {
                    return Err(CarriedError::Layout);
                }
                content = Some(range(start.into(), data.size.get(LE).into(), file)?);
            }
        }
    }
    let Some(content) = content else { return Ok(None) };
    let optional_at = usize::try_from(headers_at).ok().and_then(|at| at.checked_add(24));
    let optional_at = optional_at.ok_or(CarriedError::NotAProgram("its header is too far away"))?;
    // Both lie at fixed places of the optional header of 64 bits.
    let checksum = range(optional_at as u64 + 64, 4, file)?;
    let entry = range(optional_at as u64 + 112 + 8 * pe::IMAGE_DIRECTORY_ENTRY_SECURITY as u64, 8, file)?;
    if headers.optional_header().number_of_rva_and_sizes() as usize <= pe::IMAGE_DIRECTORY_ENTRY_SECURITY {
        return Err(CarriedError::NotAProgram("it has no place for a code signature"));
    }
    let certificates = directories.get(pe::IMAGE_DIRECTORY_ENTRY_SECURITY);
    let (place, size) = certificates.map_or((0, 0), |entry| (entry.virtual_address.get(LE), entry.size.get(LE)));
    let end = match (place, size) {
        (0, 0) => file,
        (place, size) if u64::from(place) + u64::from(size) == file as u64 && place % 8 == 0 => place as usize,
        _ => return Err(CarriedError::Certificates),
    };
    if content.end > end || entry.end > end {
        return Err(CarriedError::Certificates);
    }
    Ok(Some(Found { content, checksum: Some(checksum), entry: Some(entry), end }))
}

fn range(start: u64, length: u64, file: usize) -> Result<Range<usize>, CarriedError> {
    let end = start.checked_add(length).and_then(|end| usize::try_from(end).ok());
    match (usize::try_from(start), end) {
        (Ok(start), Some(end)) if end <= file => Ok(start..end),
        _ => Err(CarriedError::Layout),
    }
}

/// PE's checksum: the sum of all 16-bit words with their carries, its own place left out, plus the file's length.
fn checksum(program: &[u8], place: &Range<usize>) -> u32 {
    // Sums of 16-bit words with carries may be made in any order, so 32-bit words halve the work.
    let sum = |bytes: &[u8]| {
        let words = bytes.chunks_exact(4);
        let mut last = [0; 4];
        last[..words.remainder().len()].copy_from_slice(words.remainder());
        words.fold(u64::from(u32::from_le_bytes(last)), |sum, word| {
            sum + u64::from(u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        })
    };
    // The place is 4 bytes at a multiple of 4 in any file a linker makes; elsewhere its parts are taken apart all the same.
    let mut own = program.get(place.start & !3..place.end.next_multiple_of(4)).unwrap_or_default().to_vec();
    let whole = sum(program) - sum(&own);
    let from = place.start & 3;
    if let Some(zeroed) = own.get_mut(from..from + place.len()) {
        zeroed.fill(0);
    }
    let mut folded = whole + sum(&own);
    while folded > 0xffff {
        folded = (folded >> 16) + (folded & 0xffff);
    }
    u32::try_from(folded).unwrap_or(0).wrapping_add(u32::try_from(program.len()).unwrap_or(u32::MAX))
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(profile, key) => write!(f, "the profile of {}, signed by {key}", profile.company),
            Self::Pin(key) => write!(f, "the key {key}, which must have signed the profile beside it"),
        }
    }
}
