//! Resources of a Windows program: the load, the icon and what Explorer shows of a file, through the crate `editpe`.

use bundle::carried::RESOURCE;
use editpe::{
    Image, ResourceData, ResourceDirectory, ResourceEntry, ResourceEntryName, ResourceTable, VersionInfo,
    VersionStringTable,
    constants::{
        LANGUAGE_ID_EN_US, RT_RCDATA, VS_COMPANY_NAME, VS_FILE_DESCRIPTION, VS_FILE_VERSION, VS_INTERNAL_NAME,
        VS_PRODUCT_NAME, VS_PRODUCT_VERSION,
    },
    types::{VersionU16, VersionU32},
};

use super::{AttachError, Brand};
use crate::artwork::icon;

/// English of the United States in Unicode, as the version strings' key and as their translation: what everybody's Windows finds.
const STRINGS: &str = "040904B0";
const TRANSLATION: VersionU16 = VersionU16 { major: 0x0409, minor: 0x04b0 };

/// The program with the resources. Its checksum is not right yet.
pub(super) fn with_resources(template: &[u8], content: &[u8], brand: &Brand<'_>) -> Result<Vec<u8>, AttachError> {
    let no = |why: &dyn std::fmt::Display| AttachError::Template(why.to_string());
    let mut image = Image::parse(template).map_err(|error| no(&error))?;
    if image
        .data_directory(editpe::DataDirectoryType::CertificateTable)
        .is_some_and(|certificates| { certificates.size } != 0)
    {
        return Err(AttachError::Signed);
    }
    let mut resources = image.resource_directory().cloned().unwrap_or_default();
    put_content(&mut resources, content);
    resources.remove_main_icon().map_err(|error| no(&error))?;
    resources.set_main_icon(icon::ico(brand.picture)).map_err(|error| no(&error))?;
    resources.set_version_info(&version(brand)).map_err(|error| no(&error))?;
    image.set_resource_directory(resources).map_err(|error| no(&error))?;
    let mut program = image.data().to_vec();
    // Signers pad to eight bytes in front of the certificates: that is done here, so that it is sealed.
    program.resize(program.len().next_multiple_of(8), 0);
    Ok(program)
}

fn put_content(resources: &mut ResourceDirectory, content: &[u8]) {
    let mut data = ResourceData::default();
    data.set_data(content.to_vec());
    let mut languages = ResourceTable::default();
    languages.insert(ResourceEntryName::ID(LANGUAGE_ID_EN_US.into()), ResourceEntry::Data(data));
    let kind = ResourceEntryName::ID(RT_RCDATA.into());
    let mut names = match resources.root().get(&kind) {
        Some(ResourceEntry::Table(names)) => names.clone(),
        _ => ResourceTable::default(),
    };
    names.insert(ResourceEntryName::from_string(RESOURCE), ResourceEntry::Table(languages));
    resources.root_mut().insert(kind, ResourceEntry::Table(names));
}

fn version(brand: &Brand<'_>) -> VersionInfo {
    let [major, minor, patch] = brand.version.0;
    let number = VersionU32 { major: u32::from(major) << 16 | u32::from(minor), minor: u32::from(patch) << 16 };
    let text = brand.version.to_string();
    let mut info = VersionInfo::default();
    info.info.file_version = number;
    info.info.product_version = number;
    let mut strings = VersionStringTable { key: STRINGS.to_owned(), ..VersionStringTable::default() };
    for (name, value) in [
        (VS_COMPANY_NAME, brand.profile.company.as_str()),
        (VS_FILE_DESCRIPTION, &brand.profile.title),
        (VS_FILE_VERSION, &text),
        (VS_INTERNAL_NAME, "amparo"),
        (VS_PRODUCT_NAME, &brand.profile.title),
        (VS_PRODUCT_VERSION, &text),
    ] {
        strings.strings.insert(name.to_owned(), value.to_owned());
    }
    info.strings = vec![strings];
    info.vars = vec![TRANSLATION];
    info
}
