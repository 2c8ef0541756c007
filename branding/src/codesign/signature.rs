//! Reads the code signature (Authenticode) of a program for Windows: whether it is over this very file, holds by its certificate, and whose that
//! is. Whether that certificate's root is one to trust is for Windows to say, which has the roots.

use std::{
    ops::Range,
    time::{SystemTime, UNIX_EPOCH},
};

use object::{
    LittleEndian as LE,
    pe::{IMAGE_DIRECTORY_ENTRY_SECURITY, ImageDosHeader, ImageNtHeaders64},
    read::pe::ImageNtHeaders as _,
};
use ring::{
    digest::{Algorithm, Context, SHA256, SHA384, SHA512, digest},
    signature::{self as keys, UnparsedPublicKey, VerificationAlgorithm},
};
use x509_parser::{
    asn1_rs::Any,
    prelude::{FromDer as _, X509Certificate},
};

/// A certificate's subject is shown up to here, in characters.
const MAX_SUBJECT: usize = 200;
/// A signature with its certificates has some ten thousand bytes; what has more than this is not looked at.
const MAX_TABLE_BYTES: usize = 1024 * 1024;
/// `WIN_CERT_REVISION_2_0`, `WIN_CERT_TYPE_PKCS_SIGNED_DATA`.
const PKCS_SIGNED_DATA: [u8; 4] = [0, 2, 2, 0];

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const INDIRECT_DATA: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 4];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_ID: u8 = 6;
const OCTETS: u8 = 4;
const INTEGER: u8 = 2;
const FIRST: u8 = 0xa0;

/// Whose signature a program has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// The subject's name in the certificate, as Windows shows the publisher.
    pub subject: String,
    /// From when the certificate is good, in seconds since 1970 UTC.
    pub from_unix_s: i64,
    /// Until when.
    pub until_unix_s: i64,
    /// It may sign programs.
    pub for_code: bool,
}

/// Why what lies there is not a signature of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is none.
    #[error("there is no signature in it")]
    None,
    /// It cannot be followed.
    #[error("its signature cannot be read: {0}")]
    Unreadable(&'static str),
    /// It is of other bytes.
    #[error("its signature is of another file")]
    OtherFile,
    /// The certificate's key has not made it.
    #[error("its signature does not hold")]
    Wrong,
}

/// Why Windows would not take what this certificate signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotGood {
    /// Its time is over.
    #[error("its time is over")]
    Expired,
    /// Its time has not begun.
    #[error("its time has not begun")]
    NotYet,
    /// It is for something else.
    #[error("it is not for signing programs")]
    OtherUse,
}

impl SignedBy {
    /// Is it a certificate that signs programs at this time?
    pub fn good_at(&self, time: SystemTime) -> Result<(), NotGood> {
        let now = time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        if now > self.until_unix_s {
            return Err(NotGood::Expired);
        }
        if now < self.from_unix_s {
            return Err(NotGood::NotYet);
        }
        if self.for_code { Ok(()) } else { Err(NotGood::OtherUse) }
    }
}

/// Who has signed this program; `None`: nobody, or it is no program for Windows.
///
/// # Errors
/// When there is something where a signature belongs, and it is none of this file.
pub fn of(program: &[u8]) -> Result<Option<SignedBy>, SignatureError> {
    let Some(places) = Places::of(program) else { return Ok(None) };
    let Some(table) = places.table.clone() else { return Ok(None) };
    let unreadable = SignatureError::Unreadable;
    let table = program.get(table).ok_or(unreadable("it lies outside of the file"))?;
    if table.len() > MAX_TABLE_BYTES {
        return Err(unreadable("it is too large"));
    }
    let (head, content) = table.split_first_chunk::<8>().ok_or(unreadable("it is cut off"))?;
    if head[4..] != PKCS_SIGNED_DATA {
        return Err(unreadable("it is of another kind"));
    }
    let outer = Der::of(content, SEQUENCE, "it is no list")?;
    let [kind, data] = outer.items()?[..] else { return Err(unreadable("it has not two parts")) };
    if kind.tag != OBJECT_ID || kind.content != SIGNED_DATA || data.tag != FIRST {
        return Err(unreadable("it is no signed data"));
    }
    let data = Der::of(data.content, SEQUENCE, "the signed data is no list")?.items()?;
    let [_version, _digests, about, rest @ ..] = &data[..] else { return Err(unreadable("the signed data is short")) };
    let certificates = rest.iter().find(|item| item.tag == FIRST).ok_or(unreadable("it has no certificates"))?;
    let signers = rest.iter().find(|item| item.tag == SET).ok_or(unreadable("nobody has signed it"))?;

    // What was signed is the digest of this file.
    let [kind, wrapped] = about.items()?[..] else { return Err(unreadable("it says not what it signs")) };
    if kind.content != INDIRECT_DATA || wrapped.tag != FIRST {
        return Err(unreadable("it signs something else than a program"));
    }
    let indirect = Der::of(wrapped.content, SEQUENCE, "what it signs is no list")?;
    let [_, info] = indirect.items()?[..] else { return Err(unreadable("what it signs has not two parts")) };
    let [algorithm, said] = info.items()?[..] else { return Err(unreadable("there is no digest in it")) };
    if said.tag != OCTETS || places.digest(program, hash(algorithm)?).as_ref() != said.content {
        return Err(SignatureError::OtherFile);
    }

    let [signer] = signers.items()?[..] else { return Err(unreadable("not one has signed it")) };
    let signer = Signer::of(&signer)?;
    if digest(signer.hash, indirect.content).as_ref() != signer.message_digest {
        return Err(SignatureError::OtherFile);
    }
    for certificate in certificates.items()? {
        let (_, certificate) =
            X509Certificate::from_der(certificate.whole).map_err(|_| unreadable("a certificate cannot be read"))?;
        if certificate.raw_serial() == signer.serial && certificate.tbs_certificate.issuer.as_raw() == signer.issuer {
            signer.check(&certificate)?;
            return Ok(Some(signed_by(&certificate)));
        }
    }
    Err(unreadable("the certificate is not with it"))
}

/// Where a signature is left out of what it signs.
struct Places {
    checksum: Range<usize>,
    entry: Range<usize>,
    table: Option<Range<usize>>,
    end: usize,
}

impl Places {
    fn of(program: &[u8]) -> Option<Self> {
        let dos = ImageDosHeader::parse(program).ok()?;
        let headers_at = dos.nt_headers_offset();
        let mut at = u64::from(headers_at);
        let (_, directories) = ImageNtHeaders64::parse(program, &mut at).ok()?;
        let optional = usize::try_from(headers_at).ok()?.checked_add(24)?;
        let entry = optional + 112 + 8 * IMAGE_DIRECTORY_ENTRY_SECURITY;
        let directory = directories.get(IMAGE_DIRECTORY_ENTRY_SECURITY)?;
        let (from, size) = (directory.virtual_address.get(LE) as usize, directory.size.get(LE) as usize);
        let table = (size != 0).then(|| from..from.saturating_add(size));
        let end = table.as_ref().map_or(program.len(), |table| table.start);
        let checksum = optional + 64..optional + 68;
        (entry + 8 <= end && end <= program.len()).then_some(Self { checksum, entry: entry..entry + 8, table, end })
    }

    /// Of everything but checksum, entry and certificates: as in any file whose sections lie one behind the other.
    fn digest(&self, program: &[u8], hash: &'static Algorithm) -> ring::digest::Digest {
        let mut context = Context::new(hash);
        for part in [0..self.checksum.start, self.checksum.end..self.entry.start, self.entry.end..self.end] {
            context.update(program.get(part).unwrap_or_default());
        }
        context.finish()
    }
}

/// What a signer states.
struct Signer<'a> {
    issuer: &'a [u8],
    serial: &'a [u8],
    hash: &'static Algorithm,
    message_digest: &'a [u8],
    /// What the signature is over: its attributes, as the set that they are.
    attributes: Vec<u8>,
    signature: &'a [u8],
}

impl<'a> Signer<'a> {
    fn of(info: &Der<'a>) -> Result<Self, SignatureError> {
        let unreadable = SignatureError::Unreadable;
        let items = info.items()?;
        let [_version, whose, algorithm, attributes, _, signature, ..] = &items[..] else {
            return Err(unreadable("who has signed it is cut off"));
        };
        let [issuer, serial] = whose.items()?[..] else { return Err(unreadable("it says not who has signed it")) };
        if attributes.tag != FIRST || signature.tag != OCTETS || serial.tag != INTEGER {
            return Err(unreadable("it has no attributes"));
        }
        let mut message_digest = None;
        for attribute in attributes.items()? {
            let [kind, values] = attribute.items()?[..] else { return Err(unreadable("an attribute is cut off")) };
            if kind.content == MESSAGE_DIGEST {
                let [value] = values.items()?[..] else { return Err(unreadable("it has not one digest")) };
                if message_digest.replace(value.content).is_some() {
                    return Err(unreadable("it has two digests"));
                }
            }
        }
        let mut signed = attributes.whole.to_vec();
        signed[0] = SET;
        Ok(Self {
            issuer: issuer.whole,
            serial: serial.content,
            hash: hash(*algorithm)?,
            message_digest: message_digest.ok_or(unreadable("it has no digest"))?,
            attributes: signed,
            signature: signature.content,
        })
    }

    fn check(&self, certificate: &X509Certificate<'_>) -> Result<(), SignatureError> {
        let key = &certificate.public_key().subject_public_key.data;
        let rsa = key.first() == Some(&SEQUENCE);
        let how: &dyn VerificationAlgorithm = match (rsa, key.len(), self.hash.output_len()) {
            (true, _, 32) => &keys::RSA_PKCS1_2048_8192_SHA256,
            (true, _, 48) => &keys::RSA_PKCS1_2048_8192_SHA384,
            (true, _, 64) => &keys::RSA_PKCS1_2048_8192_SHA512,
            (false, 65, 32) => &keys::ECDSA_P256_SHA256_ASN1,
            (false, 65, 48) => &keys::ECDSA_P256_SHA384_ASN1,
            (false, 97, 32) => &keys::ECDSA_P384_SHA256_ASN1,
            (false, 97, 48) => &keys::ECDSA_P384_SHA384_ASN1,
            _ => return Err(SignatureError::Unreadable("its key is of a kind that is not known here")),
        };
        let key = UnparsedPublicKey::new(how, key);
        key.verify(&self.attributes, self.signature).map_err(|_| SignatureError::Wrong)
    }
}

/// The digest that an algorithm's name means: what Windows still takes.
fn hash(algorithm: Der<'_>) -> Result<&'static Algorithm, SignatureError> {
    let name = algorithm.items()?.first().map_or(&[][..], |name| name.content);
    match name.strip_prefix(SHA2) {
        Some([1]) => Ok(&SHA256),
        Some([2]) => Ok(&SHA384),
        Some([3]) => Ok(&SHA512),
        _ => Err(SignatureError::Unreadable("its digest is none that Windows takes")),
    }
}

fn signed_by(certificate: &X509Certificate<'_>) -> SignedBy {
    let subject = certificate.subject();
    let name = subject.iter_common_name().chain(subject.iter_organization()).find_map(|name| name.as_str().ok());
    let name = name.map_or_else(|| subject.to_string(), str::to_owned);
    let validity = certificate.validity();
    let uses = certificate.extended_key_usage().ok().flatten();
    SignedBy {
        subject: name.chars().filter(|c| !c.is_control()).take(MAX_SUBJECT).collect(),
        from_unix_s: validity.not_before.timestamp(),
        until_unix_s: validity.not_after.timestamp(),
        for_code: uses.is_none_or(|uses| uses.value.any || uses.value.code_signing),
    }
}

/// One value: its tag, what is in it, and all of it.
#[derive(Debug, Clone, Copy)]
struct Der<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Der<'a> {
    /// The value that these bytes begin with.
    fn of(bytes: &'a [u8], tag: u8, else_say: &'static str) -> Result<Self, SignatureError> {
        match Self::next(bytes) {
            Some((value, _)) if value.tag == tag => Ok(value),
            _ => Err(SignatureError::Unreadable(else_say)),
        }
    }

    /// The values in it.
    fn items(&self) -> Result<Vec<Self>, SignatureError> {
        let (mut rest, mut items) = (self.content, Vec::new());
        while !rest.is_empty() {
            let (item, behind) = Self::next(rest).ok_or(SignatureError::Unreadable("a part of it is cut off"))?;
            items.push(item);
            rest = behind;
        }
        Ok(items)
    }

    fn next(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (rest, value) = Any::from_der(bytes).ok()?;
        let whole = bytes.get(..bytes.len() - rest.len())?;
        // Tags of more than one byte are not used here.
        let tag = *whole.first().filter(|tag| **tag & 0x1f != 0x1f)?;
        Some((Self { tag, content: value.data, whole }, rest))
    }
}
