//! Memory shared with the X server: a nameless file that only this process and the server have, readable by nobody else.
//!
//! The only module with `unsafe`. Used by the X11 capture and by the viewer's surface.
#![allow(unsafe_code)]

use std::os::fd::OwnedFd;

use rustix::{
    fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, ftruncate, memfd_create},
    mm::{MapFlags, ProtFlags, mmap, munmap},
};

/// A piece of shared memory, mapped here.
#[derive(Debug)]
pub struct Segment {
    start: std::ptr::NonNull<u8>,
    length: usize,
}

// SAFETY: the mapping belongs to this value alone and is not bound to a thread.
unsafe impl Send for Segment {}

impl Segment {
    /// Makes one of `length` bytes, and the descriptor to be attached by the server (`shm::attach_fd`).
    pub fn new(length: usize) -> std::io::Result<(Self, OwnedFd)> {
        let length = length.max(1);
        let fd = memfd_create("amparo", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        fchmod(&fd, Mode::RUSR | Mode::WUSR)?;
        ftruncate(&fd, length as u64)?;
        // Neither side can pull the memory away from under the other.
        fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        // SAFETY: a new mapping at an address the kernel chooses, over a file of exactly this length that cannot shrink.
        let start = unsafe {
            mmap(std::ptr::null_mut(), length, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, &fd, 0)?
        };
        let start = std::ptr::NonNull::new(start.cast()).ok_or(rustix::io::Errno::NOMEM)?;
        Ok((Self { start, length }, fd))
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
