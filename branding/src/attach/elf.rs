//! A section more in an ELF program. Nothing that is loaded moves: the section, the longer table of names and the longer table of sections go
//! behind what is there, and three fields of the header lead to them.

use bundle::carried::SECTION;
use object::{
    LittleEndian as LE,
    elf::{FileHeader64, SHT_PROGBITS},
    read::elf::{FileHeader as _, SectionHeader as _},
};

use super::AttachError;

/// Bytes of an entry in the table of sections.
const ENTRY: usize = 64;
/// Where the header says where that table is, how many entries it has, and which of them has the names.
const TABLE_AT: usize = 0x28;
const COUNT_AT: usize = 0x3c;

/// The program with the section.
pub(super) fn with_section(template: &[u8], content: &[u8]) -> Result<Vec<u8>, AttachError> {
    let broken = |error: object::read::Error| AttachError::Template(error.to_string());
    let no = |why: &str| AttachError::Template(why.to_owned());
    let header = FileHeader64::<LE>::parse(template).map_err(broken)?;
    let sections = header.section_headers(LE, template).map_err(broken)?;
    let names_index = header.shstrndx(LE, template).map_err(broken)? as usize;
    let names_section = sections.get(names_index).ok_or_else(|| no("its sections have no names"))?;
    let names = names_section.data(LE, template).map_err(broken)?;
    let count = u16::try_from(sections.len() + 1).ok().filter(|count| *count < 0xff00);
    let count = count.ok_or_else(|| no("it has too many sections"))?;
    let table = usize::try_from(header.e_shoff(LE)).map_err(|_| no("its sections are too far away"))?;
    let entries = template.get(table..table + sections.len() * ENTRY).ok_or_else(|| no("its sections are cut off"))?;

    let mut program = template.to_vec();
    let content_at = append(&mut program, content, 16);
    let name_at = u32::try_from(names.len()).map_err(|_| no("its sections' names are too long"))?;
    let names_at = append(&mut program, &[names, SECTION.as_bytes(), &[0]].concat(), 16);
    let names_length = names.len() + SECTION.len() + 1;

    let mut entries = entries.to_vec();
    put(&mut entries, names_index * ENTRY + 0x18, names_at);
    put(&mut entries, names_index * ENTRY + 0x20, names_length);
    let mut entry = [0; ENTRY];
    entry[..4].copy_from_slice(&name_at.to_le_bytes());
    entry[4..8].copy_from_slice(&SHT_PROGBITS.0.to_le_bytes());
    put(&mut entry, 0x18, content_at);
    put(&mut entry, 0x20, content.len());
    put(&mut entry, 0x30, 1);
    entries.extend_from_slice(&entry);
    let table_at = append(&mut program, &entries, 16);

    put(&mut program, TABLE_AT, table_at);
    program[COUNT_AT..COUNT_AT + 2].copy_from_slice(&count.to_le_bytes());
    Ok(program)
}

/// Puts bytes behind the others, at a multiple of `align`, and tells where.
fn append(program: &mut Vec<u8>, bytes: &[u8], align: usize) -> usize {
    program.resize(program.len().next_multiple_of(align), 0);
    let at = program.len();
    program.extend_from_slice(bytes);
    at
}

fn put(bytes: &mut [u8], at: usize, value: usize) {
    bytes[at..at + 8].copy_from_slice(&(value as u64).to_le_bytes());
}
