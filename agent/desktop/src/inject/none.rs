//! Says that this system's mouse and keyboard cannot be driven yet.

use protocol::message::input::Button;

use super::Backend;
use crate::Error;

pub(super) const NAME: &str = "none";

pub(super) enum Os {}

impl Os {
    pub(super) fn open(_: Option<&str>) -> Result<Self, Error> {
        Err(Error::Unsupported)
    }
}

impl Backend for Os {
    fn place(&mut self, _: u16, _: u16) -> Result<(), Error> {
        match *self {}
    }

    fn button(&mut self, _: Button, _: bool) -> Result<(), Error> {
        match *self {}
    }

    fn wheel(&mut self, _: i32, _: i32) -> Result<(), Error> {
        match *self {}
    }

    fn key(&mut self, _: u16, _: bool) -> Result<(), Error> {
        match *self {}
    }

    fn text(&mut self, _: &str) -> Result<(), Error> {
        match *self {}
    }
}
