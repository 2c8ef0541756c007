//! Says that this system cannot draw the picture yet.

use std::time::Duration;

use media::{Picture, Waker};
use protocol::media::{Pointer, Rect};

use super::{Area, Error, Mapping, PointerMode};

pub(super) enum Surface {}

impl Surface {
    pub(super) fn open(_: Option<&str>, _: u32, _: Area, _: [u8; 3]) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }

    pub(super) fn waker(&self) -> Waker {
        match *self {}
    }

    pub(super) fn wait(&mut self, _: Duration) -> Result<(), Error> {
        match *self {}
    }

    pub(super) fn place(&mut self, _: Area, _: &[Area]) -> Result<(), Error> {
        match *self {}
    }

    pub(super) fn margin(&mut self, _: [u8; 3]) {
        match *self {}
    }

    pub(super) fn visible(&mut self, _: bool) -> Result<(), Error> {
        match *self {}
    }

    pub(super) fn blank(&self) -> bool {
        match *self {}
    }

    pub(super) fn draw(&mut self, _: Picture<'_>, _: &[Rect], _: bool, _: &Mapping) -> Result<(), Error> {
        match *self {}
    }

    pub(super) fn pointer(&mut self, _: Picture<'_>, _: Option<&Mapping>, _: Pointer) -> Result<(), Error> {
        match *self {}
    }

    pub(super) fn pointer_mode(&mut self, _: Picture<'_>, _: Option<&Mapping>, _: PointerMode) -> Result<(), Error> {
        match *self {}
    }
}
