//! What of a program is code: one digest that neither a brand nor a code signature changes, and that any other change does.
//!
//! A release names the code of its programs by it, off the server; the server gives each company's programs their brand; whoever
//! updates can tell that the branded file it got is the released code and nothing else.
//!
//! ELF: the header without the three fields that lead to sections (which nothing that runs looks at), the program headers, and the
//! bytes of every segment. PE: the headers' fields that a loader reads, every directory but resources and certificates, every section
//! with its bytes but those that hold resources (which may be neither written nor run), and the manifest among the resources.

use std::ops::Range;

use object::{
    LittleEndian as LE,
    elf::FileHeader64,
    pe::{
        IMAGE_DIRECTORY_ENTRY_RESOURCE, IMAGE_DIRECTORY_ENTRY_SECURITY, IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_WRITE,
        ImageDosHeader, ImageNtHeaders64,
    },
    read::{
        elf::{FileHeader as _, ProgramHeader as _},
        pe::{ImageNtHeaders as _, ResourceDirectoryEntryData, ResourceNameOrId},
    },
};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// The systems that programs are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum System {
    /// ELF of 64 bits.
    #[serde(rename = "linux-x86_64")]
    Linux,
    /// PE of 64 bits.
    #[serde(rename = "windows-x86_64")]
    Windows,
}

impl System {
    /// The one that a program file is for, by its first bytes.
    pub fn of(program: &[u8]) -> Option<Self> {
        match program {
            [0x7f, b'E', b'L', b'F', 2, 1, ..] => Some(Self::Linux),
            [b'M', b'Z', ..] => Some(Self::Windows),
            _ => None,
        }
    }

    /// The one this is built for; `None` where there are no programs of ours.
    pub fn this() -> Option<Self> {
        match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Some(Self::Linux),
            ("windows", "x86_64") => Some(Self::Windows),
            _ => None,
        }
    }
}

/// Why a file's code cannot be told from the rest of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the program's code cannot be told: {0}")]
pub struct NotTold(&'static str);

/// The digest (SHA-256) of a program's code.
///
/// # Errors
/// For what is no program of a known system, or one whose tables cannot be followed.
pub fn digest(program: &[u8]) -> Result<[u8; 32], NotTold> {
    let mut digest = Context::new(&SHA256);
    match System::of(program).ok_or(NotTold("it is no program of a known system"))? {
        System::Linux => elf(program, &mut digest)?,
        System::Windows => pe(program, &mut digest)?,
    }
    digest.finish().as_ref().try_into().map_err(|_| NotTold("its digest has another length"))
}

/// A part with its length, so that no two ways of cutting give the same bytes.
fn add(digest: &mut Context, name: &str, bytes: &[u8]) {
    digest.update(name.as_bytes());
    digest.update(&(bytes.len() as u64).to_le_bytes());
    digest.update(bytes);
}

/// Where an ELF header says where its sections are, and how many, and which has their names.
const TO_SECTIONS: [Range<usize>; 2] = [0x28..0x30, 0x3c..0x40];

fn elf(program: &[u8], digest: &mut Context) -> Result<(), NotTold> {
    let broken = |_| NotTold("its segments cannot be followed");
    let header = FileHeader64::<LE>::parse(program).map_err(broken)?;
    let segments = header.program_headers(LE, program).map_err(broken)?;
    let mut plain = program.get(..64).ok_or(NotTold("it is too short"))?.to_vec();
    TO_SECTIONS.into_iter().for_each(|gap| plain[gap].fill(0));
    add(digest, "ELF", &plain);
    let table_at = usize::try_from(header.e_phoff(LE)).map_err(|_| NotTold("its segments are too far away"))?;
    let table = table_at.checked_add(segments.len() * 56).and_then(|end| program.get(table_at..end));
    add(digest, "table", table.ok_or(NotTold("its segments are cut off"))?);
    for segment in segments {
        let (start, length) = segment.file_range(LE);
        let end = start.checked_add(length).and_then(|end| usize::try_from(end).ok());
        let start = usize::try_from(start).map_err(|_| NotTold("a segment is too far away"))?;
        let bytes = end.and_then(|end| program.get(start..end)).ok_or(NotTold("a segment is cut off"))?;
        // The first segment usually has the header in it.
        let head = plain.get(start..).unwrap_or_default();
        let head = &head[..head.len().min(bytes.len())];
        digest.update(b"segment");
        digest.update(&(bytes.len() as u64).to_le_bytes());
        digest.update(head);
        digest.update(&bytes[head.len()..]);
    }
    Ok(())
}

/// `RT_MANIFEST`: what a program may load and asks for is in it.
const MANIFEST: u16 = 24;
/// Names of sections that hold resources alone: the linker's and the one that `editpe` adds.
const FOR_RESOURCES: [&[u8; 8]; 2] = [b".rsrc\0\0\0", b".pedata\0"];

fn pe(program: &[u8], digest: &mut Context) -> Result<(), NotTold> {
    let broken = |_| NotTold("its tables cannot be followed");
    let dos = ImageDosHeader::parse(program).map_err(broken)?;
    let mut at = u64::from(dos.nt_headers_offset());
    let (headers, directories) = ImageNtHeaders64::parse(program, &mut at).map_err(broken)?;
    let sections = headers.sections(program, at).map_err(broken)?;
    let (file, optional) = (&headers.file_header, &headers.optional_header);
    for number in [
        u64::from(file.machine.get(LE).0),
        u64::from(file.characteristics.get(LE).0),
        u64::from(optional.magic.get(LE)),
        u64::from(optional.address_of_entry_point.get(LE)),
        optional.image_base.get(LE),
        u64::from(optional.section_alignment.get(LE)),
        u64::from(optional.file_alignment.get(LE)),
        u64::from(optional.major_subsystem_version.get(LE)),
        u64::from(optional.minor_subsystem_version.get(LE)),
        u64::from(optional.subsystem.get(LE).0),
        u64::from(optional.dll_characteristics.get(LE).0),
        optional.size_of_stack_reserve.get(LE),
        optional.size_of_stack_commit.get(LE),
        optional.size_of_heap_reserve.get(LE),
        optional.size_of_heap_commit.get(LE),
    ] {
        add(digest, "PE", &number.to_le_bytes());
    }
    let mut resources_alone: Vec<Range<u64>> = Vec::new();
    for section in sections.iter() {
        let flags = section.characteristics.get(LE).0;
        let (address, length) = (section.virtual_address.get(LE), section.virtual_size.get(LE));
        if FOR_RESOURCES.iter().any(|name| **name == section.name)
            && flags & (IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_MEM_WRITE).0 == 0
        {
            let raw = section.size_of_raw_data.get(LE);
            resources_alone.push(u64::from(address)..u64::from(address) + u64::from(length.max(raw)));
            continue;
        }
        let (from, raw) = (section.pointer_to_raw_data.get(LE) as usize, section.size_of_raw_data.get(LE) as usize);
        let bytes = if raw == 0 { Some(&[][..]) } else { from.checked_add(raw).and_then(|end| program.get(from..end)) };
        add(digest, "section", &section.name);
        for number in [address, length, flags] {
            add(digest, "of", &number.to_le_bytes());
        }
        add(digest, "bytes", bytes.ok_or(NotTold("a section is cut off"))?);
    }
    for (which, directory) in directories.iter().enumerate() {
        if which == IMAGE_DIRECTORY_ENTRY_RESOURCE || which == IMAGE_DIRECTORY_ENTRY_SECURITY {
            continue;
        }
        let (address, size) = (directory.virtual_address.get(LE), directory.size.get(LE));
        // What is not looked at can lead nowhere.
        if address != 0 && resources_alone.iter().any(|skipped| skipped.contains(&u64::from(address))) {
            return Err(NotTold("something else than resources lies among them"));
        }
        // Trailing empty entries are as good as none: how many there are may change.
        if address != 0 || size != 0 {
            add(digest, "directory", &[which as u64, address.into(), size.into()].map(u64::to_le_bytes).concat());
        }
    }
    manifest(program, directories, &sections, digest)
}

fn manifest(
    program: &[u8],
    directories: object::read::pe::DataDirectories<'_>,
    sections: &object::read::coff::SectionTable<'_>,
    digest: &mut Context,
) -> Result<(), NotTold> {
    let broken = |_| NotTold("its resources cannot be followed");
    let Some(resources) = directories.resource_directory(program, sections).map_err(broken)? else { return Ok(()) };
    for kind in resources.root().map_err(broken)?.entries {
        if !matches!(kind.name_or_id(), ResourceNameOrId::Id(MANIFEST)) {
            continue;
        }
        let Some(names) = kind.data(resources).map_err(broken)?.table() else {
            return Err(NotTold("its manifest is not where it should be"));
        };
        for name in names.entries {
            let Some(languages) = name.data(resources).map_err(broken)?.table() else {
                return Err(NotTold("its manifest is not where it should be"));
            };
            for language in languages.entries {
                let ResourceDirectoryEntryData::Data(data) = language.data(resources).map_err(broken)? else {
                    return Err(NotTold("its manifest is not where it should be"));
                };
                let place = sections.pe_file_range_at(data.offset_to_data.get(LE));
                let length = data.size.get(LE);
                let bytes = place
                    .filter(|(_, room)| length <= *room)
                    .and_then(|(start, _)| program.get(start as usize..(start as usize).checked_add(length as usize)?));
                let number = match name.name_or_id() {
                    ResourceNameOrId::Id(id) => id,
                    ResourceNameOrId::Name(_) => return Err(NotTold("its manifest has a name")),
                };
                add(digest, "manifest", &number.to_le_bytes());
                add(digest, "bytes", bytes.ok_or(NotTold("its manifest is cut off"))?);
            }
        }
    }
    Ok(())
}
