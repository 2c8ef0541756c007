//! Gives a template program its brand: the load into a section or resource, on Windows icon and version strings too, then the seal.
//!
//! One file a format. The template stays as it is; what comes out has been read back with the reader that the program uses. A template that is
//! branded or signed already is refused: the brand goes in before the code signature, which covers it.

use bundle::{Carried, CarriedError, Load, Profile, SigningKey, System, Version, carried};

use crate::artwork::Picture;

mod elf;
mod pe;

/// What goes into a program.
#[derive(Debug)]
pub struct Brand<'a> {
    /// Whose names the file shows.
    pub profile: &'a Profile,
    /// What it carries.
    pub load: Load<'a>,
    /// The key that signed the profile and seals the program.
    pub key: &'a SigningKey,
    /// The icon's picture.
    pub picture: &'a Picture,
    /// The version that the file shows.
    pub version: Version,
}

/// Why a template cannot be given a brand.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// No program of a system we know.
    #[error("the template is no program for Linux or Windows of 64 bits")]
    NotAProgram,
    /// Its tables do not allow it.
    #[error("the template cannot be given a brand: {0}")]
    Template(String),
    /// It has one.
    #[error("the template carries a brand already: {0}")]
    Branded(Box<Carried>),
    /// A signature would be broken.
    #[error("the template is signed: a brand goes in before the signature. Sign what comes out instead")]
    Signed,
    /// The reader does not take what was made, or takes it for something else.
    #[error("what was made does not read back")]
    ReadBack(#[source] CarriedError),
    /// See [`AttachError::ReadBack`].
    #[error("what was made reads back as something else")]
    ReadsBackOtherwise,
}

/// Which system a program is for.
pub fn system(program: &[u8]) -> Result<System, AttachError> {
    System::of(program).ok_or(AttachError::NotAProgram)
}

/// The branded program.
pub fn attach(template: &[u8], brand: &Brand<'_>) -> Result<Vec<u8>, AttachError> {
    let program = unchecked(template, brand)?;
    expect(&program, brand)?;
    Ok(program)
}

/// The same before it was read back: nothing to be handed out until [`expect`] has seen it.
pub(crate) fn unchecked(template: &[u8], brand: &Brand<'_>) -> Result<Vec<u8>, AttachError> {
    let system = system(template)?;
    match carried::carried(template) {
        Ok(None) => {}
        Ok(Some(there)) => return Err(AttachError::Branded(Box::new(there))),
        Err(error) => return Err(AttachError::Template(error.to_string())),
    }
    let content = carried::laden(brand.load);
    let mut program = match system {
        System::Linux => elf::with_section(template, &content)?,
        System::Windows => pe::with_resources(template, &content, brand)?,
    };
    carried::seal(&mut program, brand.key).map_err(AttachError::ReadBack)?;
    Ok(program)
}

/// Does this program carry just this brand?
pub fn expect(program: &[u8], brand: &Brand<'_>) -> Result<(), AttachError> {
    let same = match carried::carried(program).map_err(AttachError::ReadBack)? {
        Some(Carried::Profile(profile, key)) => {
            matches!(brand.load, Load::Profile(_)) && *profile == *brand.profile && key == brand.key.id()
        }
        Some(Carried::Pin(key)) => matches!(brand.load, Load::Pin(wanted) if key == wanted) && key == brand.key.id(),
        None => false,
    };
    if same { Ok(()) } else { Err(AttachError::ReadsBackOtherwise) }
}
