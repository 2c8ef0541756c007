//! Every cap on what comes from outside, each with its reason. Checked before the value is used, on every side that reads it.

use std::time::Duration;

/// One message between a program and the relay, in bytes. A full waiting list of [`WAITING_LISTED`] rows fits.
pub const OUTER_MESSAGE_BYTES: usize = 256 * 1024;
/// One message before consent, in bytes: hello, PAKE and certificates' names are far smaller, and less parsing is less risk.
pub const HANDSHAKE_MESSAGE_BYTES: usize = 4 * 1024;
/// The inner TLS handshake altogether, each direction, in bytes: two certificate chains and their signatures.
pub const INNER_TLS_HANDSHAKE_BYTES: usize = 64 * 1024;
/// One control message of a consented session, in bytes.
pub const CONTROL_MESSAGE_BYTES: usize = 16 * 1024;
/// One input message, in bytes: the longest is a [`INPUT_TEXT_BYTES`] text.
pub const INPUT_MESSAGE_BYTES: usize = 512;
/// One batch of screen updates, in bytes: an incompressible 1080p screen in lossless patches (8.3 MB) must still fit.
pub const PICTURE_MESSAGE_BYTES: usize = 16 * 1024 * 1024;
/// One pointer message, in bytes: a [`POINTER_SIDE_PX`] square shape of four bytes a pixel and its head.
pub const POINTER_MESSAGE_BYTES: usize = 300 * 1024;

/// Screens wider or higher than this are refused, in pixels: 8K twice over. Keeps width × height × 4 below 2^32.
pub const SCREEN_SIDE_PX: u16 = 16_384;
/// Pixels of one screen altogether: 8K twice (132 MiB of memory).
pub const SCREEN_AREA_PX: u32 = 2 * 7_680 * 4_320;
/// Updates in one batch: more rectangles than this are merged by the capture side.
pub const UPDATES_PER_BATCH: usize = 4_096;
/// H.264 streams alive at once in one session: each costs a decoder.
pub const VIDEO_SLOTS: u8 = 4;
/// Side of a pointer shape, in pixels; X11 and Windows offer up to 256.
pub const POINTER_SIDE_PX: u16 = 256;

/// Text of one input message, in bytes: a composed character or a pasted word, not a document.
pub const INPUT_TEXT_BYTES: usize = 256;
/// A name, company, subject or similar typed by a customer, in bytes.
pub const FIELD_BYTES: usize = 400;
/// Fields a customer can be asked for.
pub const FIELDS: usize = 16;
/// A name or text shown by the relay (attendant, subject, owner), in bytes.
pub const SHOWN_TEXT_BYTES: usize = 400;
/// Changes of what a customer allows that are told of one session, and of whether it had administrator's rights: more than anybody makes; of
/// more the first and the last are told.
pub const CHANGES_TOLD: usize = 32;
/// A text of several lines that a person writes (a note), in bytes: some paragraphs, and far below what a ticketing system takes.
pub const WRITTEN_TEXT_BYTES: usize = 2_000;
/// Categories a session can be put into when it is over.
pub const CATEGORIES: usize = 40;
/// A ticket number, in bytes: long enough for a Salesforce id or a slug.
pub const TICKET_NUMBER_BYTES: usize = 64;
/// A protocol number, in bytes.
pub const PROTOCOL_NUMBER_BYTES: usize = 32;
/// A login name, in bytes: the longest e-mail address (RFC 5321).
pub const USER_BYTES: usize = 254;
/// A login password, in bytes: passphrases welcome, hash floods not.
pub const LOGIN_PASSWORD_BYTES: usize = 256;
/// What is typed as a second factor, in bytes: six digits, or a recovery code with blanks and dashes.
pub const LOGIN_CODE_BYTES: usize = 64;
/// Waiting customers sent to an attendant's program at once; the console shows more.
pub const WAITING_LISTED: usize = 200;
/// Open tickets offered in the ticket step.
pub const OPEN_TICKETS_LISTED: usize = 20;
/// What an invitation to a ticket is written with, in characters: with a ticket number of [`TICKET_NUMBER_BYTES`] it has 159.
pub const INVITATION_BYTES: usize = 160;
/// A signed release, in bytes.
pub const RELEASE_BYTES: usize = 16 * 1024;
/// One part of a program that is updated, in bytes: a second's worth of a slow line, and half of what a message may have.
pub const UPDATE_PART_BYTES: usize = 128 * 1024;
/// A signed token, in bytes.
pub const TOKEN_BYTES: usize = 256;
/// A certificate or certificate request in DER, in bytes.
pub const CERTIFICATE_BYTES: usize = 2 * 1024;
/// Certificates in a chain.
pub const CERTIFICATES: usize = 3;

/// Wrong passwords after which the customer's program makes a new one.
pub const PASSWORD_TRIES: u8 = 5;
/// How long the consent question waits for an answer.
pub const CONSENT_WAIT: Duration = Duration::from_secs(60);
/// How long before the Allow button can be pressed: nobody is to click it by reflex.
pub const CONSENT_ARMS_AFTER: Duration = Duration::from_secs(3);
/// How long pairing and handshake may take, from dialling to the consent question.
pub const HANDSHAKE_WAIT: Duration = Duration::from_secs(20);
/// How long a cut session waits for its other half before it ends.
pub const RESUME_WITHIN: Duration = Duration::from_secs(30);
/// A program that says nothing for this long is gone; keep-alives come at a third of it.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a signed pairing token may be used.
pub const PAIRING_TOKEN_LIFE: Duration = Duration::from_secs(30);
/// An attendant's certificate lives no longer than this.
pub const ATTENDANT_CERTIFICATE_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
