//! Memory shared with the X server or with the decoder's process: a nameless file that only the two have, readable by nobody else.
//!
//! Used by the X11 capture, by the viewer's surface and by both sides of [`crate::decoder`].
#![allow(unsafe_code)]

use std::{
    os::fd::{AsFd, OwnedFd},
    ptr::NonNull,
};

use rustix::{
    fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create},
    io::Errno,
    mm::{MapFlags, ProtFlags, mmap, munmap},
};

/// Neither side can pull the memory away from under the other: reading it never ends in a signal.
const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::SEAL);

/// The file, of exactly this length for ever.
fn create(length: usize) -> std::io::Result<OwnedFd> {
    let fd = memfd_create("amparo", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    fchmod(&fd, Mode::RUSR | Mode::WUSR)?;
    ftruncate(&fd, length as u64)?;
    fcntl_add_seals(&fd, SEALS)?;
    Ok(fd)
}

fn map(fd: impl AsFd, length: usize, protection: ProtFlags) -> std::io::Result<NonNull<u8>> {
    // SAFETY: a new mapping at an address the kernel chooses, over a file of at least this length that cannot shrink.
    let start = unsafe { mmap(std::ptr::null_mut(), length, protection, MapFlags::SHARED, fd, 0)? };
    NonNull::new(start.cast()).ok_or(Errno::NOMEM.into())
}

/// The picture that another process writes, seen from here: mapped read-only.
#[derive(Debug)]
pub struct View {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to this value alone and is not bound to a thread.
unsafe impl Send for View {}
// SAFETY: nothing is written through it.
unsafe impl Sync for View {}

impl View {
    /// Makes memory of `length` bytes, all zero, and the descriptor for whoever writes it ([`Segment::attach`]).
    pub fn new(length: usize) -> std::io::Result<(Self, OwnedFd)> {
        let length = length.max(1);
        let fd = create(length)?;
        Ok((Self { start: map(&fd, length, ProtFlags::READ)?, length }, fd))
    }

    /// The bytes as they are now.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is `length` bytes long, as the file was made and sealed by `new`, and lives as long as `self`. The writer
        // writes only between a question and its answer, which the caller has waited for. One that breaks this changes pixel values while
        // they are read: plain bytes, on which no length, place or decision depends.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: exactly what `mmap` gave, unmapped once.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
    }
}

/// A piece of shared memory, mapped here.
#[derive(Debug)]
pub struct Segment {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to this value alone and is not bound to a thread.
unsafe impl Send for Segment {}

impl Segment {
    /// Makes one of `length` bytes, and the descriptor to be attached by the server (`shm::attach_fd`).
    pub fn new(length: usize) -> std::io::Result<(Self, OwnedFd)> {
        let length = length.max(1);
        let fd = create(length)?;
        Ok((Self { start: map(&fd, length, ProtFlags::READ | ProtFlags::WRITE)?, length }, fd))
    }

    /// Maps memory made by [`View::new`] in another process. One that is shorter or could become so is refused.
    pub fn attach(fd: impl AsFd, length: usize) -> std::io::Result<Self> {
        let length = length.max(1);
        let actual = u64::try_from(fstat(&fd)?.st_size).unwrap_or(0);
        if actual < length as u64 || !fcntl_get_seals(&fd)?.contains(SEALS) {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "memory that is too short or not sealed"));
        }
        Ok(Self { start: map(&fd, length, ProtFlags::READ | ProtFlags::WRITE)?, length })
    }

    /// The bytes. The caller has no request under way that lets the server write to them.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is `length` bytes long and lives as long as `self`; the server writes only between a request and its
        // reply, which the caller has waited for; a server that breaks this changes pixel values, which are plain bytes.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// The bytes, to be written. The caller has no request under way that lets the server read or write them.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`, and `&mut self` makes this the only reference on our side.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: exactly what `mmap` gave, unmapped once.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_one_side_writes_the_other_sees_and_neither_can_shorten_it() {
        let (view, fd) = View::new(4_096).unwrap();
        let mut segment = Segment::attach(&fd, 4_096).unwrap();
        segment.bytes_mut()[4_095] = 7;
        assert_eq!(view.bytes()[4_095], 7);
        assert_eq!(ftruncate(&fd, 0), Err(Errno::PERM));
        assert_eq!(ftruncate(&fd, 8_192), Err(Errno::PERM));
        assert_eq!(fcntl_add_seals(&fd, SealFlags::WRITE), Err(Errno::PERM));
    }

    #[test]
    fn memory_that_is_short_or_not_sealed_is_not_attached() {
        let (_view, short) = View::new(4_095).unwrap();
        assert!(Segment::attach(&short, 4_096).is_err());
        let open = memfd_create("open", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        ftruncate(&open, 4_096).unwrap();
        assert!(Segment::attach(&open, 4_096).is_err());
        fcntl_add_seals(&open, SealFlags::GROW | SealFlags::SEAL).unwrap();
        assert!(Segment::attach(&open, 4_096).is_err());
        assert!(Segment::attach(std::io::stdin(), 1).is_err());
    }
}
